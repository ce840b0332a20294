#include "kernel/tensorrt_layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/examples/image_models.h"
#include "graph/examples/transformer_models.h"
#include "kernel/detect.h"

namespace tabjoule::tensorrt_layers_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<EngineLayer> layers_of(const KernelGraph& kernels) {
  std::vector<EngineLayer> layers;
  for (const Kernel& kernel : kernels.kernels) layers.push_back(engine_layer_from(kernel.name));
  return layers;
}

template <class Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "no error";
}

TEST(TensorRtLayers, NamesAreTakenApart) {
  EXPECT_THAT(engine_layer_from("Conv_45 + Relu_46 || Conv_52 + Relu_53").members,
              ElementsAre("Conv_45", "Relu_46", "Conv_52", "Relu_53"));
  EXPECT_THAT(engine_layer_from("PWN(PWN(/a/Sigmoid), /a/Mul)").members, ElementsAre("/a/Sigmoid", "/a/Mul"));
  EXPECT_THAT(engine_layer_from("Conv_1 + PWN(Sigmoid_2, Mul_3)").members, ElementsAre("Conv_1", "Sigmoid_2", "Mul_3"));
  const EngineLayer region = engine_layer_from("{ForeignNode[a.weight + MatMul_1...Add_9]}");
  EXPECT_EQ(region.kind, EngineLayerKind::region);
  EXPECT_EQ(region.members.back(), "Add_9");
  EXPECT_EQ(engine_layer_from("Reformatting CopyNode for Input Tensor 0 to Conv_1").kind, EngineLayerKind::reformat);
  const EngineLayer copy = engine_layer_from("inception_3a/1x1 copy");
  EXPECT_EQ(copy.kind, EngineLayerKind::copy);
  EXPECT_THAT(copy.members, ElementsAre("inception_3a/1x1"));
  EXPECT_THAT(engine_layer_from("PWN((((").members, ElementsAre("PWN(((("));
  EXPECT_THAT(engine_layer_from("").members, IsEmpty());
}

TEST(TensorRtLayers, AnEngineThatFollowsTheRulesDiffersNowhere) {
  for (const Graph& graph : {example::googlenet(), example::mobilenet_v2(), example::bert()}) {
    const KernelGraph kernels = detect_kernels(graph, 3, load_fusion_rules("tensorrt"));
    const LayerComparison comparison = compare_layers(layers_of(kernels), kernels, graph);
    EXPECT_THAT(comparison.differences, IsEmpty());
    EXPECT_EQ(comparison.equal, comparison.layers);
  }
}

TEST(TensorRtLayers, DifferencesSayWhoRunsWhat) {
  const Graph graph = example::googlenet();
  const KernelGraph kernels = detect_kernels(graph, 3, load_fusion_rules("tensorrt"));
  std::vector<EngineLayer> layers = layers_of(kernels);
  layers.erase(layers.begin() + 1);               // pool1
  layers[0] = engine_layer_from("conv1/7x7_s2");  // without its ReLU
  layers.push_back(engine_layer_from("Reformatting CopyNode for Input Tensor 0 to prob"));
  layers.push_back(engine_layer_from("inception_3a/3x3 copy"));
  layers.push_back(engine_layer_from("nobody"));
  const LayerComparison comparison = compare_layers(layers, kernels, graph);
  EXPECT_EQ(comparison.reformats, 1);
  EXPECT_EQ(comparison.equal, 64);
  EXPECT_THAT(
      comparison.differences,
      ElementsAre("\"conv1/7x7_s2\": the rules have 1 kernel: \"conv1/7x7_s2 + conv1/relu_7x7\"",
                  "only the engine runs \"inception_3a/3x3 copy\"", "\"nobody\": the model has no operator \"nobody\"",
                  "\"nobody\": none of its operators has a kernel by the rules",
                  "only the rules run \"pool1/3x3_s2\""));
}

TEST(TensorRtLayers, ARegionHoldsWhatLiesBetweenItsEnds) {
  const Graph graph = example::bert();
  const KernelGraph kernels = detect_kernels(graph, 1, load_fusion_rules("tensorrt"));
  const LayerComparison comparison =
      compare_layers({engine_layer_from("{ForeignNode[embedding...layer1.norm2]}")}, kernels, graph);
  ASSERT_EQ(comparison.differences.size(), 1U);  // one line says all, and no kernel is missing
  EXPECT_THAT(comparison.differences[0], HasSubstr("the rules have 19 kernels: \"embedding\""));
}

TEST(TensorRtLayers, FilesAreReadWithTheirTimes) {
  const Json info = Json::parse(R"({"Layers": ["a + b", {"Name": "c", "LayerType": "Reformat"}], "Bindings": ["x"]})");
  std::vector<EngineLayer> layers = layers_from_json(info);
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[1].kind, EngineLayerKind::reformat);
  add_layer_times(layers, Json::parse(R"([{"count": 9}, {"name": "a + b", "timeMs": 18, "averageMs": 2.0}])"));
  EXPECT_DOUBLE_EQ(layers[0].time_s, 2e-3);
  EXPECT_EQ(layers[1].time_s, 0);
}

TEST(TensorRtLayers, WhatIsNoSuchFileIsRefused) {
  EXPECT_THAT(refusal([] { static_cast<void>(layers_from_json(Json::array())); }), HasSubstr("no \"Layers\" list"));
  EXPECT_THAT(refusal([] {
                static_cast<void>(layers_from_json(Json{{"Layers", Json::array()}}));
              }),
              HasSubstr("is empty"));
  EXPECT_THAT(refusal([] {
                static_cast<void>(layers_from_json(Json{{"Layers", Json::array({1})}}));
              }),
              HasSubstr("layer 1"));
  std::vector<EngineLayer> layers = {engine_layer_from("a")};
  EXPECT_THAT(refusal([&] { add_layer_times(layers, Json::object()); }), HasSubstr("not a list"));
  EXPECT_THAT(refusal([&] { add_layer_times(layers, Json::parse(R"([{"name": "b", "averageMs": 1}])")); }),
              HasSubstr("no layer of this engine"));
  EXPECT_THAT(refusal([&] { add_layer_times(layers, Json::parse(R"([{"name": "a", "averageMs": -1}])")); }),
              HasSubstr("number from 0"));
}

}  // namespace
}  // namespace tabjoule::tensorrt_layers_test
