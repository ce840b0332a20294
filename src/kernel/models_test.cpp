// Published models: every operator is known, the work is what is published, and TensorRT's GoogLeNet is the real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "graph/examples/image_models.h"
#include "graph/examples/transformer_models.h"
#include "kernel/detect.h"

namespace tabjoule {
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
          {"resnet18", example::resnet18(), 1.814e9, 0.01, 40, 23},
          {"mobilenet_v2", example::mobilenet_v2(), 0.301e9, 0.04, 65, 54},
          {"mobilenet_v3", example::mobilenet_v3(), 0.057e9, 0.05, 99, 101},
          {"squeezenet", example::squeezenet(), 0.349e9, 0.03, 39, 30},
          {"shufflenet_v2", example::shufflenet_v2(), 0.145e9, 0.04, 137, 88},
          {"bert_tiny", example::bert(), bert, 0.01, 51, 19}};
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

}  // namespace
}  // namespace tabjoule
