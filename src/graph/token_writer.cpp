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
  std::vector<std::string> blocks;  // each (B, tokens, D)
  if (columns.cls) blocks.push_back(cls_token(layer, x, take(1)[0]));
  if (columns.numeric > 0)
    blocks.push_back(numeric_tokens(layer, columns_of.numbers, take(columns.edges.empty() ? 2 : 3)));
  if (!columns.cardinalities.empty()) blocks.push_back(code_tokens(layer, columns_of.codes, take(2)));
  if (columns.flat > 0) {  // rows of numbers instead, and what is passed through
    const std::string shape = integers(layer, "flat_shape", {2}, {0, -1});
    int number = 0;
    for (std::string& block : blocks) block = part(layer, "flat" + std::to_string(number++), "Reshape", {block, shape});
    if (columns.passed > 0) blocks.push_back(columns_of.passed);
  }
  if (blocks.size() > 1) return add(layer.name, "Concat", blocks, output, {{"axis", std::int64_t{1}}});
  // The one block is the output: its last node takes the layer's name.
  graph_.nodes.back().name = layer.name;
  graph_.nodes.back().outputs[0] = output;
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

/// The one token for every element: exporters write the batch's size as this, and runtimes know it.
std::string LayerWriter::cls_token(const Layer& layer, const std::string& x, const ParameterRef& cls) {
  std::string shape;
  if (batch_ > 0) {
    shape = integers(layer, "cls_shape", {3}, {batch_, 1, cls.cols});
  } else {
    const std::string batch =
        part(layer, "batch", "Gather", {part(layer, "shape", "Shape", {x}), integers(layer, "batch_index", {1}, {0})},
             {{"axis", std::int64_t{0}}});
    const std::string token = integers(layer, "cls_token", {2}, {1, cls.cols});
    shape = part(layer, "cls_shape", "Concat", {batch, token}, {{"axis", std::int64_t{0}}});
  }
  return part(layer, "cls", "Expand", {parameter(cls, Form::matrix), shape});
}

// x_j W_j + b_j [+ sum_t e_t V_jt]
std::string LayerWriter::numeric_tokens(const Layer& layer, const std::string& numbers,
                                        std::span<const ParameterRef> parameters) {
  const TokenColumns& columns = *layer.columns;
  const std::string column = part(layer, "column", "Unsqueeze", {numbers, integers(layer, "axis", {1}, {2})});
  const std::string product = part(layer, "product", "Mul", {column, parameter(parameters[0], Form::matrix)});
  std::string token = part(layer, "numeric", "Add", {product, parameter(parameters[1], Form::matrix)});
  if (columns.edges.empty()) return token;
  return part(layer, "embedded", "Add", {token, encoded_numbers(layer, column, parameters[2])});
}

// e = min(max((x - low) / width, lowest), highest), (B, n, bins); a column with fewer bins than the most has empty ones
// behind, whose encoding is 0. Then a product a column: (n, B, bins) (n, bins, D).
std::string LayerWriter::encoded_numbers(const Layer& layer, const std::string& numbers, const ParameterRef& bins) {
  const auto& edges = layer.columns->edges;
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

// One table for all columns, whose entries begin where the ones of the columns before end.
std::string LayerWriter::code_tokens(const Layer& layer, const std::string& codes,
                                     std::span<const ParameterRef> parameters) {
  const TokenColumns& columns = *layer.columns;
  const auto count = static_cast<int>(columns.cardinalities.size());
  std::string rows = part(layer, "rows", "Cast", {codes}, {{"to", static_cast<std::int64_t>(ElementType::int64)}});
  if (count > 1) {
    Dims first{0};
    for (int j = 0; j + 1 < count; ++j)
      first.push_back(first.back() + columns.cardinalities[static_cast<std::size_t>(j)]);
    rows = part(layer, "entries", "Add", {rows, integers(layer, "first_entries", {count}, first)});
  }
  const std::string entries =
      part(layer, "gathered", "Gather", {parameter(parameters[0], Form::matrix), rows}, {{"axis", std::int64_t{0}}});
  return part(layer, "categories", "Add", {entries, parameter(parameters[1], Form::matrix)});
}

}  // namespace tabjoule
