// y = the first token of x: behind the last block of an FT-Transformer only CLS counts.
#include <algorithm>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

class First final : public LayerKind {
 public:
  const char* name() const override { return "first"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.tokens == 1 && inputs[0]->width == layer.width, layer,
                  "must be one token as wide as its input");
  }

  std::int64_t flops(const Layer&, const LayerInputs&) const override { return 0; }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    for (int r = pass.first; r < pass.last; ++r)
      std::copy_n(l.inputs[0].value.row(r * l.inputs[0].tokens), l.value.cols, l.value.row(r));
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = x[:, 0]
    const BoundLayer::Input& in = l.inputs[0];
    if (!in.wanted) return;
    if (!in.adds) {
      const Block dx = rows_of(in.gradient, pass, in.tokens);
      std::fill_n(dx.data, std::ptrdiff_t{dx.rows} * dx.cols, 0.0F);
    }
    for (int r = pass.first; r < pass.last; ++r) {
      const float* dy = l.gradient.row(r);
      float* dx = in.gradient.row(r * in.tokens);
      vector_loop(l.gradient.cols, [=](int c) { dx[c] += dy[c]; });
    }
  }
};

}  // namespace

const LayerKind& first_kind() {
  static const First kind;
  return kind;
}

}  // namespace tabjoule
