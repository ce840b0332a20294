// Operators that a runtime has no kernel of and executes as others, as the standard defines them.
#pragma once

#include <optional>

#include "graph/graph.h"
#include "kernel/fusion_rules.h"

namespace tabjoule {

/// `graph` with the operators of `rules.functions` replaced by theirs; nothing where it holds none of them.
[[nodiscard]] std::optional<Graph> with_functions_expanded(const Graph& graph, const FusionRules& rules);

}  // namespace tabjoule
