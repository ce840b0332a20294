// The order in which a runtime executes a graph's nodes.
#pragma once

#include <cstddef>
#include <vector>

#include "graph/graph.h"

namespace tabjoule {

/// Indices into graph.nodes: the file's order wherever inputs allow it, without nodes that no output needs.
/// Errors (input): a cycle, a value that two nodes make, an input that nothing makes.
[[nodiscard]] std::vector<std::size_t> execution_order(const Graph& graph);

}  // namespace tabjoule
