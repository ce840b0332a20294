#include "space/families.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "space/network_builder.h"

namespace tabjoule {
namespace {

/// Of each decision of a family, in its order; of one that layers may have for themselves, one value a layer.
using Values = std::vector<std::vector<int>>;

/// RTDL's MLP (arXiv 2106.11959, section 3.1): depth x [Linear, ReLU, Dropout], Linear.
Network build_mlp(const Values& values, const NetworkShape& shape) {
  const int depth = values[0][0];
  const std::vector<int>& widths = values[1];
  NetworkBuilder build(shape.inputs);
  int x = build.features(shape);
  for (int i = 0; i < depth; ++i) {
    const std::string index = std::to_string(i);
    x = build.linear("hidden" + index, x, widths[static_cast<std::size_t>(i)]);
    x = build.relu("relu" + index, x);
    x = build.dropout("dropout" + index, x, shape.dropout);
  }
  build.linear("head", x, shape.outputs);
  return build.take();
}

/// RTDL's ResNet (section 3.2): Linear; depth x [x + Dropout(Linear(Dropout(ReLU(Linear(BatchNorm(x))))))]; BatchNorm,
/// ReLU, Linear.
Network build_resnet(const Values& values, const NetworkShape& shape) {
  const int depth = values[0][0];
  const int width = values[1][0];
  const std::vector<int>& hidden = values[2];
  NetworkBuilder build(shape.inputs);
  int x = build.linear("stem", build.features(shape), width);
  for (int i = 0; i < depth; ++i) {
    const std::string block = "block" + std::to_string(i) + ".";
    int y = build.batchnorm(block + "norm", x);
    y = build.linear(block + "up", y, hidden[static_cast<std::size_t>(i)]);
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
Network build_ft(const Values& values, const NetworkShape& shape) {
  const int depth = values[0][0], width = values[1][0];
  NetworkBuilder build(shape.inputs);
  int x = build.tokens("tokens", token_columns(shape), width);
  for (int i = 0; i < depth; ++i) {
    const std::string block = "block" + std::to_string(i) + ".";
    const std::string attention = block + "attention";
    const int heads = values[2][static_cast<std::size_t>(i)];
    const int hidden = width * values[3][static_cast<std::size_t>(i)] / 6;
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

struct FamilyDecision {
  std::string name;
  bool per_layer = false;  ///< may be "width1", "width2", ... instead of one "width" for all layers
};

struct Family {
  std::string name;
  std::vector<FamilyDecision> decisions;  ///< in the order in which `build` takes their values; depth first
  Network (*build)(const Values& values, const NetworkShape& shape);
  CategoryEncoding encoding = CategoryEncoding::one_hot;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all{
      {"mlp", {{"depth"}, {"width", true}}, build_mlp},
      {"resnet", {{"depth"}, {"width"}, {"hidden", true}}, build_resnet},
      {"ft", {{"depth"}, {"width"}, {"heads", true}, {"ffn_sixths", true}}, build_ft, CategoryEncoding::codes},
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

bool has(const SearchSpace& space, const std::string& name) {
  return std::any_of(space.decisions.begin(), space.decisions.end(), [&](const Decision& d) { return d.name == name; });
}

/// A decision whose value every network needs.
void require_always(const SearchSpace& space, const std::string& name) {
  if (space.decisions[space.decision(name)].when)
    fail_input("space \"{}\": \"{}\" applies to every network and takes no \"when\"", space.name, name);
}

/// That a layer's decision applies exactly where there is such a layer.
void require_layer(const SearchSpace& space, const std::string& name, int layer) {
  const std::size_t depth = space.decision("depth");
  Architecture architecture = smallest(space);
  for (const int value : space.decisions[depth].choices) {
    if (space.applies(architecture, space.decision(name)) != (value >= layer))
      fail_input(
          "space \"{}\": \"{}\" must apply where the depth is {} or more, and nowhere else: "
          "\"when\": {{\"decision\": \"depth\", \"at_least\": {}}}",
          space.name, name, layer, layer);
    ++architecture.choices[depth];
  }
}

/// The names that a family's decision has in this space: its own, or one a layer.
std::vector<std::string> names_in(const SearchSpace& space, const FamilyDecision& decision) {
  if (!decision.per_layer || has(space, decision.name) || !has(space, decision.name + "1")) return {decision.name};
  std::vector<std::string> names;
  for (int layer = 1; layer <= space.decisions[space.decision("depth")].choices.back(); ++layer)
    names.push_back(decision.name + std::to_string(layer));
  return names;
}

/// Each head of an attention takes as many columns.
void require_heads_divide(const SearchSpace& space, const Family& family) {
  for (const auto& decision : family.decisions) {
    if (decision.name != "heads") continue;
    for (const std::string& name : names_in(space, decision))
      for (const int width : space.decisions[space.decision("width")].choices)
        for (const int heads : space.decisions[space.decision(name)].choices)
          if (width % heads != 0)
            fail_input("space \"{}\": {} heads do not divide a width of {}: each head takes as many columns",
                       space.name, heads, width);
  }
}

}  // namespace

void require_decisions(const SearchSpace& space) {
  const Family& family = family_of(space);
  std::vector<std::string> known;
  for (const auto& decision : family.decisions) {
    const std::vector<std::string> names = names_in(space, decision);
    if (names.size() == 1 && names.front() == decision.name) {
      require_always(space, decision.name);
    } else {
      for (std::size_t i = 0; i < names.size(); ++i) require_layer(space, names[i], static_cast<int>(i) + 1);
    }
    known.insert(known.end(), names.begin(), names.end());
  }
  for (const auto& d : space.decisions)
    if (std::find(known.begin(), known.end(), d.name) == known.end())
      fail_input("space \"{}\": family \"{}\" has no decision \"{}\" (it has: {})", space.name, family.name, d.name,
                 fmt::join(known, ", "));
  require_heads_divide(space, family);
}

CategoryEncoding category_encoding(const SearchSpace& space) { return family_of(space).encoding; }

Network to_network(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape) {
  const Family& family = family_of(space);
  const auto value = [&](const std::string& name) {
    const std::size_t d = space.decision(name);
    return space.decisions[d].choices[static_cast<std::size_t>(architecture.choices[d])];
  };
  const int depth = value("depth");
  Values values;
  for (const auto& decision : family.decisions) {
    std::vector<int>& of_decision = values.emplace_back();
    if (!decision.per_layer) {
      of_decision.push_back(value(decision.name));
    } else if (has(space, decision.name)) {
      of_decision.assign(static_cast<std::size_t>(depth), value(decision.name));
    } else {
      for (int layer = 1; layer <= depth; ++layer) of_decision.push_back(value(decision.name + std::to_string(layer)));
    }
  }
  return family.build(values, shape);
}

}  // namespace tabjoule
