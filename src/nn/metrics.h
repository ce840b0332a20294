// Scores of predictions, as scikit-learn defines them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "table/dataset.h"

namespace tabjoule {

enum class Metric { accuracy, balanced_accuracy, auc, log_loss, f1, rmse, mae, r2 };

[[nodiscard]] const char* to_string(Metric metric);
/// Errors (usage): unknown, or not a metric of `task`; the known ones are listed.
[[nodiscard]] Metric metric_from(const std::string& text, Task task);
[[nodiscard]] std::vector<std::string> metric_names(Task task);
/// accuracy for classes, rmse for numbers.
[[nodiscard]] Metric default_metric(Task task);
[[nodiscard]] bool higher_is_better(Metric metric);

/// The truth of some rows: labels for classification, values in the target's own unit for regression.
struct Truth {
  std::span<const std::int32_t> labels;
  std::span<const float> values;
};

/// predictions: (N, K) probabilities, or (N, 1) values in the target's own unit. auc: of the positive class
/// (the second), or the mean of one-against-rest over the classes present in several; ties count half. f1: of the
/// positive class, or the unweighted mean over classes. log_loss clips probabilities at 1e-7.
/// A figure that the rows cannot give (auc with one class) is 0.5 for auc, 0 for r2.
[[nodiscard]] double evaluate(Metric metric, ConstBlock predictions, const Truth& truth);

/// The same scale for every metric, more is better: the value itself where higher is better, else
/// 1 - value / dummy, with `dummy` the value of a constant prediction. What a search maximises.
[[nodiscard]] double utility(Metric metric, double value, double dummy);

}  // namespace tabjoule
