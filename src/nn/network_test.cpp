#include "nn/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/testing.h"

namespace tabjoule::network_test {
namespace {

using namespace testing_nn;

std::string error_of(const Network& network) {
  try {
    validate(network);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ValidateNetwork, AcceptsAnMlp) { EXPECT_EQ(error_of(mlp(4, {8, 8}, 3, 0.2F)), ""); }

TEST(ValidateNetwork, NamesTheLayerThatDoesNotFit) {
  const auto changed = [](auto&& change) {
    Network network = mlp(4, {8, 8}, 3, 0.2F);  // input, 2 x (linear, relu, dropout), head
    change(network.layers);
    return error_of(network);
  };
  using Layers = std::vector<Layer>;
  EXPECT_THAT(changed([](Layers& l) { l.resize(1); }), testing::HasSubstr("at least one layer"));
  EXPECT_THAT(changed([](Layers& l) { l[4].name = "hidden0"; }),
              testing::HasSubstr("\"hidden0\" (linear): the name is used twice"));
  EXPECT_THAT(changed([](Layers& l) { l[1].width = 0; }), testing::HasSubstr("width and tokens must be positive"));
  EXPECT_THAT(changed([](Layers& l) { l[2].type = LayerType::input; }),
              testing::HasSubstr("the input is the first layer"));
  EXPECT_THAT(changed([](Layers& l) { l[0].type = LayerType::relu; }),
              testing::HasSubstr("the input is the first layer"));
  EXPECT_THAT(changed([](Layers& l) {
                l[2].inputs = {1, 0};
              }),
              testing::HasSubstr("\"relu0\" (relu): takes one input"));
  EXPECT_THAT(changed([](Layers& l) { l[2].inputs = {2}; }), testing::HasSubstr("must read an earlier layer"));
  EXPECT_THAT(changed([](Layers& l) { l[2].inputs = {-1}; }), testing::HasSubstr("must read an earlier layer"));
  EXPECT_THAT(changed([](Layers& l) { l[2].width = 9; }), testing::HasSubstr("must keep the width"));
  EXPECT_THAT(changed([](Layers& l) { l[3].rate = 1; }),
              testing::HasSubstr("\"dropout0\" (dropout): the dropout rate"));
  EXPECT_THAT(changed([](Layers& l) { l[1].parameters.pop_back(); }),
              testing::HasSubstr("needs a bias of (1, 8) as parameter 1"));
  EXPECT_THAT(changed([](Layers& l) { l[4].parameters[0].cols = 7; }),
              testing::HasSubstr("\"hidden1\" (linear): needs a weight of (8, 8)"));
  EXPECT_THAT(changed([](Layers& l) { l[7].parameters[1].cols = 4; }),
              testing::HasSubstr("\"head\" (linear): needs a bias of (1, 3)"));
  EXPECT_THAT(changed([](Layers& l) { l[7].inputs = {3}; }),
              testing::HasSubstr("\"dropout1\" (dropout): is read by no layer"));
}

TEST(ValidateNetwork, NamesWhatDoesNotFitInEveryKindOfLayer) {
  const auto changed = [](Network network, const std::string& name, auto&& change) {
    EXPECT_EQ(error_of(network), "");
    for (Layer& layer : network.layers)
      if (layer.name == name) change(layer);
    return error_of(network);
  };
  const Network matrices = residual(4, 8, 6, 3);
  EXPECT_THAT(changed(matrices, "a.norm", [](Layer& l) { l.parameters.pop_back(); }),
              testing::HasSubstr("a running variance of (1, 8)"));
  EXPECT_THAT(changed(matrices, "a.norm", [](Layer& l) { l.parameters[2].trained = true; }),
              testing::HasSubstr("are not trained"));
  EXPECT_THAT(changed(matrices, "a.add", [](Layer& l) { l.inputs = {l.inputs[0]}; }),
              testing::HasSubstr("\"a.add\" (add): takes 2 inputs"));
  EXPECT_THAT(changed(matrices, "a.add", [](Layer& l) { l.inputs[0] = 0; }), testing::HasSubstr("both inputs"));
  const Network on_tokens = attentive(mixed_columns(), 6, 2, 3);
  EXPECT_THAT(changed(on_tokens, "attention", [](Layer& l) { l.heads = 4; }), testing::HasSubstr("divide the width"));
  EXPECT_THAT(changed(on_tokens, "attention", [](Layer& l) { l.tokens = 2; }), testing::HasSubstr("its queries"));
  EXPECT_THAT(changed(on_tokens, "reglu", [](Layer& l) { l.width = 8; }), testing::HasSubstr("half as wide"));
  EXPECT_THAT(changed(on_tokens, "cls", [](Layer& l) { l.tokens = 2; }), testing::HasSubstr("one token"));
  EXPECT_THAT(changed(on_tokens, "norm", [](Layer& l) { l.tokens = 1; }), testing::HasSubstr("must keep"));
  EXPECT_THAT(changed(on_tokens, "up", [](Layer& l) { l.tokens = 1; }), testing::HasSubstr("must keep the tokens"));
  EXPECT_THAT(changed(on_tokens, "tokens", [](Layer& l) { l.columns = nullptr; }), testing::HasSubstr("described"));
  EXPECT_THAT(changed(on_tokens, "tokens", [](Layer& l) { l.parameters[0].rows = 2; }),
              testing::HasSubstr("a CLS token of (1, 6)"));
  const auto with = [](auto&& change) {
    TokenColumns columns = mixed_columns();
    change(columns);
    return [columns](Layer& l) { l.columns = std::make_shared<const TokenColumns>(columns); };
  };
  EXPECT_THAT(changed(on_tokens, "tokens", with([](TokenColumns& c) { c.numeric = 2; })),
              testing::HasSubstr("another number of columns"));
  EXPECT_THAT(changed(on_tokens, "tokens", with([](TokenColumns& c) {
                        c.edges = {{0, 1}, {0, 1}, {1, 0}};
                      })),
              testing::HasSubstr("the bins"));
}

TEST(NetworkCounts, AreThoseOfTheLinearLayersAndActivations) {
  const Network network = mlp(4, {8, 5}, 3, 0.1F);
  EXPECT_EQ(network.parameter_count(), (4 * 8 + 8) + (8 * 5 + 5) + (5 * 3 + 3));
  EXPECT_EQ(network.flops(), (2 * 4 * 8 + 8 + 8) + (2 * 8 * 5 + 5 + 5) + (2 * 5 * 3 + 3));
  EXPECT_EQ(network.input_width(), 4);
  EXPECT_EQ(network.output_width(), 3);
}

TEST(LayerType, HasAName) {
  EXPECT_STREQ(to_string(LayerType::input), "input");
  EXPECT_STREQ(to_string(LayerType::linear), "linear");
  EXPECT_STREQ(to_string(LayerType::relu), "relu");
  EXPECT_STREQ(to_string(LayerType::dropout), "dropout");
  EXPECT_STREQ(to_string(LayerType::attention), "attention");
}

}  // namespace
}  // namespace tabjoule::network_test
