// AdamW (Loshchilov and Hutter, 2019, algorithm 2) in one pass over the block of a parameter that a network uses.
#pragma once

#include "nn/parameter_store.h"

namespace tabjoule {

struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 1e-5;  ///< not applied to parameters whose `decay` is false
};

/// The numbers of one update of one parameter.
struct AdamWStep {
  float beta1, beta2, one_minus_beta1, one_minus_beta2;
  float rate;               ///< learning rate / (1 - beta1^t)
  float second_correction;  ///< 1 / sqrt(1 - beta2^t)
  float epsilon;
  float decay;  ///< what the value is multiplied by
};

/// Readies the moments of `parameter` and counts one more update; once a step, before adamw_update.
[[nodiscard]] AdamWStep adamw_begin(Parameter& parameter, const AdamWOptions& options);

/// Updates the block of `gradient`'s shape whose first element is (row, col). Everything outside the block, moments
/// too, stays as it is. Different blocks may be updated by different threads at once.
void adamw_update(Parameter& parameter, int row, int col, ConstBlock gradient, const AdamWStep& step);

}  // namespace tabjoule
