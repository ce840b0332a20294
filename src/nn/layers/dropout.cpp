// y = x mask in training, y = x otherwise. The mask is computed anew in backward rather than kept.
#include "nn/dropout_mask.h"
#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

class Dropout final : public LayerKind {
 public:
  const char* name() const override { return "dropout"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.width == inputs[0]->width && layer.tokens == inputs[0]->tokens, layer,
                  "must keep the width of its input");
  }

  std::int64_t flops(const Layer&, const LayerInputs&) const override { return 0; }
  int in_place_input() const override { return 0; }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const BoundLayer::Input& in = l.inputs[0];
    if (in.in_place && !l.drops) return;
    masked(l, pass, in.value, l.value, false);
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {  // forward: y = x mask
    const BoundLayer::Input& in = l.inputs[0];
    if (!in.wanted || (in.in_place && !l.drops)) return;
    masked(l, pass, l.gradient, in.gradient, in.adds);
  }

 private:
  static void masked(const BoundLayer& l, const Pass& pass, const Block& from, const Block& to, bool add) {
    const int size = l.layer->tokens * l.layer->width;
    for (int r = pass.first; r < pass.last; ++r) {
      const float* x = from.data + std::ptrdiff_t{r} * size;
      float* y = to.data + std::ptrdiff_t{r} * size;
      if (!l.drops) {
        vector_loop(size, [=](int e) { y[e] = add ? y[e] + x[e] : x[e]; });
        continue;
      }
      const DropoutMask mask(l.dropout_stream, static_cast<std::uint64_t>(l.first_row + r), l.layer->rate);
      if (add)
        vector_loop(size, [=](int e) { y[e] += x[e] * mask[static_cast<std::uint32_t>(e)]; });
      else
        vector_loop(size, [=](int e) { y[e] = x[e] * mask[static_cast<std::uint32_t>(e)]; });
    }
  }
};

}  // namespace

const LayerKind& dropout_kind() {
  static const Dropout kind;
  return kind;
}

}  // namespace tabjoule
