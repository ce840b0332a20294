// Open dimensions of a graph, given by name.
#pragma once

#include "graph/graph.h"

namespace tabjoule {

/// `graph` with each dimension of a name in `sizes` set, in inputs, outputs and intermediate values.
/// Errors (usage): no dimension has that name (those that are open are listed), a size below 1.
[[nodiscard]] Graph with_dimensions(Graph graph, const std::map<std::string, std::int64_t>& sizes);

}  // namespace tabjoule
