#include "space/families.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace tabjoule {
namespace {

Layer linear(const std::string& name, int reads, int input_width, int width) {
  Layer layer{LayerType::linear, name, {reads}, width, 0, {}};
  layer.parameters.push_back({name + ".weight", width, input_width, Init::uniform_fan_in, input_width, true});
  layer.parameters.push_back({name + ".bias", 1, width, Init::uniform_fan_in, input_width, false});
  return layer;
}

/// RTDL's MLP (arXiv 2106.11959, section 3.1): depth x [Linear, ReLU, Dropout], Linear; one width for all.
Network build_mlp(const std::vector<int>& values, const NetworkShape& shape) {
  const int depth = values[0];
  const int width = values[1];
  Network network;
  network.layers.push_back({LayerType::input, "features", {}, shape.inputs, 0, {}});
  const auto last = [&] { return static_cast<int>(network.layers.size()) - 1; };
  for (int i = 0; i < depth; ++i) {
    const std::string index = std::to_string(i);
    network.layers.push_back(linear("hidden" + index, last(), network.layers.back().width, width));
    network.layers.push_back({LayerType::relu, "relu" + index, {last()}, width, 0, {}});
    if (shape.dropout > 0)
      network.layers.push_back({LayerType::dropout, "dropout" + index, {last()}, width, shape.dropout, {}});
  }
  network.layers.push_back(linear("head", last(), width, shape.outputs));
  return network;
}

struct Family {
  std::string name;
  std::vector<std::string> decisions;  ///< in the order in which `build` takes their values
  Network (*build)(const std::vector<int>& values, const NetworkShape& shape);
};

const std::vector<Family>& families() {
  static const std::vector<Family> all{{"mlp", {"depth", "width"}, build_mlp}};
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
}

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
