// y = a max(b, 0), where x = (a_0, b_0, a_1, b_1, ...).
#include <algorithm>
#include <cstddef>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

class Reglu final : public LayerKind {
 public:
  const char* name() const override { return "reglu"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(inputs[0]->width == 2 * layer.width && inputs[0]->tokens == layer.tokens, layer,
                  "must be half as wide as its input");
  }

  std::int64_t flops(const Layer& layer, const LayerInputs&) const override {
    return 2 * std::int64_t{layer.tokens} * layer.width;
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const Block x = rows_of(l.inputs[0].value, pass, l.layer->tokens);
    const Block y = rows_of(l.value, pass, l.layer->tokens);
    for (int r = 0; r < y.rows; ++r) {
      const float* in = x.row(r);
      float* out = y.row(r);
      vector_loop(y.cols, [=](std::ptrdiff_t c) { out[c] = in[2 * c] * std::max(in[2 * c + 1], 0.0F); });
    }
  }

  // forward: y = a max(b, 0); so da = dy b and db = dy a where b > 0, else 0: each takes the other one of its pair
  void backward(const BoundLayer& l, const Pass& pass) const override {
    if (!l.inputs[0].wanted) return;
    const Block x = rows_of(l.inputs[0].value, pass, l.layer->tokens);
    const Block dx = rows_of(l.inputs[0].gradient, pass, l.layer->tokens);
    const Block dy = rows_of(l.gradient, pass, l.layer->tokens);
    for (int r = 0; r < dy.rows; ++r) {
      const float* in = x.row(r);
      const float* g = dy.row(r);
      float* out = dx.row(r);
      if (l.inputs[0].adds)
        vector_loop(dy.cols, [=](std::ptrdiff_t c) {
          const float passed = in[2 * c + 1] > 0 ? g[c] : 0.0F;
          out[2 * c] += passed * in[2 * c + 1];
          out[2 * c + 1] += passed * in[2 * c];
        });
      else
        vector_loop(dy.cols, [=](std::ptrdiff_t c) {
          const float passed = in[2 * c + 1] > 0 ? g[c] : 0.0F;
          out[2 * c] = passed * in[2 * c + 1];
          out[2 * c + 1] = passed * in[2 * c];
        });
    }
  }
};

}  // namespace

const LayerKind& reglu_kind() {
  static const Reglu kind;
  return kind;
}

}  // namespace tabjoule
