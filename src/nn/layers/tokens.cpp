// Columns to embeddings: network.h's TokenColumns says what becomes of which column. Token j of an element lies at
// j * D of its row of values, whether those are tokens (B, T, D) or flat (B, T D + passed).
#include <algorithm>
#include <numeric>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

/// Where in a layer's parameters each of them stands, -1 where absent.
struct Places {
  int cls = -1, weight = -1, bias = -1, bins = -1, table = -1, codes = -1;

  explicit Places(const TokenColumns& columns) {
    int next = 0;
    if (columns.cls) cls = next++;
    if (columns.numeric > 0) weight = next++, bias = next++;
    if (!columns.edges.empty()) bins = next++;
    if (!columns.cardinalities.empty()) table = next++, codes = next++;
  }
};

int embedding_width(const Layer& layer) { return layer.columns->flat > 0 ? layer.columns->flat : layer.width; }

/// The piecewise-linear encoding of x: `full` bins lie below it and count 1, the one behind counts `share`, the others
/// 0.
struct Encoding {
  int full = 0;
  float share = 0;
};

Encoding encode(const std::vector<float>& edges, float x) {
  const auto inner = std::upper_bound(edges.begin() + 1, edges.end() - 1, x);  // the first bin has no lower end
  const auto bin = inner - edges.begin() - 1;
  const float low = edges[static_cast<std::size_t>(bin)];
  const float high = edges[static_cast<std::size_t>(bin) + 1];
  return {static_cast<int>(bin), (x - low) / (high - low)};
}

int first_bin(const TokenColumns& columns, int column) {
  std::size_t first = 0;
  for (int j = 0; j < column; ++j) first += columns.edges[static_cast<std::size_t>(j)].size() - 1;
  return static_cast<int>(first);
}

int first_row(const TokenColumns& columns, int column) {
  return std::accumulate(columns.cardinalities.begin(), columns.cardinalities.begin() + column, 0);
}

/// A code outside its table counts as its nearest end: no row of a table that was fitted has one.
int code_of(float x, int cardinality) { return std::clamp(static_cast<int>(x), 0, cardinality - 1); }

/// Token `token` of element `row`, in values or gradients.
float* token_of(const BoundLayer& l, const Block& b, int row, int token) {
  const int width = embedding_width(*l.layer);
  return b.row(row * l.layer->tokens) + std::ptrdiff_t{token} * width;
}

