// Gradient boosting on preprocessed rows (XGBoost; Chen and Guestrin, 2016): what networks learn from, and what they
// are compared with.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/thread_pool.h"
#include "nn/training.h"

namespace tabjoule {

struct BoostingSetting {
  int depth = 6;
  double rate = 0.3;
  double fraction = 1;  ///< of rows and of columns that a tree sees
};

struct BoostingOptions {
  Metric metric = Metric::accuracy;  ///< of the validation rows, which choose the setting and the rounds
  std::vector<BoostingSetting> settings{BoostingSetting{}};
  int rounds = 100;
  int patience = 0;  ///< rounds without a better validation score that end a setting; 0: all rounds are made and used
  StopCheck stop = {};  ///< ends the training early, asked before every round but a setting's first; empty: never
  ProgressSink progress = {};  ///< told after every round, of one thread at a time; empty: nobody
  std::uint64_t seed = 0;
};

/// Trees for a target. One thread at a time may use it.
class Boosting {
 public:
  /// Settings go side by side, each on one thread: the same trees for any number of them. `classes`: of the target; 1
  /// for regression. Errors (internal): XGBoost's own, passed on.
  [[nodiscard]] static Boosting train(const Samples& train, const Samples& validation, int classes,
                                      const BoostingOptions& options, ThreadPool& pool);
  Boosting(Boosting&&) noexcept;
  ~Boosting();

  /// As evaluate takes them: (N, K) probabilities, or (N, 1) values in the target's own unit.
  [[nodiscard]] Matrix predict(const Matrix& x) const;
  [[nodiscard]] int rounds() const;  ///< that predictions use
  [[nodiscard]] const BoostingSetting& setting() const;
  [[nodiscard]] std::int64_t leaves() const;  ///< of these rounds
  void set_threads(int threads);              ///< of predictions; 1 until then
  /// XGBoost's BoosterHandle, which stays this object's.
  [[nodiscard]] void* handle() const;

 private:
  struct State;
  explicit Boosting(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tabjoule
