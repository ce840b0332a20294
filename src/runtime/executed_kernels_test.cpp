// The kernels that detect_kernels finds in our graph are those of the graph that ONNX Runtime executes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>  // setenv is POSIX

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>

#include "graph/examples/image_models.h"
#include "graph/examples/networks.h"
#include "graph/examples/transformer_models.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "graph/pipeline_graph.h"
#include "kernel/detect.h"
#include "runtime/runner.h"
#include "runtime/temporary_folder.h"
#include "space/search_space.h"

namespace tabjoule {
/// What a failing comparison shows.
static void PrintTo(const KernelKey& key, std::ostream* out) { *out << key.text(); }
}  // namespace tabjoule

namespace tabjoule::executed_kernels_test {
namespace {

std::vector<KernelKey> keys(const Graph& graph, std::int64_t batch,
                            const FusionRules& rules = onnxruntime_cpu_rules()) {
  std::vector<KernelKey> result;
  for (const Kernel& kernel : detect_kernels(graph, batch, rules).kernels) result.push_back(kernel.key);
  return result;
}

/// Of a graph that the runtime has fused: each operator by itself.
std::vector<KernelKey> executed_keys(const Graph& graph, std::int64_t batch) { return keys(graph, batch, {}); }

TEST(ExecutedKernels, MlpsAreExecutedAsDetected) {
  for (const auto& widths : {std::vector<int>{}, {1}, {64}, {64, 32}, {512, 8, 128, 16}}) {
    const Network network = example::mlp(10, widths, 3);
    ParameterStore store;
    store.add(network, Rng(1));
    for (const std::int64_t named_batch : {std::int64_t{-1}, std::int64_t{8}}) {
      const Graph ours = to_graph(network, &store, named_batch);
      const Graph executed = make_cpu_runner({})->load(to_onnx(ours))->executed_graph();
      for (const std::int64_t batch : {1, 256}) EXPECT_EQ(executed_keys(executed, batch), keys(ours, batch));
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
        EXPECT_THAT(executed_keys(executed, batch), testing::UnorderedElementsAreArray(keys(ours, batch)))
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
    EXPECT_EQ(executed_keys(executed, 3), keys(graph, 3));
    EXPECT_EQ(keys(graph, 3).size(), 1U);
  }
}

/// ONNX Runtime adds in the normalisation where tokens are a dimension of their own.
TEST(ExecutedKernels, AResidualJoinsTheNormalisationOfThreeDimensions) {
  for (const bool tokens : {true, false}) {
    const std::vector<std::int64_t> dims =
        tokens ? std::vector<std::int64_t>{2, 3, 8} : std::vector<std::int64_t>{6, 8};
    const std::vector<std::string> names(dims.size());
    Graph graph;
    graph.name = "residual";
    graph.opsets[""] = 17;
    graph.inputs = {{"a", ElementType::float32, dims, names}, {"b", ElementType::float32, dims, names}};
    graph.outputs = {{"y", ElementType::float32, dims, names}};
    graph.constants = {{"scale", ElementType::float32, {8}, std::vector<float>(8, 1.5F), {}, {}, {}},
                       {"shift", ElementType::float32, {8}, std::vector<float>(8, 0.5F), {}, {}, {}}};
    graph.nodes = {{"sum", "Add", "", {"a", "b"}, {"s"}, {}},
                   {"norm", "LayerNormalization", "", {"s", "scale", "shift"}, {"y"}, {}}};
    const Graph executed = make_cpu_runner({})->load(to_onnx(graph))->executed_graph();
    EXPECT_EQ(executed_keys(executed, 1), keys(graph, 1));
    EXPECT_EQ(keys(graph, 1).back().text(), tokens ? "layernorm rows=6 cols=8 residual" : "layernorm rows=6 cols=8");
  }
}

/// Of what PyTorch's exporters write, the graph that the runtime makes of it is read too, and runs on bound inputs.
TEST(ExecutedKernels, ExportedModelsAreReadAsTheyAreExecuted) {
  const auto folder = std::filesystem::path(TABJOULE_TEST_DATA) / "exported";
  int models = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".onnx") continue;
    SCOPED_TRACE(file.path().filename().string());
    ++models;
    const auto model = make_cpu_runner({})->load(read_model(file.path()));
    model->bind_random(4, 1);
    model->run_bound(1);
    if (file.path().filename().string().starts_with("windows")) continue;  // its rows are open
    const KernelGraph executed = detect_kernels(model->executed_graph(), 4, FusionRules{});
    EXPECT_GT(executed.kernels.size(), 10U);
    EXPECT_EQ(executed.unknown, 0);
  }
  EXPECT_EQ(models, 5);
}

/// Every constant gets values: the examples are shapes alone.
Graph filled(Graph graph) {
  Rng rng(5);
  for (Tensor& tensor : graph.constants) {
    if (tensor.type != ElementType::float32 || !tensor.floats.empty()) continue;
    tensor.floats.resize(static_cast<std::size_t>(tensor.size()));
    for (float& value : tensor.floats) value = static_cast<float>(rng.uniform(0.01, 0.1));
  }
  return graph;
}

struct Published {
  const char* name;
  Graph graph;
  /// Kernels that bring an image into blocks of channels or back; none: how many depends on the processor.
  std::optional<int> reorders = {};
  std::vector<std::string> detected_alone = {}, executed_alone = {};
};

/// Where the runtime computes convolutions in blocks of channels, it pads them to whole blocks (16 with AVX-512, 8 with
/// AVX2; here both sides are padded to 16) and brings images into blocks and back by kernels of their own, at least the
/// last. Of two convolutions that are added, it adds in the one named first; the rules add in the one executed last.
std::vector<Published> image_models() {
  std::vector<Published> models = {
      {"resnet18", example::resnet18(), 1},     {"mobilenet_v2", example::mobilenet_v2(), 1},
      {"squeezenet", example::squeezenet(), 1}, {"mobilenet_v3", example::mobilenet_v3()},
      {"googlenet", example::googlenet()},      {"shufflenet_v2", example::shufflenet_v2()}};
  for (const int channels : {128, 256, 512}) {
    const int size = 3584 / channels;
    const std::string shortcut =
        fmt::format("conv batch=1 cin={} cout={} height={} width={} kernel_size=1 stride=2 groups=1", channels / 2,
                    channels, 2 * size, 2 * size);
    const std::string second = fmt::format(
        "conv batch=1 cin={0} cout={0} height={1} width={1} kernel_size=3 stride=1 groups=1", channels, size);
    for (const std::string& text : {shortcut + " relu+residual", second}) models[0].detected_alone.push_back(text);
    for (const std::string& text : {shortcut, second + " relu+residual"}) models[0].executed_alone.push_back(text);
  }
  return models;
}

bool reorders(const KernelKey& key) { return key.variant.starts_with("Reorder"); }

/// Without the reorders.
std::vector<std::string> padded(const std::vector<KernelKey>& keys) {
  std::vector<std::string> texts;
  for (KernelKey key : keys) {
    if (reorders(key)) continue;
    const auto pad = [&](std::size_t place) {
      if (key.shape[place] > 3) key.shape[place] = (key.shape[place] + 15) / 16 * 16;
    };
    if (key.type == KernelType::conv || key.type == KernelType::dwconv)
      for (const std::size_t place : {1, 2}) pad(place);
    if (key.type == KernelType::dwconv) pad(7);
    texts.push_back(key.text());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> left_of(const std::vector<std::string>& texts, const std::vector<std::string>& others) {
  std::vector<std::string> left;
  std::set_difference(texts.begin(), texts.end(), others.begin(), others.end(), std::back_inserter(left));
  return left;
}

TEST(ExecutedKernels, TransformersAreExecutedAsDetected) {
  const Graph ours = example::bert();
  const Graph executed = make_cpu_runner({})->load(to_onnx(filled(ours)))->executed_graph();
  EXPECT_THAT(executed_keys(executed, 1), testing::UnorderedElementsAreArray(keys(ours, 1)));
}

TEST(ExecutedKernels, ImageModelsAreExecutedAsDetectedButForWhatIsListed) {
  for (const Published& model : image_models()) {
    SCOPED_TRACE(model.name);
    const Graph executed = make_cpu_runner({})->load(to_onnx(filled(model.graph)))->executed_graph();
    const auto in_blocks = [](const Node& node) { return node.domain == "com.microsoft.nchwc"; };
    if (std::none_of(executed.nodes.begin(), executed.nodes.end(), in_blocks))
      GTEST_SKIP() << "the runtime has no convolutions in blocks of channels on this processor";
    const std::vector<KernelKey> executed_kernels = executed_keys(executed, 1);
    const auto count = std::count_if(executed_kernels.begin(), executed_kernels.end(), reorders);
    if (model.reorders) {
      EXPECT_EQ(count, *model.reorders);
    }
    const auto ours = padded(keys(model.graph, 1)), theirs = padded(executed_kernels);
    EXPECT_THAT(left_of(ours, theirs), testing::UnorderedElementsAreArray(model.detected_alone));
    EXPECT_THAT(left_of(theirs, ours), testing::UnorderedElementsAreArray(model.executed_alone));
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
}  // namespace tabjoule::executed_kernels_test
