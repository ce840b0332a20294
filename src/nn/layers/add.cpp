// y = x0 + x1, in place of the branch x1 where nobody else reads that: its gradient is then y's own, and only x0's is
// written.
#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

class Add final : public LayerKind {
 public:
  const char* name() const override { return "add"; }
  int inputs() const override { return 2; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    for (const Layer* input : {inputs[0], inputs[1]})
      require_layer(input->width == layer.width && input->tokens == layer.tokens, layer,
                    "must keep the width and tokens of both inputs");
  }

  std::int64_t flops(const Layer& layer, const LayerInputs&) const override {
    return std::int64_t{layer.tokens} * layer.width;
  }

  int in_place_input() const override { return 1; }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const int tokens = l.layer->tokens;
    const Block y = rows_of(l.value, pass, tokens);
    const float* a = rows_of(l.inputs[0].value, pass, tokens).data;
    const float* b = rows_of(l.inputs[1].value, pass, tokens).data;
    vector_loop(y.rows * y.cols, [a, b, out = y.data](int e) { out[e] = a[e] + b[e]; });
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = x0 + x1
    const Block dy = rows_of(l.gradient, pass, l.layer->tokens);
    const int size = dy.rows * dy.cols;
    for (const BoundLayer::Input& in : {l.inputs[0], l.inputs[1]}) {
      if (!in.wanted || in.in_place) continue;
      float* dx = rows_of(in.gradient, pass, l.layer->tokens).data;
      const float* g = dy.data;
      if (in.adds)
        vector_loop(size, [=](int e) { dx[e] += g[e]; });
      else
        vector_loop(size, [=](int e) { dx[e] = g[e]; });
    }
  }
};

}  // namespace

const LayerKind& add_kind() {
  static const Add kind;
  return kind;
}

}  // namespace tabjoule
