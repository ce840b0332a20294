// Published models: every operator is known, the work is what is published, and TensorRT's GoogLeNet is the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/random.h"
#include "graph/examples/image_models.h"
#include "graph/examples/transformer_models.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"

namespace tabjoule::models_test {
namespace {

struct Model {
  const char* name;
  Graph graph;
  double published_macs;  ///< a sample
  double tolerance;
  std::size_t cpu_kernels, tensorrt_kernels;
};

/// Products and convolutions only, as published counts have them.
double macs(const KernelGraph& kernels) {
  double sum = 0;
  for (const Kernel& kernel : kernels.kernels) {
    const auto& at = kernel.key.shape;
    const double work = work_of(kernel.key).flops / 2;
    switch (kernel.key.type) {
      case KernelType::linear:
      case KernelType::batch_matmul:
      case KernelType::conv:
      case KernelType::dwconv:
        sum += work;
        break;
      case KernelType::attention:
        sum += 2.0 * static_cast<double>(at[0] * at[1] * at[2] * at[3] * at[4]);
        break;
      default:
        break;
    }
  }
  return sum;
}

/// Sources: torchvision's model pages ("GFLOPS" there are multiply-adds) for resnet18 1.814, mobilenet_v2 0.301,
/// mobilenet_v3_small 0.057, squeezenet1_1 0.349, shufflenet_v2_x1_0 0.145; GoogLeNet's paper (Szegedy et al. 2015,
/// table 1) sums its operations to about 1.58 G. BERT: 12 width^2 tokens and 2 width tokens^2 a layer.
std::vector<Model> models() {
  const double bert = 2 * (12.0 * 128 * 128 * 128 + 2.0 * 128 * 128 * 128);
  return {{"googlenet", example::googlenet(), 1.58e9, 0.03, 85, 66},
          {"resnet18", example::resnet18(), 1.814e9, 0.01, 24, 23},
          {"mobilenet_v2", example::mobilenet_v2(), 0.301e9, 0.04, 55, 54},
          {"mobilenet_v3", example::mobilenet_v3(), 0.057e9, 0.05, 112, 101},
          {"squeezenet", example::squeezenet(), 0.349e9, 0.03, 39, 30},
          {"shufflenet_v2", example::shufflenet_v2(), 0.145e9, 0.04, 137, 88},
          {"bert_tiny", example::bert(), bert, 0.01, 55, 19}};
}

std::int64_t odd_number(Rng& rng) {
  constexpr std::int64_t kOdd[] = {0, -1, 1, 2, 7, std::int64_t{1} << 31, std::int64_t{1} << 61, INT64_MAX, INT64_MIN};
  return kOdd[rng.below(std::size(kOdd))];
}

/// Changes one operator, its inputs or attributes, or the shape or values of a constant.
void damage(Graph& graph, Rng& rng) {
  Node& node = graph.nodes[rng.below(graph.nodes.size())];
  const Node& other = graph.nodes[rng.below(graph.nodes.size())];
  Tensor& tensor = graph.constants[rng.below(graph.constants.size())];
  switch (rng.below(6)) {
    case 0:
      node.op = other.op;
      break;
    case 1:
      node.inputs[rng.below(node.inputs.size())] = other.outputs[0];
      break;
    case 2:
      node.inputs.resize(rng.below(node.inputs.size()) + 1);
      break;
    case 3:
      for (auto& [name, value] : node.attributes) {
        if (auto* list = std::get_if<std::vector<std::int64_t>>(&value)) list->back() = odd_number(rng);
        if (auto* number = std::get_if<std::int64_t>(&value)) *number = odd_number(rng);
      }
      break;
    case 4:
      if (!tensor.dims.empty()) tensor.dims[rng.below(tensor.dims.size())] = std::abs(odd_number(rng) / 2);
      break;
    default:
      if (!tensor.integers.empty()) tensor.integers[rng.below(tensor.integers.size())] = odd_number(rng);
      break;
  }
}

TEST(Models, EveryOperatorIsKnownAndTheWorkIsWhatIsPublished) {
  for (const Model& model : models()) {
    SCOPED_TRACE(model.name);
    for (const auto& [rules, count] :
         {std::pair{"onnxruntime-cpu", model.cpu_kernels}, {"tensorrt", model.tensorrt_kernels}}) {
      const KernelGraph kernels = detect_kernels(model.graph, 1, load_fusion_rules(rules));
      EXPECT_EQ(kernels.unknown, 0);
      EXPECT_NEAR(macs(kernels) / model.published_macs, 1, model.tolerance) << rules;
      EXPECT_EQ(kernels.kernels.size(), count) << rules;
    }
  }
}

TEST(Models, TensorRtsGoogLeNetHasTheKernelsThatTensorRtReports) {
  const std::filesystem::path path =
      std::filesystem::path(TABJOULE_SHARED_DIR) / "energy/tensorrt_googlenet/layers.csv";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  std::ifstream in(path);
  std::vector<std::string> reported, detected;
  std::string line;
  for (std::getline(in, line); std::getline(in, line);) reported.push_back(line.substr(0, line.rfind(',')));
  for (const Kernel& kernel : detect_kernels(example::googlenet(), 3, load_fusion_rules("tensorrt")).kernels)
    detected.push_back(kernel.name);
  EXPECT_EQ(reported.size(), 66U);
  EXPECT_EQ(detected, reported);
}

/// What can still be read of a damaged file has kernels or an Error of one line, nothing else.
TEST(Models, DamagedFilesAreDetectedOrRefused) {
  const auto quantized = std::filesystem::path(TABJOULE_TEST_DATA) / "quantized";
  for (Graph graph : {example::shufflenet_v2(), example::bert({.layers = 1, .width = 4, .tokens = 4, .vocabulary = 3}),
                      read_onnx(quantized / "pairs.onnx"), read_onnx(quantized / "operators.onnx")}) {
    const std::vector<FusionRules> rules = {load_fusion_rules("onnxruntime-cpu"), load_fusion_rules("tensorrt")};
    Rng rng(9);
    for (int round = 0; round < 300; ++round) {
      Graph damaged = graph;
      for (auto changes = rng.below(3) + 1; changes > 0; --changes) damage(damaged, rng);
      try {
        static_cast<void>(detect_kernels(damaged, 2, rules[rng.below(2)]));
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::input);
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace tabjoule::models_test
