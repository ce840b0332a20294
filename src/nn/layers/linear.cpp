// y = x W^T + b, and a ReLU that follows it.
#include <algorithm>

#include "base/blas.h"
#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

/// Rows of a weight's gradient that are one tile, half of them between these.
constexpr int kTileRows = 128;
constexpr int kSmallTileRows = 32;
constexpr std::int64_t kMostSummedWeights = 16384;  // 128 x 128

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

/// out = or += the numbers, row after row.
void add_rows(const float* numbers, Block out, bool add) {
  for (int r = 0; r < out.rows; ++r, numbers += out.cols)
    vector_loop(out.cols, [=, to = out.row(r)](int c) { to[c] = add ? to[c] + numbers[c] : numbers[c]; });
}

/// Whether each shard sums the gradients of its own rows in backward, while they lie in its core's cache. A tile then
/// adds up shards' sums, which of a small layer are less to fetch from other cores than the rows.
bool sums_by_shards(const Layer& layer, int inputs, int shards) {
  return shards > 1 && layer.tokens == 1 && std::int64_t{layer.width} * inputs <= kMostSummedWeights;
}

/// Of a weight and a bias below it.
std::size_t sum_floats(const Layer& layer, int inputs) {
  return whole_lines(static_cast<std::size_t>(layer.width) * static_cast<std::size_t>(inputs + 1));
}

float* sums_of(const BoundLayer& l, int shard) {
  return l.kept + static_cast<std::size_t>(shard) * sum_floats(*l.layer, l.inputs[0].value.cols);
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

  std::size_t kept_floats(const Layer& layer, const LayerInputs& inputs, int /*rows*/, int shards) const override {
    if (!sums_by_shards(layer, inputs[0]->width, shards)) return 0;
    return static_cast<std::size_t>(shards) * sum_floats(layer, inputs[0]->width);
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const Block y = rows_of(l.value, pass, l.layer->tokens);
    gemm(Trans::no, Trans::yes, 1, rows_of(l.inputs[0].value, pass, l.layer->tokens), l.parameters[0], 0, y);
    l.fused_relu ? add_bias<true>(y, l.parameters[1].data) : add_bias<false>(y, l.parameters[1].data);
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = x W^T + b
    const ConstBlock dy = rows_of(l.gradient, pass, l.layer->tokens);
    const Block x = rows_of(l.inputs[0].value, pass, l.layer->tokens);
    if (sums_by_shards(*l.layer, x.cols, l.shards)) {
      float* sums = sums_of(l, pass.shard);
      gemm(Trans::yes, Trans::no, 1, dy, x, 0, {sums, dy.cols, x.cols, x.cols});
      column_sums(dy, sums + std::ptrdiff_t{dy.cols} * x.cols, false);
    }
    if (!l.inputs[0].wanted) return;
    gemm(Trans::no, Trans::no, 1, dy, l.parameters[0], l.inputs[0].adds ? 1.0F : 0.0F,
         rows_of(l.inputs[0].gradient, pass, l.layer->tokens));
  }

  int tiles(const Layer& layer) const override { return (layer.width + tile_rows(layer) - 1) / tile_rows(layer); }

  Tile tile(const Layer& layer, int index) const override {
    const int first = index * tile_rows(layer);
    const int rows = std::min(tile_rows(layer), layer.width - first);
    return {2, {{{0, first, 0, rows, layer.parameters[0].cols}, {1, 0, first, 1, rows}}}};
  }

  void tile_gradient(const BoundLayer& l, int index, std::span<const Block> out, bool add) const override {
    const int first = index * tile_rows(*l.layer);
    if (sums_by_shards(*l.layer, out[0].cols, l.shards)) {
      for (int shard = 0; shard < l.shards; ++shard) {
        const float* sums = sums_of(l, shard);
        add_rows(sums + std::ptrdiff_t{first} * out[0].cols, out[0], add || shard > 0);
        add_rows(sums + std::ptrdiff_t{l.layer->width} * out[0].cols + first, out[1], add || shard > 0);
      }
      return;
    }
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
