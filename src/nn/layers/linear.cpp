// y = x W^T + b, and a ReLU that follows it.
#include <algorithm>

#include "base/blas.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

/// Rows of a weight's gradient that are one tile, half of them between these.
constexpr int kTileRows = 128;
constexpr int kSmallTileRows = 64;

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

/// db = sum over rows of dy.
void column_sums(ConstBlock dy, float* out, bool add) {
  if (!add) std::fill_n(out, dy.cols, 0.0F);
  for (int r = 0; r < dy.rows; ++r) {
    const float* row = dy.row(r);
    for (int c = 0; c < dy.cols; ++c) out[c] += row[c];
  }
}

int tile_rows(const Layer& layer) { return std::clamp((layer.width + 1) / 2, kSmallTileRows, kTileRows); }

class Linear final : public LayerKind {
 public:
  const char* name() const override { return "linear"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_parameter(layer, 0, "a weight", layer.width, inputs[0]->width);
    require_parameter(layer, 1, "a bias", 1, layer.width);
    require_layer(layer.tokens == inputs[0]->tokens, layer, "must keep the tokens of its input");
  }

  std::int64_t flops(const Layer& layer, const LayerInputs& inputs) const override {
    return std::int64_t{layer.tokens} * (2 * std::int64_t{layer.width} * inputs[0]->width + layer.width);
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const Block y = rows_of(l.value, pass, l.layer->tokens);
    gemm(Trans::no, Trans::yes, 1, rows_of(l.inputs[0].value, pass, l.layer->tokens), l.parameters[0], 0, y);
    l.fused_relu ? add_bias<true>(y, l.parameters[1].data) : add_bias<false>(y, l.parameters[1].data);
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = x W^T + b
    if (!l.inputs[0].wanted) return;
    gemm(Trans::no, Trans::no, 1, rows_of(l.gradient, pass, l.layer->tokens), l.parameters[0],
         l.inputs[0].adds ? 1.0F : 0.0F, rows_of(l.inputs[0].gradient, pass, l.layer->tokens));
  }

  int tiles(const Layer& layer) const override { return (layer.width + tile_rows(layer) - 1) / tile_rows(layer); }

  Tile tile(const Layer& layer, int index) const override {
    const int first = index * tile_rows(layer);
    const int rows = std::min(tile_rows(layer), layer.width - first);
    return {2, {{{0, first, 0, rows, layer.parameters[0].cols}, {1, 0, first, 1, rows}}}};
  }

  void tile_gradient(const BoundLayer& l, int index, std::span<const Block> out, bool add) const override {
    const int first = index * tile_rows(*l.layer);
    const Block columns{l.gradient.data + first, l.gradient.rows, out[0].rows, l.gradient.stride};
    gemm(Trans::yes, Trans::no, 1, columns, l.inputs[0].value, add ? 1.0F : 0.0F, out[0]);  // forward: y = x W^T + b
    column_sums(columns, out[1].data, add);
  }
};

}  // namespace

const LayerKind& linear_kind() {
  static const Linear kind;
  return kind;
}

}  // namespace tabjoule
