#include "space/families.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "space/network_builder.h"

namespace tabjoule {
namespace {

/// RTDL's MLP (arXiv 2106.11959, section 3.1): depth x [Linear, ReLU, Dropout], Linear; one width for all.
Network build_mlp(const std::vector<int>& values, const NetworkShape& shape) {
  const int depth = values[0];
  const int width = values[1];
  NetworkBuilder build(shape.inputs);
  int x = build.features(shape);
  for (int i = 0; i < depth; ++i) {
    const std::string index = std::to_string(i);
    x = build.linear("hidden" + index, x, width);
    x = build.relu("relu" + index, x);
    x = build.dropout("dropout" + index, x, shape.dropout);
  }
  build.linear("head", x, shape.outputs);
  return build.take();
}

/// RTDL's ResNet (section 3.2): Linear; depth x [x + Dropout(Linear(Dropout(ReLU(Linear(BatchNorm(x))))))]; BatchNorm,
/// ReLU, Linear.
Network build_resnet(const std::vector<int>& values, const NetworkShape& shape) {
  const int depth = values[0];
  const int width = values[1];
  const int hidden = values[2];
  NetworkBuilder build(shape.inputs);
  int x = build.linear("stem", build.features(shape), width);
  for (int i = 0; i < depth; ++i) {
    const std::string block = "block" + std::to_string(i) + ".";
    int y = build.batchnorm(block + "norm", x);
    y = build.linear(block + "up", y, hidden);
    y = build.relu(block + "relu", y);
    y = build.dropout(block + "dropout", y, shape.dropout);
    y = build.linear(block + "down", y, width);
    y = build.dropout(block + "residual_dropout", y, shape.residual_dropout);
    x = build.add(block + "add", x, y);
  }
  x = build.relu("head.relu", build.batchnorm("head.norm", x));
  build.linear("head", x, shape.outputs);
  return build.take();
}

TokenColumns token_columns(const NetworkShape& shape) {
  TokenColumns columns;
  columns.cls = true;
  columns.cardinalities = shape.cardinalities;
  columns.numeric = shape.inputs - static_cast<int>(shape.cardinalities.size());
  if (shape.embedding != nullptr) columns.edges = shape.embedding->edges;
  return columns;
}

/// RTDL's FT-Transformer (section 3.3): tokens with CLS first; depth x [x + MHA(LayerNorm(x)), x + FFN(LayerNorm(x))]
/// without the very first LayerNorm; LayerNorm, ReLU, Linear of CLS. The last block computes CLS alone. FFN: Linear to
/// 2 hidden, ReGLU, Linear; hidden = width * ffn_sixths / 6.
Network build_ft(const std::vector<int>& values, const NetworkShape& shape) {
  const int depth = values[0], width = values[1], heads = values[2], hidden = width * values[3] / 6;
  NetworkBuilder build(shape.inputs);
  int x = build.tokens("tokens", token_columns(shape), width);
  for (int i = 0; i < depth; ++i) {
    const std::string block = "block" + std::to_string(i) + ".";
    const std::string attention = block + "attention";
    const int normed = i > 0 ? build.layernorm(attention + ".norm", x) : x;
    int queries = normed;
    if (i + 1 == depth) {
      queries = build.first(attention + ".cls", normed);
      x = i > 0 ? build.first(block + "cls", x) : queries;
    }
    const int q = build.linear(attention + ".query", queries, width, Init::zeros);
    const int k = build.linear(attention + ".key", normed, width, Init::zeros);
    const int v = build.linear(attention + ".value", normed, width, Init::zeros);
    int y = build.attention(attention, q, k, v, heads, shape.attention_dropout);
    y = build.linear(attention + ".out", y, width, Init::zeros);
    y = build.dropout(attention + ".dropout", y, shape.residual_dropout);
    x = build.add(attention + ".add", x, y);
    y = build.layernorm(block + "ffn.norm", x);
    y = build.linear(block + "ffn.up", y, 2 * hidden);
    y = build.reglu(block + "ffn.reglu", y);
    y = build.dropout(block + "ffn.dropout", y, shape.dropout);
    y = build.linear(block + "ffn.down", y, width);
    y = build.dropout(block + "ffn.residual_dropout", y, shape.residual_dropout);
    x = build.add(block + "ffn.add", x, y);
  }
  x = build.relu("head.relu", build.layernorm("head.norm", x));
  build.linear("head", x, shape.outputs);
  return build.take();
}

struct Family {
  std::string name;
  std::vector<std::string> decisions;  ///< in the order in which `build` takes their values
  Network (*build)(const std::vector<int>& values, const NetworkShape& shape);
  CategoryEncoding encoding = CategoryEncoding::one_hot;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"mlp", {"depth", "width"}, build_mlp},
      {"resnet", {"depth", "width", "hidden"}, build_resnet},
      {"ft", {"depth", "width", "heads", "ffn_sixths"}, build_ft, CategoryEncoding::codes},
  };
  return all;
}

const Family& family_of(const SearchSpace& space) {
  for (const auto& family : families())
    if (family.name == space.family) return family;
  std::vector<std::string> names;
  for (const auto& family : families()) names.push_back(family.name);
  fail_input("space \"{}\": no family is named \"{}\" (there are: {})", space.name, space.family,
             fmt::join(names, ", "));
}

}  // namespace

void require_decisions(const SearchSpace& space) {
  const Family& family = family_of(space);
  for (const auto& name : family.decisions) (void)space.decision(name);
  for (const auto& d : space.decisions)
    if (std::find(family.decisions.begin(), family.decisions.end(), d.name) == family.decisions.end())
      fail_input("space \"{}\": family \"{}\" has no decision \"{}\" (it has: {})", space.name, family.name, d.name,
                 fmt::join(family.decisions, ", "));
  if (space.family != "ft") return;
  for (const int width : space.decisions[space.decision("width")].choices)
    for (const int heads : space.decisions[space.decision("heads")].choices)
      if (width % heads != 0)
        fail_input("space \"{}\": {} heads do not divide a width of {}: each head takes as many columns", space.name,
                   heads, width);
}

CategoryEncoding category_encoding(const SearchSpace& space) { return family_of(space).encoding; }

Network to_network(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape) {
  const Family& family = family_of(space);
  std::vector<int> values;
  for (const auto& name : family.decisions) {
    const std::size_t d = space.decision(name);
    values.push_back(space.decisions[d].choices[static_cast<std::size_t>(architecture.choices[d])]);
  }
  return family.build(values, shape);
}

}  // namespace tabjoule
