#include "profile/block_model.h"

#include <gtest/gtest.h>

#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "profile/profile.h"
#include "runtime/runner.h"

namespace tabjoule::block_model_test {
namespace {

TEST(ConvolutionsInBlocks, AreTheKernelWithoutReorders) {
  const auto runner = make_cpu_runner({});
  for (KernelKey key : {KernelKey{KernelType::conv, {1, 32, 48, 9, 7, 3, 2, 1}, ""},
                        KernelKey{KernelType::conv, {1, 3, 32, 9, 7, 3, 1, 1}, "relu"},
                        KernelKey{KernelType::conv, {2, 64, 32, 5, 5, 1, 1, 1}, "relu"},
                        KernelKey{KernelType::dwconv, {1, 32, 32, 9, 7, 3, 1, 32}, "clip"}})
    for (const bool residual : {false, true}) {
      const Graph executed = runner->load(to_onnx(kernel_model(key, 3)))->executed_graph();
      if (executed.nodes.front().domain != "com.microsoft.nchwc")
        GTEST_SKIP() << "the runtime has no convolutions in blocks of channels on this processor";
      const auto graph = convolutions_in_blocks(executed, residual);
      ASSERT_TRUE(graph) << key.text();
      KernelKey expected = key;
      if (residual) expected.variant = with_residual(key.variant);
      const auto model = runner->load(to_onnx(*graph));
      const KernelGraph found = detect_kernels(model->executed_graph(), 1, FusionRules{});
      ASSERT_EQ(found.kernels.size(), 3U) << key.text();
      for (const Kernel& kernel : found.kernels) EXPECT_EQ(kernel.key.text(), expected.text());
      model->bind_random(1, 3);
      model->run_bound(1);
    }
}

TEST(ConvolutionsInBlocks, ArePooledInBlocks) {
  const auto runner = make_cpu_runner({});
  const KernelKey conv{KernelType::conv, {1, 16, 16, 4, 4, 3, 1, 1}, ""};
  if (!convolutions_in_blocks(runner->load(to_onnx(kernel_model(conv, 1)))->executed_graph(), false))
    GTEST_SKIP() << "the runtime has no convolutions in blocks of channels on this processor";
  for (const KernelKey& key : {KernelKey{KernelType::pool, {1, 32, 9, 7, 3, 2}, "MaxPool"},
                               KernelKey{KernelType::pool, {2, 16, 9, 7, 2, 2}, "AveragePool"},
                               KernelKey{KernelType::global_pool, {1, 48, 9, 7, 8, 9}, "GlobalAveragePool"}}) {
    const auto model = runner->load(to_onnx(pools_in_blocks(kernel_model(key, 2))));
    const KernelGraph found = detect_kernels(model->executed_graph(), 1, FusionRules{});
    ASSERT_EQ(found.kernels.size(), 2U);
    EXPECT_EQ(found.kernels[0].key.text(), key.text());
    model->bind_random(1, 3);
    model->run_bound(1);
  }
}

TEST(ConvolutionsInBlocks, AreNothingOfOtherModels) {
  const Graph linear = kernel_model({KernelType::linear, {8, 3, 5}, "relu"}, 2);
  EXPECT_FALSE(convolutions_in_blocks(linear, false));
  EXPECT_FALSE(convolutions_in_blocks(kernel_model({KernelType::conv, {1, 4, 6, 9, 7, 3, 2, 1}, ""}, 2), false));
  EXPECT_FALSE(convolutions_in_blocks(Graph{}, true));
}

}  // namespace
}  // namespace tabjoule::block_model_test
