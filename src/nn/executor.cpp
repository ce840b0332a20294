#include "nn/executor.h"

#include <algorithm>

#include "base/blas.h"

namespace tabjoule {
namespace {

/// Buffers start on cache lines of 16 floats.
constexpr std::size_t kAlignment = 16;

std::size_t padded(std::size_t floats) { return (floats + kAlignment - 1) / kAlignment * kAlignment; }

/// Room for values, gradients and masks of `network`, in floats.
std::size_t arena_size(const Network& network, int rows, bool training) {
  std::size_t floats = kAlignment;
  for (const Layer& layer : network.layers)
    floats += (training ? 3 : 1) * padded(static_cast<std::size_t>(rows) * static_cast<std::size_t>(layer.width));
  return floats;
}

/// y = [relu](y + b), rows of y.
template <bool kRelu>
void add_bias(Block y, const float* bias) {
  for (int r = 0; r < y.rows; ++r) {
    float* row = y.row(r);
    for (int c = 0; c < y.cols; ++c) {
      const float sum = row[c] + bias[c];
      row[c] = kRelu ? std::max(sum, 0.0F) : sum;
    }
  }
}

/// db (+)= sum over rows of dy.
void column_sums(ConstBlock dy, float* out, bool add) {
  if (!add) std::fill_n(out, dy.cols, 0.0F);
  for (int r = 0; r < dy.rows; ++r) {
    const float* row = dy.row(r);
    for (int c = 0; c < dy.cols; ++c) out[c] += row[c];
  }
}

}  // namespace

Block Executor::carve(int rows, int cols) {
  Block result{arena_.data() + used_, rows, cols, cols};
  used_ += padded(static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  return result;
}

void Executor::bind(const Network& network, const ParameterStore& store, int rows, bool training) {
  network_ = &network;
  training_ = training;
  const std::size_t count = network.layers.size();
  if (const std::size_t size = arena_size(network, rows, training); arena_.size() < size) arena_.resize(size);
  const auto misaligned = reinterpret_cast<std::uintptr_t>(arena_.data()) / sizeof(float) % kAlignment;
  used_ = (kAlignment - misaligned) % kAlignment;
  values_.assign(count, {});
  gradients_.assign(count, {});
  masks_.assign(count, {});
  operands_.assign(count, {});
  relu_follows_.assign(count, 0);
  readers_.assign(count, 0);
  adds_.assign(count, 0);
  // Backward goes from the last layer to the first; of the layers that read another, the last one writes first.
  for (std::size_t i = count; i-- > 1;) {
    const auto input = static_cast<std::size_t>(network.layers[i].inputs.front());
    adds_[i] = readers_[input]++ > 0;
  }
  for (std::size_t i = 0; i < count; ++i) bind_layer(i, store, rows);
}

void Executor::bind_layer(std::size_t index, const ParameterStore& store, int rows) {
  const Layer& layer = network_->layers[index];
  const std::size_t input = layer.inputs.empty() ? 0 : static_cast<std::size_t>(layer.inputs.front());
  // A ReLU that alone reads a linear layer works in that layer's buffer, together with the bias.
  const bool in_place =
      layer.type == LayerType::relu && readers_[input] == 1 && network_->layers[input].type == LayerType::linear;
  if (in_place) relu_follows_[input] = 1;
  values_[index] = in_place ? values_[input] : carve(rows, layer.width);
  if (layer.type == LayerType::linear)
    operands_[index] = {store.view(layer.parameters[0]), store.view(layer.parameters[1])};
  if (!training_) return;
  gradients_[index] = in_place ? gradients_[input] : carve(rows, layer.width);
  if (layer.type == LayerType::dropout && layer.rate > 0) masks_[index] = carve(rows, layer.width);
}

void Executor::dropout_forward(std::size_t index, int first, int last, Rng* rng) {
  const Layer& layer = network_->layers[index];
  const float* x = values_[static_cast<std::size_t>(layer.inputs.front())].row(first);
  float* y = values_[index].row(first);
  const std::size_t size = static_cast<std::size_t>(last - first) * static_cast<std::size_t>(layer.width);
  if (rng == nullptr || layer.rate <= 0) {
    std::copy_n(x, size, y);
    if (training_ && layer.rate > 0) std::fill_n(masks_[index].row(first), size, 1.0F);
    return;
  }
  // 32 random bits an element, two from each draw.
  const auto threshold = static_cast<std::uint32_t>(static_cast<double>(layer.rate) * 0x1.0p32);
  const float keep = 1 / (1 - layer.rate);
  float* mask = masks_[index].row(first);
  for (std::size_t i = 0; i < size; i += 2) {
    const std::uint64_t bits = rng->next();
    mask[i] = static_cast<std::uint32_t>(bits) < threshold ? 0.0F : keep;
    if (i + 1 < size) mask[i + 1] = static_cast<std::uint32_t>(bits >> 32) < threshold ? 0.0F : keep;
  }
  for (std::size_t i = 0; i < size; ++i) y[i] = x[i] * mask[i];
}

void Executor::forward(int first, int last, Rng* dropout) {
  for (std::size_t i = 1; i < network_->layers.size(); ++i) {
    const Layer& layer = network_->layers[i];
    const Block x = values_[static_cast<std::size_t>(layer.inputs.front())].middle_rows(first, last - first);
    const Block y = values_[i].middle_rows(first, last - first);
    switch (layer.type) {
      case LayerType::input:
        break;
      case LayerType::linear:  // y = x W^T + b
        gemm(Trans::no, Trans::yes, 1, x, operands_[i].weight, 0, y);
        relu_follows_[i] ? add_bias<true>(y, operands_[i].bias.data) : add_bias<false>(y, operands_[i].bias.data);
        break;
      case LayerType::relu:
        if (y.data != x.data)
          for (int e = 0; e < x.rows * x.cols; ++e) y.data[e] = std::max(x.data[e], 0.0F);
        break;
      case LayerType::dropout:
        dropout_forward(i, first, last, dropout);
        break;
    }
  }
}

void Executor::backward(int first, int last) {
  for (std::size_t i = network_->layers.size(); i-- > 1;) {
    const Layer& layer = network_->layers[i];
    const auto input = static_cast<std::size_t>(layer.inputs.front());
    if (input == 0) continue;  // nobody asks for the gradient of the features
    const Block dy = gradients_[i].middle_rows(first, last - first);
    const Block dx = gradients_[input].middle_rows(first, last - first);
    const float keep = adds_[i] ? 1.0F : 0.0F;
    const int size = dy.rows * dy.cols;
    switch (layer.type) {
      case LayerType::input:
        break;
      case LayerType::linear:  // forward: y = x W^T + b
        gemm(Trans::no, Trans::no, 1, dy, operands_[i].weight, keep, dx);
        break;
      case LayerType::relu: {  // forward: y = max(x, 0)
        const float* y = values_[i].row(first);
        if (adds_[i])
          for (int e = 0; e < size; ++e) dx.data[e] += y[e] > 0 ? dy.data[e] : 0.0F;
        else
          for (int e = 0; e < size; ++e) dx.data[e] = y[e] > 0 ? dy.data[e] : 0.0F;
        break;
      }
      case LayerType::dropout: {  // forward: y = x * mask
        const float* mask = layer.rate > 0 ? masks_[i].row(first) : nullptr;
        for (int e = 0; e < size; ++e) {
          const float passed = mask != nullptr ? dy.data[e] * mask[e] : dy.data[e];
          dx.data[e] = adds_[i] ? dx.data[e] + passed : passed;
        }
        break;
      }
    }
  }
}

void Executor::parameter_gradient(std::size_t layer, int first, Block weight, Block bias, bool add) const {
  const Block dy = gradients_[layer];
  const Block columns{dy.data + first, dy.rows, weight.rows, dy.stride};
  const Block x = values_[static_cast<std::size_t>(network_->layers[layer].inputs.front())];
  gemm(Trans::yes, Trans::no, 1, columns, x, add ? 1.0F : 0.0F, weight);  // forward: y = x W^T + b
  column_sums(columns, bias.data, add);
}

}  // namespace tabjoule
