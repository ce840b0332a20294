#include "space/families.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/parameter_store.h"

namespace tabjoule::families_test {
namespace {

const NetworkShape kShape{7, 3, 0.1F};

/// Every choice of the built-in space costs minutes; the corners and a sample cost milliseconds.
std::vector<Architecture> some_architectures(const SearchSpace& space) {
  std::vector<Architecture> some{smallest(space), largest(space)};
  Rng rng(1);
  for (int i = 0; i < 100; ++i) some.push_back(random_architecture(space, rng));
  return some;
}

int value(const SearchSpace& space, const Architecture& architecture, const char* name) {
  const std::size_t d = space.decision(name);
  return space.decisions[d].choices[static_cast<std::size_t>(architecture.choices[d])];
}

TEST(Families, EveryNetworkOfABuiltInSpaceIsValidAndFitsTheShape) {
  for (const auto& name : built_in_spaces()) {
    const SearchSpace space = load_space(name);
    for (const auto& architecture : some_architectures(space)) {
      const Network network = to_network(space, architecture, kShape);
      EXPECT_NO_THROW(validate(network)) << to_text(space, architecture);
      EXPECT_EQ(network.input_width(), kShape.inputs);
      EXPECT_EQ(network.output_width(), kShape.outputs);
    }
  }
}

TEST(Families, EveryNetworkOfABuiltInSpaceFitsInTheStoreOfTheLargest) {
  for (const auto& name : built_in_spaces()) {
    const SearchSpace space = load_space(name);
    std::map<std::string, std::pair<int, int>> held;
    for (const auto& layer : to_network(space, largest(space), kShape).layers)
      for (const auto& ref : layer.parameters) held[ref.name] = {ref.rows, ref.cols};
    for (const auto& architecture : some_architectures(space)) {
      for (const auto& layer : to_network(space, architecture, kShape).layers) {
        for (const auto& ref : layer.parameters) {
          ASSERT_TRUE(held.contains(ref.name)) << ref.name << " of " << to_text(space, architecture);
          ASSERT_LE(ref.rows, held[ref.name].first) << ref.name << " of " << to_text(space, architecture);
          ASSERT_LE(ref.cols, held[ref.name].second) << ref.name << " of " << to_text(space, architecture);
        }
      }
    }
  }
}

TEST(MlpFamily, HasTheParametersAndOperationsOfItsFormula) {
  const SearchSpace space = load_space("mlp");
  for (const auto& architecture : all_architectures(space)) {
    const std::int64_t depth = value(space, architecture, "depth");
    const std::int64_t width = value(space, architecture, "width");
    const Network network = to_network(space, architecture, kShape);
    const std::int64_t weights = 7 * width + (depth - 1) * width * width + width * 3;
    ASSERT_EQ(network.parameter_count(), weights + depth * width + 3);
    ASSERT_EQ(network.flops(), 2 * weights + (depth * width + 3) + depth * width);  // products, biases, ReLUs
  }
}

/// Widths of the linear layers of the networks of `family` with these decisions, each layer with its own `name`.
std::vector<int> linear_widths(const std::string& family, const std::string& fixed, const std::string& name) {
  const SearchSpace space =
      space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "s",
    "family": ")" + family + R"(", "decisions": [{"name": "depth", "choices": [1, 2, 3]}, )" +
                                  fixed + R"({"name": ")" + name + R"(", "choices": [4, 6, 8], "per_layer": true}]})"));
  Architecture architecture = smallest(space);
  architecture.choices[0] = 1;  // two layers
  architecture.choices[space.decision(name + "1")] = 2;
  architecture.choices[space.decision(name + "2")] = 1;
  std::vector<int> widths;
  const Network network = to_network(space, architecture, {7, 3});
  validate(network);
  for (const auto& layer : network.layers)
    if (layer.type == LayerType::linear) widths.push_back(layer.width);
  return widths;
}

TEST(Families, LayersHaveTheirOwnValuesWhereTheSpaceSaysSo) {
  EXPECT_EQ(linear_widths("mlp", "", "width"), (std::vector{8, 6, 3}));
  EXPECT_EQ(linear_widths("resnet", R"({"name": "width", "choices": [5]}, )", "hidden"),
            (std::vector{5, 8, 5, 6, 5, 3}));
  // width 12: query, key, value, out; two halves of hidden = 12 * 8 / 6 and 12 * 6 / 6; back
  EXPECT_EQ(
      linear_widths("ft", R"({"name": "width", "choices": [12]}, {"name": "heads", "choices": [2]}, )", "ffn_sixths"),
      (std::vector{12, 12, 12, 12, 32, 12, 12, 12, 12, 12, 24, 12, 3}));
}

TEST(MlpFamily, IsLinearReluDropoutForEveryLayerAndALinearHead) {
  const SearchSpace space = load_space("mlp");
  Architecture two = smallest(space);
  two.choices[space.decision("depth")] = 1;
  const auto types_of = [&](const NetworkShape& shape) {
    std::string types;
    for (const auto& layer : to_network(space, two, shape).layers) types += std::string(to_string(layer.type)) + " ";
    return types;
  };
  EXPECT_EQ(types_of({7, 3, 0.1F}), "input linear relu dropout linear relu dropout linear ");
  EXPECT_EQ(types_of({7, 3, 0}), "input linear relu linear relu linear ");
}

TEST(MlpFamily, DecaysWeightsButNotBiases) {
  const SearchSpace space = load_space("mlp");
  for (const auto& layer : to_network(space, smallest(space), kShape).layers)
    for (const auto& ref : layer.parameters) EXPECT_EQ(ref.decay, ref.name.ends_with(".weight")) << ref.name;
}

}  // namespace
}  // namespace tabjoule::families_test
