// Operators -> kernels, by the fusion rules of a runtime.
#pragma once

#include "graph/graph.h"
#include "kernel/fusion_rules.h"
#include "kernel/kernel.h"

namespace tabjoule {

/// The kernels that a runtime with these fusion rules executes for `graph` at `batch` (docs/fusion-rules.md). What
/// depends on constants alone or feeds no output is left out.
///
/// Shapes are inferred for the operators we know (operators.h), else taken from graph.values; -1 dimensions named
/// "batch" (or as the first dimension of an input) become `batch`. An operator nobody knows becomes a kernel of type
/// unknown. Errors (input): a shape that cannot be known, a cycle; (usage): batch below 1.
[[nodiscard]] KernelGraph detect_kernels(const Graph& graph, std::int64_t batch, const FusionRules& rules);

/// By the rules of ONNX Runtime's CPU provider. Given the graph that this runtime reports after its own optimisation,
/// or ours, it finds the same kernels; a test and every profile check that.
[[nodiscard]] KernelGraph detect_kernels(const Graph& graph, std::int64_t batch);

}  // namespace tabjoule
