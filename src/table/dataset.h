// A table with its target taken out: what is learnt from, and the split it is judged by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/matrix.h"
#include "base/progress.h"
#include "table/table.h"

namespace tabjoule {

enum class Task { binary, multiclass, regression };

[[nodiscard]] const char* to_string(Task task);
[[nodiscard]] Task task_from(const std::string& text);  ///< Errors (usage).

/// The target as a network sees it.
struct Target {
  std::string name;
  Task task = Task::regression;
  std::vector<std::string>
      classes;  ///< binary, multiclass: names, sorted (numbers by value); binary: the second is the positive class
  std::vector<std::int32_t> labels;  ///< (N) binary, multiclass: index into classes
  std::vector<float> values;         ///< (N) regression, in the target's own unit

  /// Classes, or 1 for regression: the width of a network's output.
  [[nodiscard]] int outputs() const { return task == Task::regression ? 1 : static_cast<int>(classes.size()); }
};

struct Dataset {
  Table features;  ///< without the target
  Target target;
  [[nodiscard]] std::size_t rows() const { return features.rows; }
};

/// Takes column `target` out of `table`. `task` empty: boolean, text or at most 2 different values ->
/// classification; numbers with more than 20 different values or any fraction -> regression; else (few
/// integers, "5".."9") multiclass where every class has rows enough, with a notice of the choice either way.
/// Rows whose target is missing are dropped with a notice.
/// Errors (input): no such column (the nearest is suggested), a target with one class, no row left, no feature
/// column left, more than 1,000 classes, a regression target that is text.
[[nodiscard]] Dataset make_dataset(Table table, const std::string& target, std::optional<Task> task,
                                   const NoticeSink& notice);

struct Split {
  RowIndices train, validation, test;
};

struct SplitOptions {
  double validation_fraction = 0.16;  ///< of all rows, as 20 % of the 80 % that are not test
  double test_fraction = 0.2;
  std::uint64_t seed = 0;
};

/// Seeded split, stratified by class (regression: by decile of the target). A class with 1 row goes to train,
/// with 2 to train and validation (a notice says so). Errors (input): fewer than 10 rows ("10 are needed").
[[nodiscard]] Split make_split(const Target& target, const SplitOptions& options, const NoticeSink& notice);

/// Split by the values of a column ("train"; "val", "valid" or "validation"; "test"; letter case ignored). Rows
/// without a part are an error; where no row is "validation", a fifth of train becomes it, seeded.
[[nodiscard]] Split split_by_column(const Column& parts, const Target& target, std::uint64_t seed,
                                    const NoticeSink& notice);

}  // namespace tabjoule
