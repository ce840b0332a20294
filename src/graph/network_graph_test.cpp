#include "graph/network_graph.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/examples/networks.h"
#include "graph/onnx/onnx_file.h"

namespace tabjoule::network_graph_test {
namespace {

TEST(NetworkGraph, DropoutIsAbsentAndItsReaderReadsItsInput) {
  const Graph graph = to_graph(example::mlp(5, {4}, 3), nullptr);
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[0].name, "block0.linear");
  EXPECT_EQ(graph.nodes[1].op, "Relu");
  EXPECT_EQ(graph.nodes[2].inputs[0], graph.nodes[1].outputs[0]);
  EXPECT_EQ(graph.nodes[2].outputs[0], "output");
}

TEST(NetworkGraph, BatchIsNamedOrFixed) {
  const Network network = example::mlp(5, {4}, 3);
  const Graph open = to_graph(network, nullptr);
  EXPECT_EQ(open.inputs[0].dims, (std::vector<std::int64_t>{-1, 5}));
  EXPECT_EQ(open.inputs[0].dim_names[0], "batch");
  EXPECT_EQ(to_graph(network, nullptr, 7).outputs[0].dims, (std::vector<std::int64_t>{7, 3}));
  EXPECT_THROW(to_graph(network, nullptr, 0), Error);
}

TEST(NetworkGraph, WeightsAreTheTopLeftOfALargerStore) {
  ParameterStore store;
  store.add(example::mlp(5, {8}, 3), Rng(1));
  const Graph graph = to_graph(example::mlp(3, {4}, 3), &store);
  const Tensor& weight = *graph.constant("block0.linear.weight");
  EXPECT_EQ(weight.dims, (std::vector<std::int64_t>{4, 3}));
  const Matrix& whole = store.at("block0.linear.weight").value;
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(weight.floats[static_cast<std::size_t>(r * 3 + c)], whole(r, c));
  }
}

TEST(NetworkGraph, WithoutAStoreConstantsHaveShapesAndCannotBeWritten) {
  const Graph graph = to_graph(example::mlp(5, {4}, 3), nullptr);
  EXPECT_EQ(graph.constant("head.weight")->size(), 12);
  EXPECT_TRUE(graph.constant("head.weight")->floats.empty());
  EXPECT_THROW(to_onnx(graph), Error);
}

TEST(NetworkGraph, ANetworkThatEndsInDropoutStillHasItsOutput) {
  Network network = example::mlp(5, {4}, 3);
  network.layers.pop_back();  // the head: dropout is last now
  ParameterStore store;
  store.add(network, Rng(1));
  const Graph graph = from_onnx(to_onnx(to_graph(network, &store)), "test");
  EXPECT_EQ(graph.nodes.back().outputs[0], "output");
  EXPECT_EQ(graph.nodes.size(), 2U);
}

}  // namespace
}  // namespace tabjoule::network_graph_test
