// LayerNorm (Ba, Kiros and Hinton, arXiv 1607.06450), each row over its D columns:
//   xhat = (x - mean) istd, istd = 1 / sqrt(variance + eps), y = xhat weight + bias
//
// kept: mean and istd of every row, then of every shard the sums over its rows of dy xhat and of dy, D each.
#include <cmath>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

constexpr float kLayerNormEpsilon = 1e-5F;

float* statistics(const BoundLayer& l, int row) { return l.kept + std::ptrdiff_t{2} * row; }
float* column_sums(const BoundLayer& l, int shard, int which) {
  return l.kept + std::ptrdiff_t{2} * l.value.rows + std::ptrdiff_t{2 * shard + which} * l.value.cols;
}

class LayerNorm final : public LayerKind {
 public:
  const char* name() const override { return "layernorm"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.width == inputs[0]->width && layer.tokens == inputs[0]->tokens, layer,
                  "must keep the width of its input");
    require_parameter(layer, 0, "a weight", 1, layer.width);
    require_parameter(layer, 1, "a bias", 1, layer.width);
  }

  std::int64_t flops(const Layer& layer, const LayerInputs&) const override {
    return 7 * std::int64_t{layer.tokens} * layer.width;
  }

  std::size_t kept_floats(const Layer& layer, const LayerInputs&, int rows, int shards) const override {
    return 2 * static_cast<std::size_t>(rows) * static_cast<std::size_t>(layer.tokens) +
           2 * static_cast<std::size_t>(shards) * static_cast<std::size_t>(layer.width);
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const int cols = l.value.cols;
    const float* weight = l.parameters[0].data;
    const float* bias = l.parameters[1].data;
    const float share = 1 / static_cast<float>(cols);
    for (int r = pass.first * l.layer->tokens; r < pass.last * l.layer->tokens; ++r) {
      const float* x = l.inputs[0].value.row(r);
      float* y = l.value.row(r);
      const float mean = row_array(x, cols).sum() * share;
      const float variance = (row_array(x, cols) - mean).square().sum() * share;
      const float istd = 1 / std::sqrt(variance + kLayerNormEpsilon);
      vector_loop(cols, [=](int c) { y[c] = (x[c] - mean) * istd * weight[c] + bias[c]; });
      statistics(l, r)[0] = mean;
      statistics(l, r)[1] = istd;
    }
  }

  // forward: y = (x - mean) istd weight + bias; with g = dy weight,
  // dx = istd (g - mean of g - xhat mean of g xhat), and the sums over rows are the parameters' gradients
  void backward(const BoundLayer& l, const Pass& pass) const override {
    const BoundLayer::Input& in = l.inputs[0];
    const int cols = l.value.cols;
    const float* weight = l.parameters[0].data;
    const float share = 1 / static_cast<float>(cols);
    float* sum_xhat = column_sums(l, pass.shard, 0);
    float* sum = column_sums(l, pass.shard, 1);
    vector_loop(cols, [=](int c) { sum[c] = sum_xhat[c] = 0; });
    for (int r = pass.first * l.layer->tokens; r < pass.last * l.layer->tokens; ++r) {
      const float* x = in.value.row(r);
      const float* dy = l.gradient.row(r);
      const float mean = statistics(l, r)[0];
      const float istd = statistics(l, r)[1];
      vector_loop(cols, [=](int c) {
        sum[c] += dy[c];
        sum_xhat[c] += dy[c] * (x[c] - mean) * istd;
      });
      if (!in.wanted) continue;
      const auto g = row_array(dy, cols) * row_array(weight, cols);
      const float mean_g = g.sum() * share;
      const float mean_gx = (g * (row_array(x, cols) - mean)).sum() * istd * share;
      float* dx = in.gradient.row(r);
      const auto value = [=](int c) { return istd * (dy[c] * weight[c] - mean_g - (x[c] - mean) * istd * mean_gx); };
      if (in.adds)
        vector_loop(cols, [=](int c) { dx[c] += value(c); });
      else
        vector_loop(cols, [=](int c) { dx[c] = value(c); });
    }
  }

  int tiles(const Layer&) const override { return 1; }
  Tile tile(const Layer& layer, int) const override {
    return {2, {{{0, 0, 0, 1, layer.width}, {1, 0, 0, 1, layer.width}}}};
  }

  void tile_gradient(const BoundLayer& l, int, std::span<const Block> out, bool add) const override {
    for (const int which : {0, 1}) {
      float* to = out[static_cast<std::size_t>(which)].data;
      if (!add) vector_loop(l.value.cols, [=](int c) { to[c] = 0; });
      for (int s = 0; s < l.shards; ++s)
        vector_loop(l.value.cols, [=, part = column_sums(l, s, which)](int c) { to[c] += part[c]; });
    }
  }
};

}  // namespace

const LayerKind& layernorm_kind() {
  static const LayerNorm kind;
  return kind;
}

}  // namespace tabjoule
