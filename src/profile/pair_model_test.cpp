// A kernel's model in pairs is, by the rules of a runtime that takes them, that kernel; any runtime takes it.
#include "profile/pair_model.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "runtime/runner.h"

namespace tabjoule::pair_model_test {
namespace {

TEST(PairModel, HoldsExactlyItsKernel) {
  std::vector<KernelKey> keys = {
      {KernelType::linear, {8, 3, 5}, ""},
      {KernelType::linear, {8, 1, 5}, "relu"},
      {KernelType::linear, {8, 3, 5}, "relu+residual"},
      {KernelType::batch_matmul, {2, 3, 4, 5}, ""},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, "relu"},
      {KernelType::conv, {1, 4, 6, 9, 7, 3, 1, 1}, "relu+residual"},
      {KernelType::dwconv, {2, 4, 4, 9, 7, 5, 1, 4}, ""},
      {KernelType::elementwise, {7, 2, 7}, "Add"},
      {KernelType::elementwise, {7, 1, 7}, "Sigmoid"},
      {KernelType::elementwise, {12, 2, 4}, "Mul"},
      {KernelType::pool, {1, 4, 9, 7, 3, 2}, "MaxPool"},
      {KernelType::pool, {1, 4, 9, 7, 2, 2}, "AveragePool"},
      {KernelType::global_pool, {1, 4, 9, 7, 8, 9}, "GlobalAveragePool"},
      {KernelType::transpose, {24, 2}, ""},
      {KernelType::gather, {5, 3, 9}, ""},
      {KernelType::reformat, {6, 6}, "Slice"},
      {KernelType::reformat, {6, 6}, "QuantizeLinear"},
      {KernelType::reformat, {6, 6}, "DequantizeLinear"},
  };
  for (KernelKey& key : keys) {
    key.dtype = DataType::int8;
    SCOPED_TRACE(key.text());
    const Graph graph = pair_kernel_model(key, 3, CopyInputs::own);
    const KernelGraph found = detect_kernels(graph, 1, load_fusion_rules("tensorrt"));
    ASSERT_EQ(found.kernels.size(), 3U);
    for (const Kernel& kernel : found.kernels) EXPECT_EQ(kernel.key.text(), key.text());
    const auto model = make_cpu_runner({})->load(to_onnx(graph));
    model->bind_random(1, 7);
    model->run_bound(1);
  }
}

TEST(PairModel, RefusesWhatCannotBeBuilt) {
  EXPECT_THROW((void)pair_kernel_model({KernelType::linear, {8, 3, 5}, "s8s8", DataType::int8}, 1), Error);
  EXPECT_THROW((void)pair_kernel_model({KernelType::unknown, {}, "", DataType::int8}, 1), Error);
}

}  // namespace
}  // namespace tabjoule::pair_model_test
