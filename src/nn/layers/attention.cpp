// y = P v, P = softmax(s q k^T), s = 1 / sqrt(D / H), for each element and each head on its own D / H columns.
//
// The map P, T_q x T, is never kept: its rows are computed a block of queries at a time and once more in backward, from
// the logarithm of each row's sum of exponentials (Dao et al., arXiv 2205.14135, appendix B), so that memory does not
// grow with the square of the number of columns. Dropout on the map: y = (P mask) v.
//
// Rows of the map are padded with zeros to whole vectors: the odd elements behind the last one would cost as much as
// all before them.
//
// kept: that logarithm, (B, H, T_q). scratch: two blocks of the map, one with the mask and one without; then keys,
// values and their gradients of one head, transposed, where heads are narrow.
#include <algorithm>
#include <cmath>

#include "base/blas.h"
#include "nn/dropout_mask.h"
#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"
#include "nn/layers/small_products.h"
#include "nn/vector_exp.h"

namespace tabjoule {
namespace {

constexpr int kQueries = 64;  // rows of a block of the map
constexpr int kVector = 16;

int padded(int keys) { return (keys + kVector - 1) / kVector * kVector; }

/// Sets what is behind the last column of each row.
void pad(const Block& b, float value) {
  for (int r = 0; r < b.rows; ++r) std::fill(b.row(r) + b.cols, b.row(r) + b.stride, value);
}

/// One head of one element.
struct Head {
  Block q, k, v, y;      // (T_q, d), (T, d), (T, d), (T_q, d)
  Block dq, dk, dv, dy;  // their gradients, in backward
  float scale;
  float* log_sums;  // (T_q)
  std::uint64_t row;
};

Block head_of(const Block& b, int element, int tokens, int head, int width) {
  return {b.row(element * tokens) + std::ptrdiff_t{head} * width, tokens, width, b.stride};
}

Head head_of(const BoundLayer& l, int element, int head) {
  const int heads = l.layer->heads;
  const int width = l.value.cols / heads;
  const int queries = l.layer->tokens;
  const auto at = [&](const Block& b, int tokens) { return head_of(b, element, tokens, head, width); };
  const std::ptrdiff_t map = std::ptrdiff_t{element} * heads + head;
  Head h{at(l.inputs[0].value, queries),
         at(l.inputs[1].value, l.inputs[1].tokens),
         at(l.inputs[2].value, l.inputs[2].tokens),
         at(l.value, queries),
         {},
         {},
         {},
         {},
         1 / std::sqrt(static_cast<float>(width)),
         l.kept + map * queries,
         (static_cast<std::uint64_t>(l.first_row + element)) * static_cast<std::uint64_t>(heads) +
             static_cast<std::uint64_t>(head)};
  if (!l.training) return h;
  h.dq = at(l.inputs[0].gradient, queries);
  h.dk = at(l.inputs[1].gradient, l.inputs[1].tokens);
  h.dv = at(l.inputs[2].gradient, l.inputs[2].tokens);
  h.dy = at(l.gradient, queries);
  return h;
}

/// Heads no wider take products of our own instead of the CBLAS's.
constexpr int kNarrow = 16;

bool narrow(int head_width) { return head_width == 8 || head_width == 16; }

/// y (d, T) = x (T, d) transposed, padded.
void transpose(const ConstBlock& x, const Block& y) {
  pad(y, 0);
  for (int r = 0; r < x.rows; ++r)
    for (int c = 0; c < x.cols; ++c) y.row(c)[r] = x.row(r)[c];
}

/// y (T, d) = [y +] x (d, T) transposed.
void add_transpose(const ConstBlock& x, bool add, const Block& y) {
  for (int r = 0; r < y.rows; ++r)
    for (int c = 0; c < y.cols; ++c) y.row(r)[c] = add ? y.row(r)[c] + x.row(c)[r] : x.row(c)[r];
}

/// c = a b [+ c], where b is as wide as a narrow head.
void multiply_head(const ConstBlock& a, const ConstBlock& b, bool add, const Block& c) {
  b.cols == 8 ? multiply_narrow<8>(a, b, add, c) : multiply_narrow<16>(a, b, add, c);
}

/// Multiplies the rows of a block of the map, which starts at query `first`, by the mask.
void drop(const BoundLayer& l, const Head& h, int first, const Block& from, const Block& to) {
  const DropoutMask mask(l.dropout_stream, h.row, l.layer->rate);
  for (int r = 0; r < from.rows; ++r) {
    const auto start = static_cast<std::uint32_t>((first + r) * from.cols);
    vector_loop(from.cols, [=, x = from.row(r), y = to.row(r)](int c) {
      y[c] = x[c] * mask[start + static_cast<std::uint32_t>(c)];
    });
  }
}

class Attention final : public LayerKind {
 public:
  const char* name() const override { return "attention"; }
  int inputs() const override { return 3; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    for (const Layer* input : inputs)
      require_layer(input->width == layer.width, layer, "queries, keys and values must be as wide as the output");
    require_layer(inputs[0]->tokens == layer.tokens, layer, "must keep the tokens of its queries");
    require_layer(inputs[1]->tokens == inputs[2]->tokens, layer, "must have as many keys as values");
    require_layer(layer.heads > 0 && layer.width % layer.heads == 0, layer, "the heads must divide the width");
  }

