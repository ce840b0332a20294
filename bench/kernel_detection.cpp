// From the bytes of an ONNX file to its kernels, warm: what `kernels` and `predict` spend before they predict.
#include <benchmark/benchmark.h>

#include "graph/examples/transformer_models.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"

namespace tabjoule {
namespace {

/// An encoder of about 200 operators, 32 wide so that the file is small beside the graph; weights are zeros.
Graph encoder() {
  Graph graph = example::bert({.layers = 4, .width = 32, .heads = 2, .tokens = 64, .vocabulary = 100});
  for (Tensor& tensor : graph.constants) {
    if (tensor.type == ElementType::float32) tensor.floats.resize(static_cast<std::size_t>(tensor.size()));
  }
  return graph;
}

void detection(benchmark::State& state, const std::string& rules_name) {
  const Graph graph = encoder();
  const std::string bytes = to_onnx(graph);
  const FusionRules rules = load_fusion_rules(rules_name);
  for (auto _ : state) benchmark::DoNotOptimize(detect_kernels(from_onnx(bytes, "encoder"), 8, rules));
  state.counters["operators"] = static_cast<double>(graph.nodes.size());
  state.counters["kernels"] = static_cast<double>(detect_kernels(graph, 8, rules).kernels.size());
}

BENCHMARK_CAPTURE(detection, onnxruntime_cpu, "onnxruntime-cpu")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(detection, tensorrt, "tensorrt")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tabjoule

BENCHMARK_MAIN();
