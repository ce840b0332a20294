// Columns to tokens: the operators of nn/network.h's TokenColumns.
#include <algorithm>
#include <limits>

#include "graph/layer_writer.h"

namespace tabjoule {

void LayerWriter::write_tokens(const Layer& layer, const std::string& x, const std::string& output) {
  const TokenColumns& columns = *layer.columns;
  std::span<const ParameterRef> left(layer.parameters);
  const auto take = [&left](std::size_t count) {
    const auto taken = left.first(count);
    left = left.subspan(count);
    return taken;
  };
  const ColumnParts columns_of = column_parts(layer, x);
  const ParameterRef* cls = columns.cls ? take(1).data() : nullptr;
  std::vector<std::string> blocks;  // each (B, tokens, D)
  if (columns.numeric > 0)
    blocks.push_back(numeric_tokens(layer, columns_of.numbers, take(columns.edges.empty() ? 2 : 3), cls));
  if (!columns.cardinalities.empty())
    blocks.push_back(code_tokens(layer, columns_of.codes, take(2), columns.numeric > 0 ? nullptr : cls));
  const auto joined = [&] {
    return blocks.size() == 1 ? blocks[0] : part(layer, "joined", "Concat", blocks, {{"axis", std::int64_t{1}}});
  };
  if (columns.flat == 0)
    return add(layer.name, "Reshape", {joined(), integers(layer, "rows_shape", {2}, {-1, layer.width})}, output);
  // rows of numbers instead, and what is passed through
  const std::string shape = integers(layer, "flat_shape", {2}, {0, -1});
  if (columns.passed == 0) return add(layer.name, "Reshape", {joined(), shape}, output);
  const std::string flat = part(layer, "flat", "Reshape", {joined(), shape});
  add(layer.name, "Concat", {flat, columns_of.passed}, output, {{"axis", std::int64_t{1}}});
}

LayerWriter::ColumnParts LayerWriter::column_parts(const Layer& layer, const std::string& x) {
  const TokenColumns& columns = *layer.columns;
  ColumnParts parts;
  std::vector<std::string> names;
  std::vector<std::string*> places;
  Dims sizes;
  const auto add_part = [&](const char* name, std::size_t size, std::string& place) {
    if (size == 0) return;
    names.emplace_back(name);
    places.push_back(&place);
    sizes.push_back(static_cast<std::int64_t>(size));
  };
  add_part("numbers", static_cast<std::size_t>(columns.numeric), parts.numbers);
  add_part("codes", columns.cardinalities.size(), parts.codes);
  add_part("passed", static_cast<std::size_t>(columns.passed), parts.passed);
  const std::vector<std::string> made = names.size() > 1 ? split(layer, names, x, sizes) : std::vector{x};
  for (std::size_t i = 0; i < places.size(); ++i) *places[i] = made[i];
  return parts;
}

std::string LayerWriter::with_first_column(const Layer& layer, const std::string& x) {
  return part(layer, "with_cls", "Pad", {x, integers(layer, "pads", {4}, {0, 1, 0, 0})});
}

std::string LayerWriter::with_first_row(const Layer& layer, const std::string& part, const ParameterRef* cls,
                                        FirstRow first, const ParameterRef& rest) {
  if (cls == nullptr) return parameter(rest, Form::matrix);
  std::vector<float> values;
  if (store_ != nullptr) {
    const auto append = [&](const ParameterRef& ref) {
      const ConstBlock rows = store_->view(ref);
      for (int r = 0; r < ref.rows; ++r) values.insert(values.end(), rows.row(r), rows.row(r) + ref.cols);
    };
    if (first == FirstRow::cls)
      append(*cls);
    else
      values.resize(static_cast<std::size_t>(rest.cols));
    append(rest);
  }
  return floats(layer, part, {rest.rows + 1, rest.cols}, std::move(values));
}

// x_j W_j + b_j [+ sum_t e_t V_jt]. The CLS token is that of a column of zeros whose bias it is.
std::string LayerWriter::numeric_tokens(const Layer& layer, const std::string& numbers,
                                        std::span<const ParameterRef> parameters, const ParameterRef* cls) {
  const std::string all = cls == nullptr ? numbers : with_first_column(layer, numbers);
  const std::string weight = with_first_row(layer, "weight", cls, FirstRow::zeros, parameters[0]);
  const std::string bias = with_first_row(layer, "bias", cls, FirstRow::cls, parameters[1]);
  const std::string column = part(layer, "column", "Unsqueeze", {all, integers(layer, "axis", {1}, {2})});
  std::string token = part(layer, "numeric", "Add", {part(layer, "product", "Mul", {column, weight}), bias});
  if (layer.columns->edges.empty()) return token;
  return part(layer, "embedded", "Add", {token, encoded_numbers(layer, column, parameters[2], cls != nullptr)});
}

// e = min(max((x - low) / width, lowest), highest), (B, n, bins); a column with fewer bins than the most has empty ones
// behind, whose encoding is 0; that of the CLS token has no others. Then a product a column: (n, B, bins) (n, bins, D).
std::string LayerWriter::encoded_numbers(const Layer& layer, const std::string& numbers, const ParameterRef& bins,
                                         bool cls) {
  std::vector<std::vector<float>> edges = layer.columns->edges;
  if (cls) edges.insert(edges.begin(), std::vector<float>(1));
  std::size_t most = 0;
  for (const auto& column : edges) most = std::max(most, column.size() - 1);
  std::vector<float> low, width, lowest, highest, weight;
  constexpr float kOpen = std::numeric_limits<float>::max();
  for (std::size_t j = 0, row = 0; j < edges.size(); ++j) {
    const std::size_t count = edges[j].size() - 1;
    for (std::size_t t = 0; t < most; ++t) {
      const bool used = t < count;
      low.push_back(used ? edges[j][t] : 0);
      width.push_back(used ? edges[j][t + 1] - edges[j][t] : 1);
      lowest.push_back(used && t == 0 ? -kOpen : 0);
      highest.push_back(!used ? 0 : t + 1 == count ? kOpen : 1);
      if (store_ == nullptr) continue;
      for (int c = 0; c < bins.cols; ++c)
        weight.push_back(used ? store_->view(bins).row(static_cast<int>(row + t))[c] : 0);
    }
    row += count;
  }
  const Dims dims{static_cast<std::int64_t>(edges.size()), static_cast<std::int64_t>(most)};
  const std::string apart = part(layer, "apart", "Sub", {numbers, floats(layer, "low", dims, low)});
  const std::string share = part(layer, "share", "Div", {apart, floats(layer, "width", dims, width)});
  const std::string above = part(layer, "above", "Max", {share, floats(layer, "lowest", dims, lowest)});
  const std::string code = part(layer, "code", "Min", {above, floats(layer, "highest", dims, highest)});
  const Attributes swap{{"perm", Dims{1, 0, 2}}};
  const std::string by_column = part(layer, "by_column", "Transpose", {code}, swap);
  const std::string values = floats(layer, "bins", {dims[0], dims[1], bins.cols}, weight);
  return part(layer, "by_row", "Transpose", {part(layer, "encoded", "MatMul", {by_column, values})}, swap);
}

// One table for all columns, whose entries begin where the ones of the columns before end. The CLS token is the first
// entry, which a column of zeros looks up.
std::string LayerWriter::code_tokens(const Layer& layer, const std::string& codes,
                                     std::span<const ParameterRef> parameters, const ParameterRef* cls) {
  Dims first;
  std::int64_t next = 0;
  if (cls != nullptr) first.push_back(next++);
  for (const int cardinality : layer.columns->cardinalities) {
    first.push_back(next);
    next += cardinality;
  }
  std::string rows = part(layer, "rows", "Cast", {codes}, {{"to", static_cast<std::int64_t>(ElementType::int64)}});
  if (cls != nullptr) rows = with_first_column(layer, rows);
  if (first.size() > 1)
    rows = part(layer, "entries", "Add",
                {rows, integers(layer, "first_entries", {static_cast<std::int64_t>(first.size())}, first)});
  const std::string table = with_first_row(layer, "table", cls, FirstRow::cls, parameters[0]);
  const std::string bias = with_first_row(layer, "code_bias", cls, FirstRow::zeros, parameters[1]);
  const std::string entries = part(layer, "gathered", "Gather", {table, rows}, {{"axis", std::int64_t{0}}});
  return part(layer, "categories", "Add", {entries, bias});
}

}  // namespace tabjoule
