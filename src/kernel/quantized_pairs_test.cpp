#include "kernel/quantized_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "kernel/detect.h"

namespace tabjoule::quantized_pairs_test {
namespace {

using ::testing::ElementsAre;

/// An image of 4 channels; q and dq are pairs of one scale.
class Builder {
 public:
  Builder() {
    graph.name = "pairs";
    graph.opsets[""] = 17;
    graph.inputs = {{"x", ElementType::float32, {1, 4, 6, 6}, {"", "", "", ""}}};
    graph.constants = {{"s", ElementType::float32, {}, {0.1F}, {}, {}, {}},
                       {"z", ElementType::int8, {}, {}, {}, {0}, {}},
                       {"channels", ElementType::float32, {4}, {1, 2, 3, 4}, {}, {}, {}},
                       {"bias", ElementType::float32, {4}, {1, 2, 3, 4}, {}, {}, {}}};
    Tensor weights{"w8", ElementType::int8, {4, 4, 1, 1}, {}, {}, {}, {}};
    weights.integers.assign(16, 1);
    graph.constants.push_back(weights);
    add("DequantizeLinear", {"w8", "s", "z"}, "w");
  }

  std::string add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                  std::map<std::string, Attribute> attributes = {}) {
    graph.nodes.push_back({output, op, "", inputs, {output}, std::move(attributes)});
    return output;
  }
  std::string pair(const std::string& tensor, const std::string& scale = "s") {
    add("QuantizeLinear", {tensor, scale, "z"}, tensor + "_q");
    return add("DequantizeLinear", {tensor + "_q", scale, "z"}, tensor + "_dq");
  }
  void returned(const std::string& tensor) {
    graph.outputs.push_back({tensor, ElementType::float32, {1, 4, 6, 6}, {"", "", "", ""}});
  }

  [[nodiscard]] std::vector<std::string> kernels() const {
    std::vector<std::string> result;
    for (const Kernel& kernel : detect_kernels(graph, 1, load_fusion_rules("tensorrt")).kernels) {
      std::string name = to_string(kernel.key.type);
      if (!kernel.key.variant.empty()) name += " " + kernel.key.variant;
      if (kernel.key.dtype == DataType::int8) name += " int8";
      result.push_back(name);
    }
    return result;
  }

  Graph graph;
};

/// NVIDIA's guide: where the residual is real the sum stays so, and what quantises it is apart.
TEST(QuantizedPairs, ASumWithARealTensorIsQuantisedApart) {
  for (const bool quantized : {true, false}) {
    Builder b;
    const std::string in = b.pair("x");
    b.add("Conv", {in, "w", "bias"}, "c");
    b.add("Add", {"c", quantized ? in : "x"}, "sum");
    b.add("Relu", {"sum"}, "r");
    const std::string out = b.pair("r");
    b.add("Conv", {out, "w"}, "y");
    b.returned("y");
    std::vector<std::string> expected{"reformat QuantizeLinear int8", "conv relu+residual int8", "conv int8"};
    if (!quantized) expected.insert(expected.begin() + 2, "reformat QuantizeLinear int8");
    EXPECT_EQ(b.kernels(), expected);
  }
}

TEST(QuantizedPairs, WhatMovesValuesMovesIntegers) {
  Builder b;
  b.add("MaxPool", {"x"}, "p",
        {{"kernel_shape", std::vector<std::int64_t>{1, 1}}});  // quantised before, though it stands behind
  const std::string in = b.pair("p");
  b.add("Transpose", {in}, "t", {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
  b.add("Conv", {"t", "w"}, "y");
  b.returned("y");
  EXPECT_THAT(b.kernels(),
              ElementsAre("reformat QuantizeLinear int8", "pool MaxPool int8", "transpose int8", "conv int8"));
}

TEST(QuantizedPairs, OneReaderInRealNumbersKeepsItsDequantizer) {
  Builder b;
  const std::string in = b.pair("x");
  b.add("Conv", {in, "w"}, "c");
  b.add("Exp", {in}, "e");
  b.add("Mul", {"c", "e"}, "y");
  b.returned("y");
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "reformat DequantizeLinear int8", "conv int8",
                                       "elementwise Exp+Mul"));
}

TEST(QuantizedPairs, WeightsAloneChangeNothing) {
  Builder b;
  b.add("Conv", {"x", "w"}, "y");
  b.returned("y");
  EXPECT_FALSE(with_pairs_absorbed(b.graph));
  EXPECT_THAT(b.kernels(), ElementsAre("conv"));
}

TEST(QuantizedPairs, RealWeightsMakeARealProduct) {
  Builder b;
  b.graph.constants.push_back({"real", ElementType::float32, {4, 4, 1, 1}, std::vector<float>(16, 1), {}, {}, {}});
  b.add("Conv", {b.pair("x"), "real"}, "y");
  b.returned("y");
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "reformat DequantizeLinear int8", "conv"));
}

