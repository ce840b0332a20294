// Models as PyTorch's exporters write them (tests/data/make_exported.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "graph/dimensions.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"

namespace tabjoule::exported_models_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

Graph exported(const std::string& name) {
  return read_onnx(std::filesystem::path(TABJOULE_TEST_DATA) / "exported" / (name + ".onnx"));
}

std::vector<std::string> texts(const Graph& graph, std::int64_t batch, const char* rules) {
  const KernelGraph found = detect_kernels(graph, batch, load_fusion_rules(rules));
  EXPECT_EQ(found.unknown, 0);
  std::vector<std::string> result;
  for (const Kernel& kernel : found.kernels) result.push_back(kernel.key.text());
  return result;
}

/// Both exporters spell attention with a mask, the mask's guard against rows without any, the class token's copies and
/// the halves of a gated layer in ways of their own.
TEST(ExportedModels, ATokenNetworkIsTheSameKernelsHoweverItWasExported) {
  for (const char* name :
       {"tokens-torchscript-14", "tokens-torchscript-17", "tokens-dynamo-18", "tokens-dynamo-21-external"}) {
    SCOPED_TRACE(name);
    const auto kernels = texts(exported(name), 4, "tensorrt");
    EXPECT_EQ(kernels.size(), 18U);
    for (const char* expected :
         {"gather rows=8 cols=8 table_rows=5", "linear m=24 n=24 k=8",
          "attention batch=4 heads=2 q_tokens=6 kv_tokens=6 head_dim=4", "linear m=24 n=8 k=8 residual",
          "layernorm rows=24 cols=8", "linear m=24 n=32 k=8", "linear m=24 n=8 k=16 residual", "linear m=4 n=2 k=8"})
      EXPECT_THAT(kernels, Contains(expected));
  }
}

TEST(ExportedModels, AnOpenBatchIsAnyBatch) {
  for (const char* name : {"tokens-torchscript-14", "tokens-torchscript-17"})
    EXPECT_THAT(texts(exported(name), 32, "tensorrt"),
                Contains("attention batch=32 heads=2 q_tokens=6 kv_tokens=6 head_dim=4"));
}

TEST(ExportedModels, SizesAreComputedFromSizes) {
  const Graph open = exported("windows-torchscript-17");
  // 7 rows are padded to 9 of 4 columns and 3 channels: 3 windows.
  EXPECT_THAT(texts(with_dimensions(open, {{"rows", 7}}), 4, "tensorrt"),
              ElementsAre("reformat elements=432 run=36 Pad", "reduce elements=432 outputs=144 ReduceMean",
                          "reformat elements=144 Slice"));
  EXPECT_EQ(texts(with_dimensions(open, {{"rows", 10}}), 1, "tensorrt")[0], "reformat elements=144 run=48 Pad");
}

/// A runtime that may see another shape in the next run computes shapes while it runs.
TEST(ExportedModels, WhatComputesShapesRunsWhereARuntimeIsNotBuiltForOne) {
  const Graph graph = exported("tokens-torchscript-17");
  const auto count = [&](const char* rules) { return texts(graph, 4, rules).size(); };
  EXPECT_GT(count("onnxruntime-cuda"), count("tensorrt"));
  EXPECT_THAT(texts(graph, 4, "onnxruntime-cuda"), Contains("reformat elements=3 Shape"));
}

}  // namespace
}  // namespace tabjoule::exported_models_test
