// Gradient boosting beside the networks (XGBoost; Chen and Guestrin 2016): where it scores better for fewer joules, a
// network is not the right choice, and a reader should see that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "nn/metrics.h"
#include "pipeline/prepared_data.h"
#include "profile/device.h"

namespace tabjoule {

struct BoostingResult {
  std::string text;  ///< "100 rounds, depth 6, rate 0.3"
  double score_validation = 0, score_test = 0;
  std::int64_t leaves = 0;
  std::optional<double> energy_j, time_s;  ///< of a prediction on `device`; empty where it did not become stable
  double training_s = 0;
};

struct BoostingRequest {
  Metric metric = Metric::accuracy;
  /// Six settings of depth and rate, up to 600 rounds each, ended where the validation rows gain nothing more; else
  /// XGBoost's defaults, 100 rounds.
  bool tuned = false;
  std::int64_t batch = 1;
  int threads = 1;  ///< of the training; predictions are measured on one
  std::uint64_t seed = 0;
};

/// Trains on `data.train`, chooses on `data.validation`, measures on `device`, which must be this computer. Errors
/// (internal): XGBoost's own, passed on.
[[nodiscard]] BoostingResult run_boosting(const PreparedData& data, Device& device, const BoostingRequest& request);

}  // namespace tabjoule