TEST(QuantizedPairs, AScaleAChannelStaysWhereItIs) {
  Builder b;
  b.graph.constants.push_back({"zeros", ElementType::int8, {4}, {}, {}, {0, 0, 0, 0}, {}});
  b.add("QuantizeLinear", {"x", "channels", "zeros"}, "q", {{"axis", std::int64_t{1}}});
  b.add("DequantizeLinear", {"q", "channels", "zeros"}, "d", {{"axis", std::int64_t{1}}});
  b.add("Transpose", {"d"}, "y", {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
  b.returned("y");
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "reformat DequantizeLinear int8", "transpose"));
}

TEST(QuantizedPairs, PairsThatMeetCancel) {
  Builder b;
  const std::string in = b.pair(b.pair(b.pair("x")));
  b.add("Conv", {in, "w"}, "c");
  b.add("Transpose", {b.pair("c")}, "t", {{"perm", std::vector<std::int64_t>{0, 1, 3, 2}}});
  b.add("QuantizeLinear", {b.pair("t"), "s", "z"}, "y");
  b.graph.outputs.push_back({"y", ElementType::int8, {1, 4, 6, 6}, {"", "", "", ""}});
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "conv int8", "transpose int8"));
}

/// Siblings make one tensor of integers, which has one scale.
TEST(QuantizedPairs, SiblingsMergeWhereTheirResultsHaveOneScale) {
  for (const float scale : {0.1F, 0.2F}) {
    Builder b;
    b.graph.constants.push_back({"other", ElementType::float32, {}, {scale}, {}, {}, {}});
    const std::string in = b.pair("x");
    const std::string first = b.pair(b.add("Conv", {in, "w"}, "c"));
    const std::string second = b.pair(b.add("Conv", {in, "w"}, "d"), "other");
    b.returned(b.add("Exp", {first}, "y"));
    b.returned(b.add("Exp", {second}, "z1"));
    const auto kernels = b.kernels();
    EXPECT_EQ(std::count(kernels.begin(), kernels.end(), "conv int8"), scale == 0.1F ? 1 : 2);
  }
}

TEST(QuantizedPairs, CyclesAreRefused) {
  Builder b;
  b.add("QuantizeLinear", {"d", "s", "z"}, "q");
  b.add("DequantizeLinear", {"q", "s", "z"}, "d");
  b.add("Transpose", {"t"}, "t");  // nobody needs it
  b.returned("d");
  EXPECT_THROW((void)with_pairs_absorbed(b.graph), Error);
  b.graph.outputs = {{b.add("Conv", {b.pair("x"), "w"}, "y"), ElementType::float32, {1, 4, 6, 6}, {"", "", "", ""}}};
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "conv int8"));
}

TEST(QuantizedPairs, ConcatsOfIntegersVanish) {
  Builder b;
  const std::string in = b.pair("x");
  b.add("Conv", {in, "w"}, "c");
  const std::string first = b.pair("c");
  b.add("MaxPool", {in}, "p", {{"kernel_shape", std::vector<std::int64_t>{1, 1}}});
  const std::string second = b.pair("p");
  b.add("Concat", {first, second}, "joined", {{"axis", std::int64_t{1}}});
  const std::string all = b.pair("joined");
  b.add("GlobalAveragePool", {all}, "g");
  const std::string pooled = b.pair("g");
  b.graph.outputs.push_back({pooled, ElementType::float32, {1, 8, 1, 1}, {"", "", "", ""}});
  EXPECT_THAT(b.kernels(), ElementsAre("reformat QuantizeLinear int8", "conv int8", "pool MaxPool int8",
                                       "global_pool GlobalAveragePool int8", "reformat DequantizeLinear int8"));
}

}  // namespace
}  // namespace tabjoule::quantized_pairs_test
