// The kernels that detect_kernels finds in our graph are those of the graph that ONNX Runtime executes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>  // setenv is POSIX

#include <filesystem>

#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "graph/pipeline_graph.h"
#include "kernel/detect.h"
#include "runtime/runner.h"
#include "runtime/temporary_folder.h"
#include "space/search_space.h"

namespace tabjoule {
namespace {

std::vector<KernelKey> keys(const Graph& graph, std::int64_t batch) {
  std::vector<KernelKey> result;
  for (const Kernel& kernel : detect_kernels(graph, batch).kernels) result.push_back(kernel.key);
  return result;
}

TEST(ExecutedKernels, MlpsAreExecutedAsDetected) {
  for (const auto& widths : {std::vector<int>{}, {1}, {64}, {64, 32}, {512, 8, 128, 16}}) {
    const Network network = example::mlp(10, widths, 3);
    ParameterStore store;
    store.add(network, Rng(1));
    for (const std::int64_t named_batch : {std::int64_t{-1}, std::int64_t{8}}) {
      const Graph ours = to_graph(network, &store, named_batch);
      const Graph executed = make_cpu_runner({})->load(to_onnx(ours))->executed_graph();
      for (const std::int64_t batch : {1, 256}) EXPECT_EQ(keys(executed, batch), keys(ours, batch));
      EXPECT_EQ(keys(ours, 1).size(), widths.size() + 1);
    }
  }
}

TEST(ExecutedKernels, NetworksOfEverySpaceAreExecutedAsDetected) {
  for (const char* name : {"mlp", "resnet", "ft"}) {
    const SearchSpace space = load_space(name);
    Rng rng(3);
    for (int i = 0; i < 4; ++i) {
      NetworkShape shape;
      shape.inputs = i % 2 == 0 ? 40 : 11;
      shape.outputs = 3;
      if (category_encoding(space) == CategoryEncoding::codes)
        shape.cardinalities.assign(static_cast<std::size_t>(2 * i), 7);
      const Architecture architecture = random_architecture(space, rng);
      const Network network = to_network(space, architecture, shape);
      ParameterStore store;
      store.add(network, Rng(1));
      const Graph ours = to_graph(network, &store);
      const Graph executed = make_cpu_runner({})->load(to_onnx(ours))->executed_graph();
      for (const std::int64_t batch : {1, 32})
        EXPECT_THAT(keys(executed, batch), testing::UnorderedElementsAreArray(keys(ours, batch)))
            << to_text(space, architecture);
    }
  }
}

/// As PyTorch writes a layer on (batch, 6): MatMul, Add, activation.
TEST(ExecutedKernels, MatMulAddAndActivationAreOneKernel) {
  for (const std::string activation : {"Relu", "Sigmoid", "Tanh"}) {
    Graph graph = to_graph(example::mlp(6, {}, 4), nullptr);
    graph.constants = {{"w", ElementType::float32, {6, 4}, std::vector<float>(24, 0.5F), {}, {}, {}},
                       {"b", ElementType::float32, {4}, std::vector<float>(4, 1.0F), {}, {}, {}}};
    graph.nodes = {{"product", "MatMul", "", {"features", "w"}, {"p"}, {}},
                   {"bias", "Add", "", {"p", "b"}, {"s"}, {}},
                   {"activation", activation, "", {"s"}, {"output"}, {}}};
    const Graph executed = make_cpu_runner({})->load(to_onnx(graph))->executed_graph();
    EXPECT_EQ(keys(executed, 3), keys(graph, 3));
    EXPECT_EQ(keys(graph, 3).size(), 1U);
  }
}

TEST(ExecutedKernels, EveryOperatorOfAPipelineIsKnown) {
  Preprocessor p;
  p.numeric = {
      {"x", ColumnKind::numeric, DatePart::none, 0, true, Scaling::quantile, 0, 1, {0, 1, 2}, {-1, 0, 1}},
      {"when", ColumnKind::datetime, DatePart::year, 0, false, Scaling::standard, 0, 1, {}, {}},
      {"when", ColumnKind::datetime, DatePart::hour, 0, false, Scaling::standard, 0, 1, {}, {}},
  };
  p.categorical = {{"job", {"a", "b"}, true, true, CategoryEncoding::one_hot},
                   {"city", {"c"}, true, true, CategoryEncoding::codes}};
  const Network network = example::mlp(p.width(), {8}, 2);
  ParameterStore store;
  store.add(network, Rng(1));
  const Graph ours = pipeline_graph(p, to_graph(network, &store), {Task::binary, {"no", "yes"}});
  const Graph executed = make_cpu_runner({})->load(to_onnx(ours))->executed_graph();
  for (const Graph& graph : {ours, executed}) {
    EXPECT_EQ(detect_kernels(graph, 5).unknown, 0);
    EXPECT_GT(detect_kernels(graph, 5).kernels.size(), 40U);
  }
}

TEST(ExecutedKernels, NothingIsLeftInTheTemporaryFolder) {
  const TemporaryFolder mine;
  ::setenv("TMPDIR", mine.path().c_str(), 1);
  const Network network = example::mlp(3, {2}, 1);
  ParameterStore store;
  store.add(network, Rng(1));
  static_cast<void>(make_cpu_runner({})->load(to_onnx(to_graph(network, &store)))->executed_graph());
  ::unsetenv("TMPDIR");
  EXPECT_TRUE(std::filesystem::is_empty(mine.path()));
}

}  // namespace
}  // namespace tabjoule
