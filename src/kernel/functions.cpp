#include "kernel/functions.h"

#include <algorithm>
#include <map>

namespace tabjoule {
namespace {

const FunctionRule* function_of(const Node& node, const FusionRules& rules) {
  if (!node.domain.empty()) return nullptr;
  const auto found = std::find_if(rules.functions.begin(), rules.functions.end(),
                                  [&](const FunctionRule& function) { return function.op == node.op; });
  return found == rules.functions.end() ? nullptr : &*found;
}

/// The function's nodes, with the tensors of `call`: what no line makes is its input.
void append(const FunctionRule& function, const Node& call, std::vector<Node>& nodes) {
  std::map<std::string, std::string> tensors;
  for (const PatternNode& line : function.nodes) {
    Node node{name_of(call), line.operators.front(), "", {}, {}, {}};
    for (const std::string& input : line.inputs) {
      const auto made = tensors.find(input);
      node.inputs.push_back(made == tensors.end() ? call.inputs.at(0) : made->second);
    }
    const bool is_last = &line == &function.nodes.back();
    node.name += is_last ? "" : "." + line.output;
    tensors[line.output] = is_last ? call.outputs.at(0) : call.outputs.at(0) + "." + line.output;
    node.outputs = {tensors[line.output]};
    nodes.push_back(std::move(node));
  }
}

}  // namespace

std::optional<Graph> with_functions_expanded(const Graph& graph, const FusionRules& rules) {
  const auto expands = [&](const Node& node) {
    return function_of(node, rules) != nullptr && !node.inputs.empty() && !node.outputs.empty();
  };
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), expands)) return {};
  Graph result = graph;
  result.nodes.clear();
  for (const Node& node : graph.nodes) {
    if (expands(node))
      append(*function_of(node, rules), node, result.nodes);
    else
      result.nodes.push_back(node);
  }
  return result;
}

}  // namespace tabjoule
