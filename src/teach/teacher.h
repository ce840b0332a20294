// A teacher: gradient-boosted trees and a few large networks, whose joined predictions are better than any network's
// alone. What it costs to ask does not matter: a small network learns from its answers (distillation; Hinton et al.,
// arXiv 1503.02531) on the table's rows and on rows much like them, and spends the joules of a small network.
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "nn/training.h"
#include "space/search_space.h"
#include "table/preprocessor.h"
#include "teach/boosting.h"

namespace tabjoule {

struct TeacherOptions {
  int networks = 4;
  /// Operations of a network's training; 3 epochs are always allowed.
  double flop_budget = std::numeric_limits<double>::infinity();
  std::uint64_t seed = 0;
  StopCheck stop = {};  ///< ends each member's training early; empty: never
};

/// One thread at a time may use it.
class Teacher {
 public:
  /// The validation rows end each member's training and decide what the trees count beside the networks. Errors
  /// (internal): XGBoost's own, passed on.
  [[nodiscard]] static Teacher train(const Samples& train, const Samples& validation, const Preprocessor& preprocessor,
                                     int outputs, const TeacherOptions& options, ThreadPool& pool,
                                     const ProgressSink& progress);

  /// As evaluate takes them. `x`: rows of the training's preprocessor.
  [[nodiscard]] Matrix predict(const Matrix& x, ThreadPool& pool) const;
  /// What the trees count, 0 .. 1; the networks the rest.
  [[nodiscard]] double share_of_trees() const { return share_of_trees_; }

 private:
  struct Member {
    Network network;
    ParameterStore store;
  };
  Teacher(Boosting trees, Preprocessor preprocessor, const Samples& train);
  /// Probabilities, or values in the target's own unit, in the mean over the networks. `rows`: of the members' view.
  [[nodiscard]] Matrix predict_networks(const Samples& rows, ThreadPool& pool) const;
  void weigh(const Samples& judged, ThreadPool& pool);
  [[nodiscard]] Samples rows_for_members(Matrix view) const;

  Boosting trees_;
  Preprocessor preprocessor_;
  Task task_;
  float target_mean_, target_std_;
  std::vector<Member> networks_;
  double share_of_trees_ = 1;
};

/// What trees and MLPs take of rows in any encoding: codes become a column for each level.
[[nodiscard]] Matrix one_hot_view(const Matrix& x, const Preprocessor& preprocessor);

/// Rows near each of a table's that a student is worth being taught: fewer where the table is large.
[[nodiscard]] int default_copies(const Matrix& x);

/// `x`, rows of `nearby` in the encoding of `train`, as what a student learns: `answers`, a teacher's predictions for
/// them.
[[nodiscard]] Samples taught_samples(const Samples& train, Matrix x, const Matrix& answers);

}  // namespace tabjoule
