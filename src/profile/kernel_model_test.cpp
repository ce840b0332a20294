// A kernel's model holds that kernel and no other, and the runtime takes it.
#include "profile/kernel_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "profile/profile.h"
#include "runtime/runner.h"

namespace tabjoule::kernel_model_test {
namespace {

/// Of every type that can be built alone, with every kind of variant.
const std::vector<KernelKey>& kernels() {
  static const std::vector<KernelKey> keys = {
      {KernelType::linear, {8, 3, 5}, ""},           {KernelType::linear, {8, 3, 5}, "relu"},
      {KernelType::linear, {1, 1, 1}, "sigmoid"},    {KernelType::linear, {8, 3, 5}, "relu+residual"},
      {KernelType::linear, {8, 3, 5}, "residual"},   {KernelType::linear, {8, 3, 5}, "thresholdedrelu"},
      {KernelType::elementwise, {7, 1, 7}, "Relu"},  {KernelType::elementwise, {7, 2, 7}, "Add"},
      {KernelType::elementwise, {7, 2, 7}, "Less"},  {KernelType::softmax, {3, 4}, ""},
      {KernelType::softmax, {3, 4}, "LogSoftmax"},   {KernelType::gather, {5, 3, 9}, ""},
      {KernelType::concat, {10, 3, 10}, ""},         {KernelType::transpose, {12, 1}, ""},
      {KernelType::transpose, {7, 7}, ""},           {KernelType::reformat, {6, 6}, "Cast"},
      {KernelType::reformat, {6, 6}, "Reshape"},     {KernelType::reformat, {6, 6}, "Split"},
      {KernelType::reduce, {12, 4, 1}, "ReduceSum"}, {KernelType::reduce, {12, 4, 1}, "ReduceMean"},
      {KernelType::reduce, {12, 4, 1}, "ArgMax"},    {KernelType::reduce, {24, 8, 2}, "ReduceSum"},
      {KernelType::reduce, {24, 8, 4}, "ReduceL1"},  {KernelType::reduce, {24, 8, 8}, "ArgMin"},
      {KernelType::elementwise, {12, 2, 4}, "Mul"},  {KernelType::concat, {12, 2, 4}, ""},
      {KernelType::transpose, {24, 2}, ""},          {KernelType::reformat, {12, 4}, "Split"},
      {KernelType::reformat, {12, 4}, "Pad"},        {KernelType::reformat, {12, 4}, "Expand"},
      {KernelType::reformat, {64, 1}, "Expand"},
  };
  return keys;
}

/// Those that ONNX Runtime's CPU rules do not make one kernel of, or that have no row in operators.cpp.
const std::vector<KernelKey>& more_kernels() {
  static const std::vector<KernelKey> keys = {
      {KernelType::batch_matmul, {2, 3, 4, 5}, ""},
      {KernelType::attention, {2, 4, 3, 5, 8, 4}, ""},
      {KernelType::layernorm, {3, 4}, ""},
      {KernelType::batchnorm, {3, 4}, ""},
      {KernelType::layernorm, {3, 4}, "residual"},
      {KernelType::reformat, {6, 6}, "Slice"},
      {KernelType::reformat, {6, 6}, "Squeeze"},
      {KernelType::reformat, {6, 6}, "Unsqueeze"},
      {KernelType::elementwise, {7, 1, 7}, "Gelu"},
      {KernelType::elementwise, {7, 1, 7}, "QuickGelu"},
      {KernelType::elementwise, {7, 1, 7}, "BiasGelu"},
      {KernelType::elementwise, {7, 1, 7}, "Not"},
      {KernelType::elementwise, {7, 1, 7}, "Scaler"},
      {KernelType::elementwise, {12, 2, 4}, "And"},
      {KernelType::elementwise, {12, 3, 4}, "Where"},
      {KernelType::elementwise, {7, 2, 7}, "Relu+Mul"},
      {KernelType::elementwise, {7, 3, 7}, "Add+Relu+Mul"},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, "relu"},
      {KernelType::conv, {1, 4, 6, 9, 7, 1, 2, 2}, ""},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, "clip"},
      {KernelType::dwconv, {2, 4, 4, 9, 7, 5, 1, 4}, "clip+residual"},
      {KernelType::dwconv, {2, 4, 4, 9, 7, 5, 1, 4}, ""},
      {KernelType::pool, {1, 4, 9, 7, 3, 2}, "MaxPool"},
      {KernelType::pool, {1, 4, 9, 7, 2, 2}, "AveragePool"},
      {KernelType::global_pool, {1, 4, 9, 7, 9, 1}, "GlobalAveragePool"},
  };
  return keys;
}

