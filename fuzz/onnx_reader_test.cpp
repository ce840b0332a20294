// A fixed walk of damaged files through the fuzzer's entry: it returns, or the test program dies.
#include "onnx_reader.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"

namespace tabjoule {
namespace {

void read(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::string mlp() {
  const Network network = example::mlp(6, {5, 4}, 3);
  ParameterStore store;
  store.add(network, Rng(3));
  return to_onnx(to_graph(network, &store));
}

/// Operators whose shapes come out of constants, attributes and other operators' shapes.
std::string shapes() {
  Graph graph;
  graph.opsets[""] = 17;
  graph.inputs = {{"x", ElementType::float32, {-1, 4, 6, 6}, {"batch", "", "", ""}}};
  graph.outputs = {{"y", ElementType::float32, {-1, 18}, {"batch", ""}}};
  graph.constants = {{"w", ElementType::float32, {2, 4, 3, 3}, std::vector<float>(72, 0.5F), {}, {}, {}},
                     {"target", ElementType::int64, {2}, {}, {}, {-1, 18}, {}},
                     {"halves", ElementType::int64, {2}, {}, {}, {9, 9}, {}}};
  graph.nodes = {{"conv", "Conv", "", {"x", "w"}, {"c"}, {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}}},
                 {"relu", "Relu", "", {"c"}, {"r"}, {}},
                 {"pool",
                  "MaxPool",
                  "",
                  {"r"},
                  {"p"},
                  {{"kernel_shape", std::vector<std::int64_t>{2, 2}}, {"strides", std::vector<std::int64_t>{2, 2}}}},
                 {"flat", "Reshape", "", {"p", "target"}, {"f"}, {}},
                 {"split", "Split", "", {"f", "halves"}, {"a", "b"}, {{"axis", std::int64_t{1}}}},
                 {"join", "Concat", "", {"b", "a"}, {"j"}, {{"axis", std::int64_t{1}}}},
                 {"soft", "Softmax", "", {"j"}, {"y"}, {{"axis", std::int64_t{-1}}}}};
  return to_onnx(graph);
}

class OnnxReader : public ::testing::TestWithParam<std::string> {};

TEST_P(OnnxReader, EveryTruncationIsReadOrRefused) {
  for (std::size_t length = 0; length <= GetParam().size(); ++length) read(GetParam().substr(0, length));
}

TEST_P(OnnxReader, DamagedFilesAreReadOrRefused) {
  Rng rng(17);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = GetParam();
    for (auto changes = 1 + rng.below(4); changes > 0; --changes) {
      const std::size_t at = rng.below(bytes.size());
      switch (rng.below(4)) {
        case 0:
          bytes.erase(at, 1 + rng.below(4));
          break;
        case 1:
          bytes.insert(at, bytes.substr(rng.below(bytes.size()), 1 + rng.below(12)));
          break;
        default:
          bytes[at] = static_cast<char>(rng.below(256));
      }
      if (bytes.empty()) bytes = "x";
    }
    read(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, OnnxReader, ::testing::Values(mlp(), shapes()),
                         [](const auto& model) { return model.index == 0 ? "Mlp" : "Shapes"; });

}  // namespace
}  // namespace tabjoule