  /// Two products, the scale and the softmax.
  std::int64_t flops(const Layer& layer, const LayerInputs& inputs) const override {
    const std::int64_t map = std::int64_t{layer.tokens} * inputs[1]->tokens;
    return 4 * map * layer.width + 6 * map * layer.heads;
  }

  std::size_t kept_floats(const Layer& layer, const LayerInputs&, int rows, int) const override {
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(layer.heads * layer.tokens);
  }

  std::size_t scratch_floats(const Layer& layer, const LayerInputs& inputs) const override {
    return static_cast<std::size_t>(2 * std::min(layer.tokens, kQueries) + 4 * kNarrow) *
           static_cast<std::size_t>(padded(inputs[1]->tokens));
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    for (int element = pass.first; element < pass.last; ++element)
      for (int head = 0; head < l.layer->heads; ++head) forward_head(l, head_of(l, element, head), scratch(l, pass));
  }

  void backward(const BoundLayer& l, const Pass& pass) const override {
    for (int element = pass.first; element < pass.last; ++element)
      for (int head = 0; head < l.layer->heads; ++head) backward_head(l, head_of(l, element, head), scratch(l, pass));
  }

 private:
  /// Keys, values and their gradients of a head, (d, T); used where heads are narrow.
  struct Transposed {
    bool used;
    Block k, v, dk, dv;

    Transposed(const Head& h, float* scratch) : used(narrow(h.k.cols)) {
      const int d = std::min(h.k.cols, kNarrow), stride = padded(h.k.rows);
      float* place = scratch + std::ptrdiff_t{2} * std::min(h.q.rows, kQueries) * stride;
      for (Block* b : {&k, &v, &dk, &dv}) {
        *b = {place, d, h.k.rows, stride};
        place += std::ptrdiff_t{d} * stride;
      }
    }
  };

  /// p = scale q k^T for the queries from `first`.
  static void scores(const Head& h, const Transposed& t, int first, const Block& p) {
    const Block q = h.q.middle_rows(first, p.rows);
    if (t.used)
      multiply_long(h.scale, plain(q), t.k, false, p);
    else
      gemm(Trans::no, Trans::yes, h.scale, q, h.k, 0, p);
    pad(p, -1e30F);  // whose exponential is 0
  }

  /// y = p x [+ y], x (T, d).
  static void mix(const Transposed& t, const Block& p, const Block& x, bool add, const Block& y) {
    if (t.used)
      multiply_head(p, x, add, y);
    else
      gemm(Trans::no, Trans::no, 1, p, x, add ? 1.0F : 0.0F, y);
  }

  static float* scratch(const BoundLayer& l, const Pass& pass) {
    return l.scratch + static_cast<std::size_t>(pass.shard) * l.scratch_stride;
  }

