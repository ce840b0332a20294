#include "nn/loss.h"

#include <algorithm>
#include <cmath>

#include "nn/vector_exp.h"

namespace tabjoule {
namespace {

/// A row of logits with what its softmax needs: the largest logit, the sum of exp(logit - top) and its logarithm.
struct LogitRow {
  const float* logits;
  int classes;
  float top, sum, log_sum;
};

/// Loss of one row with weighted, smoothed targets t. `out` holds exp(logit - top) before, the gradient behind:
/// factor (p_c sum(t) - t_c).
double soft_target_row(const LogitRow& row, std::size_t label, float factor, const LossOptions& options, float* out) {
  const float everywhere = options.label_smoothing / static_cast<float>(row.classes);
  const auto target = [&](std::size_t c) {
    const float weight = options.class_weights.empty() ? 1.0F : options.class_weights[c];
    return weight * (everywhere + (c == label ? 1 - options.label_smoothing : 0.0F));
  };
  const auto classes = static_cast<std::size_t>(row.classes);
  float total = 0;
  double loss = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    total += target(c);
    loss += static_cast<double>(target(c)) * static_cast<double>(row.log_sum - (row.logits[c] - row.top));
  }
  for (std::size_t c = 0; c < classes; ++c) out[c] = factor * (out[c] / row.sum * total - target(c));
  return loss;
}

}  // namespace

std::vector<float> balanced_class_weights(std::span<const std::int32_t> labels, int classes) {
  std::vector<double> counts(static_cast<std::size_t>(classes));
  for (const std::int32_t label : labels) counts[static_cast<std::size_t>(label)] += 1;
  const auto present = static_cast<double>(std::count_if(counts.begin(), counts.end(), [](double n) { return n > 0; }));
  std::vector<float> weights(counts.size(), 1);
  for (std::size_t c = 0; c < counts.size(); ++c)
    if (counts[c] > 0) weights[c] = static_cast<float>(static_cast<double>(labels.size()) / (present * counts[c]));
  return weights;
}

double cross_entropy(ConstBlock logits, std::span<const std::int32_t> labels, double scale, Block gradient,
                     const LossOptions& options) {
  const bool plain = options.class_weights.empty() && options.label_smoothing == 0;
  double loss = 0;
  const auto factor = static_cast<float>(scale);
  for (int r = 0; r < logits.rows; ++r) {
    const float* row = logits.row(r);
    float* out = gradient.row(r);
    const float top = *std::max_element(row, row + logits.cols);
    float sum = 0;
    for (int c = 0; c < logits.cols; ++c) out[c] = exp_of_nonpositive(row[c] - top);
    for (int c = 0; c < logits.cols; ++c) sum += out[c];
    const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(r)]);
    const float log_sum = std::log(sum);
    if (!plain) {
      loss += soft_target_row({row, logits.cols, top, sum, log_sum}, label, factor, options, out);
      continue;
    }
    loss += static_cast<double>(log_sum) - static_cast<double>(row[label] - top);
    for (int c = 0; c < logits.cols; ++c) out[c] *= factor / sum;
    out[label] -= factor;
  }
  return loss * scale;
}

double soft_cross_entropy(ConstBlock logits, ConstBlock teacher, double scale, Block gradient,
                          std::span<const float> class_weights) {
  double loss = 0;
  const auto factor = static_cast<float>(scale);
  for (int r = 0; r < logits.rows; ++r) {
    const float* row = logits.row(r);
    const float* other = teacher.row(r);
    float* out = gradient.row(r);
    const float top = *std::max_element(row, row + logits.cols);
    const float other_top = *std::max_element(other, other + logits.cols);
    float sum = 0, other_sum = 0;
    for (int c = 0; c < logits.cols; ++c) sum += exp_of_nonpositive(row[c] - top);
    for (int c = 0; c < logits.cols; ++c) other_sum += exp_of_nonpositive(other[c] - other_top);
    const float log_sum = std::log(sum);
    const auto target = [&](int c) {
      const float weight = class_weights.empty() ? 1.0F : class_weights[static_cast<std::size_t>(c)];
      return weight * exp_of_nonpositive(other[c] - other_top) / other_sum;
    };
    float total = 0;
    for (int c = 0; c < logits.cols; ++c) total += target(c);
    for (int c = 0; c < logits.cols; ++c) {
      loss += static_cast<double>(target(c)) * static_cast<double>(log_sum - (row[c] - top));
      out[c] = factor * (exp_of_nonpositive(row[c] - top) / sum * total - target(c));
    }
  }
  return loss * scale;
}

double squared_error(ConstBlock outputs, std::span<const float> targets, double scale, Block gradient) {
  double loss = 0;
  for (int r = 0; r < outputs.rows; ++r) {
    const double difference = static_cast<double>(outputs.row(r)[0]) - targets[static_cast<std::size_t>(r)];
    loss += difference * difference;
    gradient.row(r)[0] = static_cast<float>(2 * scale * difference);
  }
  return loss * scale;
}

void softmax_rows(Block logits) {
  for (int r = 0; r < logits.rows; ++r) {
    float* row = logits.row(r);
    const float top = *std::max_element(row, row + logits.cols);
    float sum = 0;
    for (int c = 0; c < logits.cols; ++c) row[c] = exp_of_nonpositive(row[c] - top);
    for (int c = 0; c < logits.cols; ++c) sum += row[c];
    for (int c = 0; c < logits.cols; ++c) row[c] /= sum;
  }
}

}  // namespace tabjoule