class Tokens final : public LayerKind {
 public:
  const char* name() const override { return "tokens"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.columns != nullptr, layer, "needs its columns described");
    const TokenColumns& columns = *layer.columns;
    const int width = embedding_width(layer);
    require_layer(inputs[0]->tokens == 1 && inputs[0]->width == columns.inputs(), layer,
                  "describes another number of columns than its input has");
    require_layer(columns.flat > 0 || columns.passed == 0, layer, "columns are passed through only when laid flat");
    require_layer(columns.flat > 0 ? layer.tokens == 1 && layer.width == columns.tokens() * width + columns.passed
                                   : layer.tokens == columns.tokens(),
                  layer, "must have a token a column");
    const Places at(columns);
    const auto require = [&](int index, const char* what, int rows) {
      if (index >= 0) require_parameter(layer, static_cast<std::size_t>(index), what, rows, width);
    };
    require(at.cls, "a CLS token", 1);
    require(at.weight, "a weight", columns.numeric);
    require(at.bias, "a bias", columns.numeric);
    require(at.bins, "the bins", columns.bins());
    require(at.table, "a table", first_row(columns, static_cast<int>(columns.cardinalities.size())));
    require(at.codes, "a bias of the codes", static_cast<int>(columns.cardinalities.size()));
    require_layer(columns.edges.empty() || columns.edges.size() == static_cast<std::size_t>(columns.numeric), layer,
                  "needs edges for every numeric column");
    for (const auto& edges : columns.edges)
      require_layer(edges.size() > 1 && std::is_sorted(edges.begin(), edges.end(), std::less_equal<>()), layer,
                    "needs two or more edges a column, strictly ascending");
  }

  /// Products and sums of numeric tokens, sums of the others'; the encoding of a number in n bins 4 n (difference,
  /// quotient, two bounds), its product with the bins 2 n D, its sum D.
  std::int64_t flops(const Layer& layer, const LayerInputs&) const override {
    const TokenColumns& columns = *layer.columns;
    const std::int64_t width = embedding_width(layer);
    const auto codes = static_cast<std::int64_t>(columns.cardinalities.size());
    // The CLS token is computed as one of its kind.
    const std::int64_t numeric = columns.numeric > 0 ? columns.numeric + (columns.cls ? 1 : 0) : 0;
    const std::int64_t categories = codes + (columns.numeric == 0 && columns.cls ? 1 : 0);
    std::int64_t count = (2 * numeric + categories) * width;
    if (!columns.edges.empty()) {
      const auto widest =
          static_cast<std::int64_t>(std::max_element(columns.edges.begin(), columns.edges.end(),
                                                     [](const auto& a, const auto& b) { return a.size() < b.size(); })
                                        ->size() -
                                    1);
      count += numeric * (4 * widest + 2 * widest * width + width);
    }
    return count;
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    const TokenColumns& columns = *l.layer->columns;
    const Places at(columns);
    const int width = embedding_width(*l.layer);
    const auto parameter = [&](int place) { return l.parameters[static_cast<std::size_t>(place)]; };
    for (int r = pass.first; r < pass.last; ++r) {
      const float* x = l.inputs[0].value.row(r);
      int token = 0;
      if (at.cls >= 0) std::copy_n(parameter(at.cls).data, width, token_of(l, l.value, r, token++));
      for (int j = 0; j < columns.numeric; ++j) {
        float* y = token_of(l, l.value, r, token++);
        vector_loop(width, [y, value = x[j], w = parameter(at.weight).row(j), b = parameter(at.bias).row(j)](int c) {
          y[c] = value * w[c] + b[c];
        });
        if (at.bins >= 0) add_bins(columns, j, x[j], parameter(at.bins), y);
      }
      for (int j = 0, row = 0; j < static_cast<int>(columns.cardinalities.size()); ++j) {
        const int cardinality = columns.cardinalities[static_cast<std::size_t>(j)];
        const float* entry = parameter(at.table).row(row + code_of(x[columns.numeric + j], cardinality));
        row += cardinality;
        vector_loop(width, [entry, y = token_of(l, l.value, r, token++), b = parameter(at.codes).row(j)](int c) {
          y[c] = entry[c] + b[c];
        });
      }
      std::copy_n(x + columns.inputs() - columns.passed, columns.passed, token_of(l, l.value, r, token));
    }
  }

  /// The matrix's own gradient is nobody's concern.
  void backward(const BoundLayer&, const Pass&) const override {}

  int tiles(const Layer& layer) const override { return layer.columns->tokens(); }

  /// One a token: its rows of each parameter.
  Tile tile(const Layer& layer, int index) const override {
    const TokenColumns& columns = *layer.columns;
    const Places at(columns);
    const int width = embedding_width(layer);
    if (at.cls >= 0 && index-- == 0) return {1, {{{at.cls, 0, 0, 1, width}}}};
    if (index < columns.numeric) {
      Tile tile{2, {{{at.weight, index, 0, 1, width}, {at.bias, index, 0, 1, width}}}};
      if (at.bins >= 0) {
        const int bins = static_cast<int>(columns.edges[static_cast<std::size_t>(index)].size()) - 1;
        tile.blocks[2] = {at.bins, first_bin(columns, index), 0, bins, width};
        tile.count = 3;
      }
      return tile;
    }
    index -= columns.numeric;
    const int rows = columns.cardinalities[static_cast<std::size_t>(index)];
    return {2, {{{at.table, first_row(columns, index), 0, rows, width}, {at.codes, index, 0, 1, width}}}};
  }

  void tile_gradient(const BoundLayer& l, int token, std::span<const Block> out, bool add) const override {
    const TokenColumns& columns = *l.layer->columns;
    if (!add)
      for (const Block& b : out) std::fill_n(b.data, std::ptrdiff_t{b.rows} * b.cols, 0.0F);
    const int column = token - (columns.cls ? 1 : 0);
    if (column < 0)
      sum_gradients(l, token, out[0].data);
    else if (column < columns.numeric)
      numeric_gradient(l, token, column, out);
    else
      code_gradient(l, token, column, out);
  }

 private:
  /// y += sum over bins of encoding times the bin's row.
  static void add_bins(const TokenColumns& columns, int column, float x, const ConstBlock& bins, float* y) {
    const Encoding e = encode(columns.edges[static_cast<std::size_t>(column)], x);
    const int first = first_bin(columns, column);
    for (int t = 0; t <= e.full; ++t)
      vector_loop(bins.cols,
                  [y, v = bins.row(first + t), share = t < e.full ? 1.0F : e.share](int c) { y[c] += share * v[c]; });
  }

  /// Forward: y = cls, or y = ... + b.
  static void sum_gradients(const BoundLayer& l, int token, float* out) {
    for (int r = 0; r < l.rows; ++r)
      vector_loop(embedding_width(*l.layer), [out, dy = token_of(l, l.gradient, r, token)](int c) { out[c] += dy[c]; });
  }

  /// Forward: y = x w + b + sum over bins e_t v_t, so that dv_t = e_t dy.
  static void numeric_gradient(const BoundLayer& l, int token, int column, std::span<const Block> out) {
    sum_gradients(l, token, out[1].data);
    for (int r = 0; r < l.rows; ++r) {
      const float x = l.inputs[0].value.row(r)[column];
      const float* dy = token_of(l, l.gradient, r, token);
      vector_loop(out[0].cols, [x, dy, dw = out[0].data](int c) { dw[c] += x * dy[c]; });
      if (out.size() < 3) continue;
      const Encoding e = encode(l.layer->columns->edges[static_cast<std::size_t>(column)], x);
      for (int t = 0; t <= e.full; ++t)
        vector_loop(out[2].cols,
                    [dy, dv = out[2].row(t), share = t < e.full ? 1.0F : e.share](int c) { dv[c] += share * dy[c]; });
    }
  }

  /// Forward: y = table[x] + b.
  static void code_gradient(const BoundLayer& l, int token, int column, std::span<const Block> out) {
    sum_gradients(l, token, out[1].data);
    for (int r = 0; r < l.rows; ++r) {
      const float* dy = token_of(l, l.gradient, r, token);
      float* entry = out[0].row(code_of(l.inputs[0].value.row(r)[column], out[0].rows));
      vector_loop(out[0].cols, [dy, entry](int c) { entry[c] += dy[c]; });
    }
  }
};

}  // namespace

const LayerKind& tokens_kind() {
  static const Tokens kind;
  return kind;
}

}  // namespace tabjoule