  static void forward_head(const BoundLayer& l, const Head& h, float* scratch) {
    const int keys = h.k.rows, stride = padded(keys);
    const Transposed t(h, scratch);
    if (t.used) transpose(h.k, t.k);
    for (int first = 0; first < h.q.rows; first += kQueries) {
      const int rows = std::min(kQueries, h.q.rows - first);
      const Block p{scratch, rows, keys, stride};
      scores(h, t, first, p);
      for (int r = 0; r < rows; ++r) h.log_sums[first + r] = softmax(p.row(r), stride);
      if (l.drops) drop(l, h, first, p, p);
      mix(t, p, h.v, false, h.y.middle_rows(first, rows));
    }
  }

  /// In place; returns the logarithm of the sum of exponentials.
  static float softmax(float* x, int size) {
    const float top = row_array(x, size).maxCoeff();
    vector_loop(size, [=](int c) { x[c] = exp_of_nonpositive(x[c] - top); });
    const float sum = row_array(x, size).sum();
    const float share = 1 / sum;
    vector_loop(size, [=](int c) { x[c] *= share; });
    return top + std::log(sum);
  }

  // forward: s = scale q k^T, P = softmax(s), y = (P mask) v; so with dP = (dy v^T) mask
  // dv = (P mask)^T dy, ds = P (dP - sum over keys of P dP), dq = scale ds k, dk = scale ds^T q
  static void backward_head(const BoundLayer& l, const Head& h, float* scratch) {
    const int keys = h.k.rows, stride = padded(keys);
    const Transposed t(h, scratch);
    if (t.used) {
      transpose(h.k, t.k);
      transpose(h.v, t.v);
    }
    for (int first = 0; first < h.q.rows; first += kQueries) {
      const int rows = std::min(kQueries, h.q.rows - first);
      const Block p{scratch, rows, keys, stride};
      const Block d{scratch + std::ptrdiff_t{rows} * stride, rows, keys, stride};
      const Block q = h.q.middle_rows(first, rows);
      const Block dy = h.dy.middle_rows(first, rows);
      scores(h, t, first, p);
      for (int r = 0; r < rows; ++r)
        vector_loop(stride, [x = p.row(r), log_sum = h.log_sums[first + r]](int c) {
          x[c] = exp_of_nonpositive(x[c] - log_sum);
        });
      if (l.drops) {
        drop(l, h, first, p, d);
        pad(d, 0);
      }
      sum_over_queries(t.used, l.drops ? d : p, dy, first > 0, l.inputs[2].adds, t.dv, h.dv);
      if (t.used)
        multiply_long(1, plain(dy), t.v, false, d);
      else
        gemm(Trans::no, Trans::yes, 1, dy, h.v, 0, d);
      if (l.drops) drop(l, h, first, d, d);
      pad(d, 0);
      for (int r = 0; r < rows; ++r) {
        const float* pr = p.row(r);
        float* dr = d.row(r);
        const float sum = (row_array(pr, stride) * row_array(dr, stride)).sum();
        vector_loop(stride, [=, scale = h.scale](int c) { dr[c] = scale * pr[c] * (dr[c] - sum); });
      }
      mix(t, d, h.k, l.inputs[0].adds, h.dq.middle_rows(first, rows));
      sum_over_queries(t.used, d, q, first > 0, l.inputs[1].adds, t.dk, h.dk);
    }
    if (!t.used) return;
    add_transpose(t.dv, l.inputs[2].adds, h.dv);
    add_transpose(t.dk, l.inputs[1].adds, h.dk);
  }

  /// dx = p^T dy [+ dx], block after block of queries; in the transposed form (d, T) where heads are narrow.
  static void sum_over_queries(bool narrow_heads, const Block& p, const Block& dy, bool further, bool adds,
                               const Block& transposed_dx, const Block& dx) {
    if (narrow_heads)
      multiply_long(1, transposed(dy), p, further, transposed_dx);
    else
      gemm(Trans::yes, Trans::no, 1, p, dy, further || adds ? 1.0F : 0.0F, dx);
  }
};

}  // namespace

const LayerKind& attention_kind() {
  static const Attention kind;
  return kind;
}

}  // namespace tabjoule
