// Losses with their gradients.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.h"

namespace tabjoule {

/// What training makes of a classification's labels.
struct LossOptions {
  std::vector<float> class_weights = {};  ///< (K): how much an error on a row of this class counts; empty: 1 for every
  float label_smoothing = 0;              ///< s in [0, 1): the target is 1 - s for the label plus s / K for every class
};

/// n / (K n_c) for class c with n_c of the n labels, where K counts the classes that occur (scikit-learn's "balanced"):
/// every class counts alike in sum, a row 1 in the mean. A class that does not occur gets 1.
[[nodiscard]] std::vector<float> balanced_class_weights(std::span<const std::int32_t> labels, int classes);

/// Softmax cross-entropy, summed over rows and scaled by `scale` (1 / batch for the mean over a batch of which
/// these rows are a shard): scale * sum over rows and classes of -t_c log p_c, with t_c = w_c ((1 - s) [c = label] +
/// s / K). That is PyTorch's cross_entropy with reduction "sum". logits: (B, K), labels: (B). gradient: (B, K),
/// d(loss)/d(logits).
double cross_entropy(ConstBlock logits, std::span<const std::int32_t> labels, double scale, Block gradient,
                     const LossOptions& options = {});

/// Cross-entropy against another's probabilities: scale * sum of -w_c t_c log p_c with t the softmax of `teacher`, (B,
/// K) logits (Hinton et al., arXiv 1503.02531, at temperature 1), and w the `class_weights`; empty: 1 for every class.
double soft_cross_entropy(ConstBlock logits, ConstBlock teacher, double scale, Block gradient,
                          std::span<const float> class_weights = {});

/// Squared error, summed and scaled: scale * sum (y - t)^2. outputs: (B, 1), targets: (B).
double squared_error(ConstBlock outputs, std::span<const float> targets, double scale, Block gradient);

/// In place: each row of logits (B, K) becomes probabilities.
void softmax_rows(Block logits);

}  // namespace tabjoule
