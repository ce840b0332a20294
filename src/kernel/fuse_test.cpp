// Fusion by other rules than the default: residuals, siblings, concats.
#include "kernel/fuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/detect.h"

namespace tabjoule::fuse_test {
namespace {

using ::testing::ElementsAre;

/// x (batch, 6); weights w1, w2, w3 of (6, 4), (6, 5), (6, 4) with biases b1, b2, b3.
Graph frame() {
  Graph graph;
  graph.opsets[""] = 17;
  graph.inputs = {{"x", ElementType::float32, {-1, 6}, {"batch", ""}}};
  graph.outputs = {{"y", ElementType::float32, {}, {}}};
  const std::vector<std::int64_t> widths = {4, 5, 4};
  for (std::size_t i = 0; i < widths.size(); ++i) {
    graph.constants.push_back({"w" + std::to_string(i + 1), ElementType::float32, {6, widths[i]}, {}, {}, {}, {}});
    graph.constants.push_back({"b" + std::to_string(i + 1), ElementType::float32, {widths[i]}, {}, {}, {}, {}});
  }
  return graph;
}

void add(Graph& graph, const std::string& op, std::vector<std::string> inputs, const std::string& output,
         std::map<std::string, Attribute> attributes = {}) {
  graph.nodes.push_back({output, op, "", std::move(inputs), {output}, std::move(attributes)});
}

FusionRules rules() {
  FusionRules rules = load_fusion_rules("tensorrt");
  rules.dtype = DataType::float16;
  return rules;
}

std::vector<std::string> lines(const Graph& graph, const FusionRules& with = rules()) {
  std::vector<std::string> result;
  for (const Kernel& kernel : detect_kernels(graph, 3, with).kernels)
    result.push_back(kernel.name + ": " + kernel.key.text());
  return result;
}

/// Three products of x and a concat of them.
Graph branches() {
  Graph graph = frame();
  add(graph, "Gemm", {"x", "w1", "b1"}, "a");
  add(graph, "Relu", {"a"}, "ra");
  add(graph, "Gemm", {"x", "w2", "b2"}, "b");
  add(graph, "Gemm", {"ra", "w4"}, "c");
  graph.constants.push_back({"w4", ElementType::float32, {4, 2}, {}, {}, {}, {}});
  add(graph, "Concat", {"ra", "b", "c"}, "y", {{"axis", std::int64_t{1}}});
  return graph;
}

TEST(Fuse, SiblingsMergeAndTheirPartsOfAConcatAreCopied) {
  EXPECT_THAT(
      lines(branches()),
      ElementsAre("a + ra || b: linear m=3 n=9 k=6 relu| float16", "c: linear m=3 n=2 k=4 float16",
                  "a copy: concat elements=12 inputs=1 float16", "b copy: concat elements=15 inputs=1 float16"));
}

TEST(Fuse, WithoutSiblingsTheConcatVanishes) {
  FusionRules apart = rules();
  apart.siblings.clear();
  EXPECT_EQ(lines(branches(), apart).size(), 3U);
  apart.concat_in_place = false;
  EXPECT_EQ(lines(branches(), apart).back(), "y: concat elements=33 inputs=3 run=11 float16");
}

TEST(Fuse, AResidualJoinsTheLaterOfTheTwoProducts) {
  Graph graph = frame();
  add(graph, "Gemm", {"x", "w1", "b1"}, "a");
  add(graph, "Softmax", {"x"}, "s");
  add(graph, "Gemm", {"s", "w3", "b3"}, "b");
  add(graph, "Add", {"a", "b"}, "sum");
  add(graph, "Relu", {"sum"}, "y");
  EXPECT_THAT(lines(graph), ElementsAre("a: linear m=3 n=4 k=6 float16", "s: softmax rows=3 cols=6 float16",
                                        "b + sum + y: linear m=3 n=4 k=6 relu+residual float16"));
}

TEST(Fuse, ProductsThatTookAResidualDoNotMerge) {
  Graph graph = frame();
  add(graph, "Gemm", {"x", "w1", "b1"}, "a");
  add(graph, "Gemm", {"x", "w3", "b3"}, "b");
  add(graph, "Add", {"a", "b"}, "y");
  EXPECT_THAT(lines(graph), ElementsAre("a: linear m=3 n=4 k=6 float16", "b + y: linear m=3 n=4 k=6 residual float16"));
}

TEST(Fuse, TheFirstReaderOfASharedTensorJoinsWhereRulesSaySo) {
  Graph graph = frame();
  add(graph, "Gemm", {"x", "w1", "b1"}, "a");
  add(graph, "Relu", {"a"}, "r");
  add(graph, "Softmax", {"a"}, "s");
  add(graph, "Concat", {"r", "s"}, "y", {{"axis", std::int64_t{1}}});
  EXPECT_EQ(lines(graph)[0], "a: linear m=3 n=4 k=6 float16");
  FusionRules first = rules();
  first.shared_output = SharedOutput::first_reader;
  EXPECT_EQ(lines(graph, first)[0], "a + r: linear m=3 n=4 k=6 relu float16");
}

TEST(Fuse, ElementwiseOperatorsInARowAreOneKernel) {
  Graph graph = frame();
  add(graph, "Sigmoid", {"x"}, "s");
  add(graph, "Mul", {"s", "x"}, "m");
  add(graph, "Identity", {"m"}, "i");
  add(graph, "Tanh", {"i"}, "y");
  EXPECT_THAT(lines(graph), ElementsAre("s + m + y: elementwise elements=18 inputs=2 Sigmoid+Mul+Tanh float16"));
}

}  // namespace
}  // namespace tabjoule::fuse_test
