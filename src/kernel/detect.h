// Operators -> kernels, by the fusion rules of a runtime.
#pragma once

#include "graph/graph.h"
#include "kernel/kernel.h"

namespace tabjoule {

/// The kernels that ONNX Runtime's CPU provider runs for `graph` at `batch`: dense layers with the activation
/// that follows (Gemm + Relu, FusedGemm, MatMul + Add + Relu), and every other operator on its own. Given the
/// graph that the runtime reports after its own optimisation, or ours, it finds the same kernels; a test and every
/// profile check that. What depends on constants alone or feeds no output is left out.
///
/// Shapes are inferred for the operators we know (operators.h), else taken from graph.values; -1 dimensions named
/// "batch" (or as the first dimension of an input) become `batch`. An operator nobody knows becomes a kernel of type
/// unknown. Errors (input): a shape that cannot be known, a cycle; (usage): batch below 1.
[[nodiscard]] KernelGraph detect_kernels(const Graph& graph, std::int64_t batch);

}  // namespace tabjoule