/// Of quantised operators, and what only moves integers.
std::vector<KernelKey> quantized_kernels() {
  std::vector<KernelKey> keys = {
      {KernelType::linear, {8, 3, 5}, ""},
      {KernelType::linear, {8, 3, 5}, "int32"},
      {KernelType::linear, {8, 3, 5}, "dequantize"},
      {KernelType::linear, {8, 3, 5}, "dynamic"},
      {KernelType::linear, {8, 3, 5}, "s8s8"},
      {KernelType::linear, {8, 3, 5}, "u8u8"},
      {KernelType::linear, {8, 3, 5}, "s8s8+dequantize"},
      {KernelType::batch_matmul, {2, 3, 4, 5}, ""},
      {KernelType::batch_matmul, {2, 3, 4, 5}, "u8u8"},
      {KernelType::batch_matmul, {2, 3, 4, 5}, "u8u8+int32"},
      {KernelType::batch_matmul, {2, 3, 4, 5}, "dequantize"},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, ""},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, "int32"},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, "s8s8"},
      {KernelType::conv, {1, 4, 6, 9, 7, 1, 2, 2}, ""},
      {KernelType::dwconv, {2, 4, 4, 9, 7, 5, 1, 4}, ""},
      {KernelType::dwconv, {2, 4, 4, 9, 7, 5, 1, 4}, "int32"},
      {KernelType::pool, {1, 4, 9, 7, 3, 2}, "NhwcMaxPool"},
      {KernelType::pool, {1, 4, 9, 7, 3, 2}, "MaxPool"},
      {KernelType::pool, {1, 4, 9, 7, 2, 2}, "QLinearAveragePool"},
      {KernelType::global_pool, {1, 4, 9, 7, 8, 9}, "QLinearGlobalAveragePool"},
      {KernelType::softmax, {3, 4}, "QLinearSoftmax"},
      {KernelType::elementwise, {7, 2, 7}, "QLinearAdd"},
      {KernelType::elementwise, {12, 2, 4}, "QLinearMul"},
      {KernelType::elementwise, {7, 1, 7}, "QLinearSigmoid"},
      {KernelType::elementwise, {7, 1, 7}, "QLinearLeakyRelu"},
      {KernelType::concat, {12, 2, 4}, "requantize"},
      {KernelType::concat, {12, 2, 4}, ""},
      {KernelType::reformat, {6, 6}, "QuantizeLinear"},
      {KernelType::reformat, {6, 6}, "DynamicQuantizeLinear"},
      {KernelType::reformat, {6, 6}, "DequantizeLinear"},
      {KernelType::reformat, {6, 6}, "Reshape"},
      {KernelType::reformat, {6, 6}, "Flatten"},
      {KernelType::reformat, {6, 6}, "Slice"},
      {KernelType::reformat, {6, 6}, "Split"},
      {KernelType::reformat, {6, 6}, "Squeeze"},
      {KernelType::reformat, {6, 6}, "Unsqueeze"},
      {KernelType::gather, {5, 3, 9}, ""},
      {KernelType::transpose, {24, 2}, ""},
  };
  for (KernelKey& key : keys) key.dtype = DataType::int8;
  return keys;
}

TEST(KernelModel, OfAQuantisedKernelHoldsItAndIsExecutedSo) {
  for (const KernelKey& key : quantized_kernels())
    for (const CopyInputs inputs : {CopyInputs::shared, CopyInputs::own}) {
      SCOPED_TRACE(key.text());
      const Graph graph = kernel_model(key, 2, inputs);
      const auto model = make_cpu_runner({})->load(to_onnx(graph));
      for (const KernelGraph& found :
           {detect_kernels(graph, 1, FusionRules{}), detect_kernels(model->executed_graph(), 1, FusionRules{})}) {
        ASSERT_EQ(found.kernels.size(), 2U);
        for (const Kernel& kernel : found.kernels) EXPECT_EQ(kernel.key.text(), key.text());
      }
      model->bind_random(1, 7);
      model->run_bound(2);
    }
}

