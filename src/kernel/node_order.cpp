#include "kernel/node_order.h"

#include <queue>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "graph/one_line.h"
#include "kernel/operators.h"

namespace tabjoule {
namespace {

using MakerOf = std::unordered_map<std::string_view, std::size_t>;

MakerOf makers_of(const Graph& graph) {
  MakerOf makers;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const std::string& output : graph.nodes[i].outputs) {
      if (!output.empty() && !makers.emplace(output, i).second) {
        fail_input("node {}: its output \"{}\" is made by another node too", shown(graph.nodes[i]), one_line(output));
      }
    }
  }
  return makers;
}

std::vector<bool> needed_nodes(const Graph& graph, const MakerOf& makers) {
  std::vector<bool> needed(graph.nodes.size(), false);
  std::vector<std::string_view> wanted;
  for (const ValueInfo& output : graph.outputs) wanted.push_back(output.name);
  while (!wanted.empty()) {
    const auto maker = makers.find(wanted.back());
    wanted.pop_back();
    if (maker == makers.end() || needed[maker->second]) continue;
    needed[maker->second] = true;
    for (const std::string& input : graph.nodes[maker->second].inputs) wanted.push_back(input);
  }
  return needed;
}

void require_sources(const Graph& graph, const MakerOf& makers, const std::vector<bool>& needed) {
  std::unordered_set<std::string_view> given;
  for (const ValueInfo& input : graph.inputs) given.insert(input.name);
  for (const Tensor& constant : graph.constants) given.insert(constant.name);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    for (const std::string& input : graph.nodes[i].inputs) {
      if (input.empty() || given.contains(input) || makers.contains(input)) continue;
      fail_input("node {}: nothing makes its input \"{}\"", shown(graph.nodes[i]), one_line(input));
    }
  }
}

}  // namespace

// Kahn's algorithm; of the nodes that are ready, the first of the file goes first.
std::vector<std::size_t> execution_order(const Graph& graph) {
  const MakerOf makers = makers_of(graph);
  const std::vector<bool> needed = needed_nodes(graph, makers);
  require_sources(graph, makers, needed);
  std::vector<int> missing(graph.nodes.size(), 0);
  std::vector<std::vector<std::size_t>> readers(graph.nodes.size());
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
  std::size_t total = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!needed[i]) continue;
    ++total;
    for (const std::string& input : graph.nodes[i].inputs) {
      const auto maker = makers.find(input);
      if (maker == makers.end()) continue;
      ++missing[i];
      readers[maker->second].push_back(i);
    }
    if (missing[i] == 0) ready.push(i);
  }
  std::vector<std::size_t> order;
  while (!ready.empty()) {
    order.push_back(ready.top());
    ready.pop();
    for (const std::size_t reader : readers[order.back()]) {
      if (--missing[reader] == 0) ready.push(reader);
    }
  }
  if (order.size() == total) return order;
  for (std::size_t i = 0;; ++i) {
    if (missing[i] > 0) fail_input("node {}: it is part of a cycle, or reads one", shown(graph.nodes[i]));
  }
}

}  // namespace tabjoule
