// Losses with their gradients.
#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.h"

namespace tabjoule {

/// Softmax cross-entropy, summed over rows and scaled by `scale` (1 / batch for the mean over a batch of which
/// these rows are a shard). logits: (B, K), labels: (B). gradient: (B, K), d(loss)/d(logits) = scale (p - y).
double cross_entropy(ConstBlock logits, std::span<const std::int32_t> labels, double scale, Block gradient);

/// Squared error, summed and scaled: scale * sum (y - t)^2. outputs: (B, 1), targets: (B).
double squared_error(ConstBlock outputs, std::span<const float> targets, double scale, Block gradient);

/// In place: each row of logits (B, K) becomes probabilities.
void softmax_rows(Block logits);

}  // namespace tabjoule