/// As ONNX Runtime's tools quantise a network (tests/data/make_exported.py): dynamically, in operators, in pairs around
/// operators, with activations that have a sign (of pairs the runtime takes it away) and that have none.
TEST(KernelModel, EveryQuantisedKernelThatIsExecutedCanBeBuilt) {
  std::set<std::string> built;
  for (const char* name : {"dynamic", "operators", "operators-signed", "pairs", "pairs-signed"}) {
    SCOPED_TRACE(name);
    const auto path = std::filesystem::path(TABJOULE_TEST_DATA) / "quantized" / (std::string(name) + ".onnx");
    const auto executed = make_cpu_runner({})->load(read_model(path))->executed_graph();
    const KernelGraph found = detect_kernels(executed, 4, FusionRules{});
    EXPECT_EQ(found.unknown, 0);
    for (const Kernel& kernel : found.kernels) {
      if (kernel.key.dtype != DataType::int8) continue;
      SCOPED_TRACE(kernel.key.text());
      const auto alone = make_cpu_runner({})->load(to_onnx(kernel_model(kernel.key, 1)));
      const KernelGraph again = detect_kernels(alone->executed_graph(), 1, FusionRules{});
      ASSERT_EQ(again.kernels.size(), 1U);
      EXPECT_EQ(again.kernels[0].key.text(), kernel.key.text());
      built.insert(kernel.key.text());
    }
  }
  for (const char* text : {"linear m=4 n=16 k=8 int8", "linear m=4 n=16 k=8 s8s8 int8", "linear m=4 n=16 k=4 u8u8 int8",
                           "linear m=4 n=16 k=8 dynamic int8",
                           "dwconv batch=4 cin=8 cout=8 height=4 width=4 kernel_size=3 stride=1 groups=8 int8",
                           "conv batch=4 cin=3 cout=8 height=8 width=8 kernel_size=3 stride=1 groups=1 int32 int8"})
    EXPECT_TRUE(built.contains(text)) << text;
}

TEST(KernelModel, HoldsExactlyItsKernel) {
  for (const KernelKey& key : kernels())
    for (const CopyInputs inputs : {CopyInputs::shared, CopyInputs::own}) {
      const KernelGraph found = detect_kernels(kernel_model(key, 3, inputs), 1);
      ASSERT_EQ(found.kernels.size(), 3U) << key.text();
      for (const Kernel& kernel : found.kernels) EXPECT_EQ(kernel.key.text(), key.text());
    }
}

TEST(KernelModel, IsTakenByTheRuntime) {
  const auto runner = make_cpu_runner({});
  std::vector<KernelKey> keys = kernels();
  keys.insert(keys.end(), more_kernels().begin(), more_kernels().end());
  for (const KernelKey& key : keys)
    for (const CopyInputs inputs : {CopyInputs::shared, CopyInputs::own}) {
      SCOPED_TRACE(key.text());
      const auto model = runner->load(to_onnx(kernel_model(key, 2, inputs)));
      model->bind_random(1, 7);
      model->run_bound(2);
    }
}

/// What the runtime reports of a model can be measured again: its own operators too.
TEST(KernelModel, OfTheRuntimesOwnOperatorsIsThatKernel) {
  const std::vector<KernelKey> keys = {{KernelType::layernorm, {3, 4}, "residual"},
                                       {KernelType::elementwise, {7, 1, 7}, "Gelu"},
                                       {KernelType::elementwise, {7, 1, 7}, "BiasGelu"},
                                       {KernelType::batch_matmul, {6, 4, 7, 5}, "Einsum bmk,bnk->bmn"},
                                       {KernelType::batch_matmul, {1, 4, 7, 5}, "Einsum mk,kn->mn"}};
  for (const KernelKey& key : keys) {
    const auto model = make_cpu_runner({})->load(to_onnx(kernel_model(key, 1)));
    const KernelGraph executed = detect_kernels(model->executed_graph(), 1, FusionRules{});
    ASSERT_EQ(executed.kernels.size(), 1U) << key.text();
    EXPECT_EQ(executed.kernels[0].key.text(), key.text());
  }
}

