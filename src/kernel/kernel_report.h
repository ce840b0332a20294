// A kernel graph for people (a tree), programs (JSON) and Graphviz.
#pragma once

#include "graph/graph.h"
#include "kernel/kernel.h"

namespace tabjoule {

/// A line a kernel, with its operators below where it runs several; then the sums, and what is unknown by name.
[[nodiscard]] std::string kernels_text(const KernelGraph& kernels, const std::string& rules, std::int64_t batch);

[[nodiscard]] Json kernels_json(const KernelGraph& kernels, const std::string& rules, std::int64_t batch);

/// A box a kernel, an arrow where one reads what another makes; `graph` is the one the kernels were found in.
[[nodiscard]] std::string kernels_dot(const KernelGraph& kernels, const Graph& graph);

/// Operator -> how many kernels of type unknown it made.
[[nodiscard]] std::map<std::string, int> unknown_operators(const KernelGraph& kernels);

}  // namespace tabjoule
