// Which scaling of numeric columns a table wants. Neither is always right: quantiles tame heavy tails, but on a table
// such as `pol`, whose columns hold few values in steps that matter, they triple the error of a plain standardisation.
#pragma once

#include <optional>

#include "base/thread_pool.h"
#include "pipeline/prepared_data.h"

namespace tabjoule {

/// Validation losses (log loss, or rmse in the target's own unit) of a small network on each scaling; empty where there
/// was nothing to choose.
struct ScalingChoice {
  Scaling scaling = Scaling::quantile;
  std::optional<double> loss_quantile, loss_standard;
};

/// Trains an MLP of two layers of 128 on `data` with either scaling and leaves `data` preprocessed with the one of the
/// lower validation loss. The test rows play no part.
[[nodiscard]] ScalingChoice choose_scaling(PreparedData& data, const PreprocessOptions& options, std::uint64_t seed,
                                           ThreadPool& pool, const ProgressSink& progress);

}  // namespace tabjoule
