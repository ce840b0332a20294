// How wrong a predictor is on what it has not seen, beside the two simplest predictors there are.
#pragma once

#include <span>

#include "predict/type_model.h"

namespace tabjoule {

/// The baselines (one constant for all kernels; FLOPs times one constant) are fitted to the folds a sample is not
/// in, each to the smallest mean absolute percentage error it can have.
[[nodiscard]] PredictorAccuracy accuracy_of(std::span<const HeldOut> held_out);

/// The c that minimises sum_i |c value_i - target_i| / target_i over positive values.
[[nodiscard]] double best_factor(std::span<const double> values, std::span<const double> targets);

}  // namespace tabjoule
