// Gradient boosting beside the networks (XGBoost; Chen and Guestrin 2016): where it scores better for fewer joules, a
// network is not the right choice, and a reader should see that.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "nn/metrics.h"
#include "pipeline/prepared_data.h"
#include "profile/device.h"

namespace tabjoule {

struct BoostingRequest {
  Metric metric = Metric::accuracy;
  /// Six settings of depth and rate, up to 600 rounds each, ended where the validation rows gain nothing more; else
  /// XGBoost's defaults, 100 rounds.
  bool tuned = false;
  int threads = 1;  ///< of the training; predictions are measured on one
  std::uint64_t seed = 0;
};

struct BoostingScores {
  bool tuned = false;
  std::string text;  ///< "100 rounds, depth 6, rate 0.3"
  double score_validation = 0, score_test = 0;
  std::int64_t leaves = 0;
  double training_s = 0;
};

/// Of a prediction; empty where it did not become stable.
struct BoostingCost {
  std::optional<double> energy_j, time_s;
};

/// One thread at a time may use it.
class BoostedEnsemble {
 public:
  /// On `data.train`; rounds and settings are chosen on `data.validation`. Errors (internal): XGBoost's own, passed on.
  [[nodiscard]] static BoostedEnsemble train(const PreparedData& data, const BoostingRequest& request);
  BoostedEnsemble(BoostedEnsemble&&) noexcept;
  ~BoostedEnsemble();

  [[nodiscard]] const BoostingScores& scores() const;
  /// On one thread of `device`, which must be this computer. Errors (device): its sensor's.
  [[nodiscard]] BoostingCost measure_on(Device& device, std::int64_t batch);

 private:
  struct State;
  explicit BoostedEnsemble(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tabjoule
