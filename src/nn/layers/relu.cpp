// y = max(x, 0). Behind a linear layer that nobody else reads, that layer does it with its bias.
#include <algorithm>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

class Relu final : public LayerKind {
 public:
  const char* name() const override { return "relu"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.width == inputs[0]->width && layer.tokens == inputs[0]->tokens, layer,
                  "must keep the width of its input");
  }

  std::int64_t flops(const Layer& layer, const LayerInputs&) const override {
    return std::int64_t{layer.tokens} * layer.width;
  }

  int in_place_input() const override { return 0; }
  bool backward_reads_value() const override { return true; }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    if (l.fused_relu) return;
    const Block y = rows_of(l.value, pass, l.layer->tokens);
    const float* x = rows_of(l.inputs[0].value, pass, l.layer->tokens).data;
    vector_loop(y.rows * y.cols, [x, out = y.data](int e) { out[e] = std::max(x[e], 0.0F); });
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = max(x, 0)
    if (!l.inputs[0].wanted) return;
    const Block dy = rows_of(l.gradient, pass, l.layer->tokens);
    const float* y = rows_of(l.value, pass, l.layer->tokens).data;
    float* dx = rows_of(l.inputs[0].gradient, pass, l.layer->tokens).data;
    const int size = dy.rows * dy.cols;
    const float* g = dy.data;
    if (l.inputs[0].adds)
      vector_loop(size, [=](int e) { dx[e] += y[e] > 0 ? g[e] : 0.0F; });
    else
      vector_loop(size, [=](int e) { dx[e] = y[e] > 0 ? g[e] : 0.0F; });
  }
};

}  // namespace

const LayerKind& relu_kind() {
  static const Relu kind;
  return kind;
}

}  // namespace tabjoule
