#include "space/families.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/parameter_store.h"

namespace tabjoule {
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
}  // namespace tabjoule
