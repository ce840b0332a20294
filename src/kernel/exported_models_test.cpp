// Models as PyTorch's exporters and ONNX Runtime's quantiser write them (tests/data/make_exported.py).
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

Graph stored(const char* folder, const std::string& name) {
  return read_onnx(std::filesystem::path(TABJOULE_TEST_DATA) / folder / (name + ".onnx"));
}

Graph exported(const std::string& name) { return stored("exported", name); }

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
              ElementsAre("reformat elements=432 run=36 Pad", "reduce elements=432 outputs=144 run=4 ReduceMean",
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

/// A runtime that takes pairs as what to compute in integers: products, convolutions and what is between two pairs.
TEST(ExportedModels, WhatStandsBetweenPairsIsComputedInIntegers) {
  for (const char* name : {"pairs", "pairs-signed"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(
        texts(stored("quantized", name), 4, "tensorrt"),
        ElementsAre("reformat elements=768 QuantizeLinear int8",
                    "conv batch=4 cin=3 cout=8 height=8 width=8 kernel_size=3 stride=1 groups=1 int8",
                    "pool batch=4 cin=8 height=8 width=8 kernel_size=2 stride=2 MaxPool int8",
                    "dwconv batch=4 cin=8 cout=8 height=4 width=4 kernel_size=3 stride=1 groups=8 int8",
                    "elementwise elements=512 inputs=2 Add int8", "elementwise elements=512 inputs=1 Sigmoid int8",
                    "pool batch=4 cin=16 height=4 width=4 kernel_size=2 stride=2 AveragePool int8",
                    "reformat elements=256 DequantizeLinear int8", "reduce elements=256 outputs=64 ReduceMean",
                    "reformat elements=64 QuantizeLinear int8", "reformat elements=32 run=8 Slice int8",
                    "linear m=4 n=16 k=8 int8", "reformat elements=64 DequantizeLinear int8",
                    "layernorm rows=4 cols=16", "reformat elements=64 QuantizeLinear int8",
                    "transpose elements=64 int8", "linear m=4 n=4 k=16 int8",
                    "reformat elements=16 DequantizeLinear int8", "softmax rows=4 cols=4",
                    "reformat elements=16 QuantizeLinear int8", "linear m=4 n=16 k=4 int8", "linear m=4 n=2 k=16 int8",
                    "reformat elements=8 DequantizeLinear int8"));
    EXPECT_GT(texts(stored("quantized", name), 4, "onnxruntime-cuda").size(), 40U);
  }
}

}  // namespace
}  // namespace tabjoule::exported_models_test
