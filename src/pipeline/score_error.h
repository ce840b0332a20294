// How sure a score is: the delete-a-group jackknife, which fits every metric and tells how far two models scored on the
// same rows differ.
#pragma once

#include <span>
#include <vector>

#include "nn/metrics.h"

namespace tabjoule {

/// The score with each group of rows left out in turn: 32 groups (fewer where there are fewer rows), row i in group
/// i mod 32. Predictions and truth as `evaluate` takes them.
[[nodiscard]] std::vector<double> left_out_scores(Metric metric, ConstBlock predictions, const Truth& truth);

/// Of the score whose left_out_scores these are.
[[nodiscard]] double standard_error(std::span<const double> left_out);

/// Of the difference of two scores on the same rows: what both find easy or hard cancels out. Errors (internal): lists
/// of different lengths.
[[nodiscard]] double standard_error_of_difference(std::span<const double> left_out, std::span<const double> other);

}  // namespace tabjoule