/// Convolutions in blocks of channels are for processors that have them.
TEST(KernelModel, OfAReorderIsTakenWhereConvolutionsAreInBlocks) {
  const KernelKey conv{KernelType::conv, {1, 32, 32, 8, 8, 3, 1, 1}, ""};
  const Graph executed = make_cpu_runner({})->load(to_onnx(kernel_model(conv, 1)))->executed_graph();
  std::vector<KernelKey> reorders;
  for (const Kernel& kernel : detect_kernels(executed, 1, FusionRules{}).kernels)
    if (kernel.key.variant.starts_with("Reorder")) reorders.push_back(kernel.key);
  if (reorders.empty()) GTEST_SKIP() << "the runtime has no convolutions in blocks of channels on this processor";
  reorders.push_back({KernelType::reformat, {1000 * 169, 1000 * 169}, "ReorderOutput"});  // of 1000 channels
  for (const KernelKey& key : reorders) {
    SCOPED_TRACE(key.text());
    const auto model = make_cpu_runner({})->load(to_onnx(kernel_model(key, 2)));
    const KernelGraph found = detect_kernels(model->executed_graph(), 1, FusionRules{});
    ASSERT_EQ(found.kernels.size(), 2U);
    EXPECT_EQ(found.kernels[0].key.text(), key.text());
    model->bind_random(1, 7);
    model->run_bound(1);
  }
}

TEST(KernelModel, HasItsCopiesSideBySideWithWeightsOfTheirOwn) {
  const KernelKey key{KernelType::linear, {8, 3, 5}, "relu"};
  const Graph shared = kernel_model(key, 4);
  EXPECT_EQ(shared.inputs.size(), 1U);
  EXPECT_EQ(shared.outputs.size(), 4U);
  EXPECT_EQ(std::count_if(shared.nodes.begin(), shared.nodes.end(), [](auto& node) { return node.op == "Gemm"; }), 4);
  EXPECT_NE(shared.constant("y0.weight")->floats, shared.constant("y1.weight")->floats);
  EXPECT_EQ(kernel_model(key, 4, CopyInputs::own).inputs.size(), 4U);
}

TEST(KernelModel, RefusesWhatCannotBeBuilt) {
  const auto refused = [](const KernelKey& key) { EXPECT_THROW((void)kernel_model(key, 1), Error) << key.text(); };
  refused({KernelType::linear, {8, 0, 5}, ""});
  refused({KernelType::linear, {8, 3}, ""});
  refused({KernelType::linear, {8, 3, 5}, "swish"});
  refused({KernelType::linear, {8, 3, 5}, "residual+relu"});
  refused({KernelType::elementwise, {8, 1, 8}, ""});
  refused({KernelType::concat, {2, 3, 2}, ""});
  refused({KernelType::reduce, {7, 2, 1}, "ReduceSum"});
  refused({KernelType::reduce, {8, 2, 4}, "ReduceSum"});
  refused({KernelType::gather, {1, 2, 3}, "LabelEncoder"});
  refused({KernelType::reformat, {4, 4}, "OneHot"});
  refused({KernelType::reformat, {4, 4}, "ReorderInput"});
  refused({KernelType::layernorm, {3, 4}, "rms"});
  refused({KernelType::elementwise, {8, 1, 8}, "Mish"});  // of opset 18
  refused({KernelType::elementwise, {8, 1, 8}, "Imputer"});
  refused({KernelType::attention, {1, 1, 2, 2, 4, 1}, "causal"});
  refused({KernelType::attention, {1, 4, 2, 2, 4, 2}, ""});
  refused({KernelType::conv, {1, 3, 4, 8, 8, 3, 1, 2}, ""});
  refused({KernelType::linear, {8, 3, 5}, "relu", DataType::int8});
  refused({KernelType::elementwise, {8, 1, 8}, "Relu", DataType::int8});
  refused({KernelType::batch_matmul, {2, 3, 4, 5}, "dynamic", DataType::int8});
  refused({KernelType::batch_matmul, {2, 3, 4, 5}, "Einsum"});
  refused({KernelType::batch_matmul, {2, 3, 4, 5}, "Einsum bmx,bnk->bmn"});
  refused({KernelType::session, {}, ""});
  refused({KernelType::unknown, {}, "Einsum"});
  EXPECT_THROW((void)kernel_model({KernelType::linear, {1, 1, 1}, ""}, 0), Error);
}

}  // namespace
}  // namespace tabjoule::kernel_model_test
