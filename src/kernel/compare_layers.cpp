// Where an engine's layers and a rule set's kernels differ.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "graph/one_line.h"
#include "kernel/tensorrt_layers.h"

namespace tabjoule {
namespace {

constexpr std::size_t kNamed = 3;  // a region may hold hundreds

/// The operators between two, ends included: what the first leads to and the second depends on.
class Between {
 public:
  explicit Between(const Graph& graph) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string& output : graph.nodes[i].outputs) makers_.emplace(output, i);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string& input : graph.nodes[i].inputs) {
        const auto maker = makers_.find(input);
        if (maker == makers_.end()) continue;
        before_[i].push_back(maker->second);
        after_[maker->second].push_back(i);
      }
    }
  }

  [[nodiscard]] std::set<std::size_t> nodes(std::size_t first, std::size_t last) const {
    const std::set<std::size_t> from = reached(first, after_), to = reached(last, before_);
    std::set<std::size_t> both = {first, last};
    std::set_intersection(from.begin(), from.end(), to.begin(), to.end(), std::inserter(both, both.end()));
    return both;
  }

 private:
  using Edges = std::unordered_map<std::size_t, std::vector<std::size_t>>;

  static std::set<std::size_t> reached(std::size_t start, const Edges& edges) {
    std::set<std::size_t> seen = {start};
    std::vector<std::size_t> open = {start};
    while (!open.empty()) {
      const auto next = edges.find(open.back());
      open.pop_back();
      if (next == edges.end()) continue;
      for (const std::size_t node : next->second) {
        if (seen.insert(node).second) open.push_back(node);
      }
    }
    return seen;
  }

  std::unordered_map<std::string_view, std::size_t> makers_;
  Edges before_, after_;
};

class Comparer {
 public:
  Comparer(const KernelGraph& kernels, const Graph& graph) : kernels_(kernels), graph_(graph), between_(graph) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (graph.nodes[i].outputs.empty()) continue;
      nodes_.emplace(name_of(graph.nodes[i]), i);
      // TensorRT's ONNX parser names operators without a name after their output.
      nodes_.emplace("node_of_" + graph.nodes[i].outputs[0], i);
    }
    for (std::size_t i = 0; i < kernels.kernels.size(); ++i) {
      if (kernels.kernels[i].name.ends_with(" copy"))
        copies_.emplace(kernels.kernels[i].name, i);
      else
        for (const std::string& node : kernels.kernels[i].nodes) kernel_of_.emplace(node, i);
    }
  }

  LayerComparison compare(const std::vector<EngineLayer>& layers) {
    for (const EngineLayer& layer : layers) {
      ++result_.layers;
      result_.time_s += layer.time_s;
      if (layer.kind == EngineLayerKind::reformat)
        ++result_.reformats;
      else if (layer.kind == EngineLayerKind::copy)
        compare_copy(layer);
      else
        compare_layer(layer);
    }
    for (std::size_t i = 0; i < kernels_.kernels.size(); ++i) {
      if (!met_.contains(i)) differ("only the rules run \"{}\"", kernels_.kernels[i].name);
    }
    return std::move(result_);
  }

 private:
  template <class... Args>
  void differ(fmt::format_string<const Args&...> format, const Args&... args) {
    result_.differences.push_back(one_line(fmt::format(format, args...)));
  }

  void compare_copy(const EngineLayer& layer) {
    const auto copy = copies_.find(layer.name);
    if (copy == copies_.end()) return differ("only the engine runs \"{}\"", layer.name);
    met_.insert(copy->second);
    ++result_.equal;
  }

  void compare_layer(const EngineLayer& layer) {
    const std::set<std::string> operators = operators_of(layer);
    std::set<std::size_t> kernels;
    std::size_t run = 0;  // operators of those kernels
    for (const std::string& op : operators) {
      const auto kernel = kernel_of_.find(op);
      if (kernel != kernel_of_.end() && kernels.insert(kernel->second).second)
        run += kernels_.kernels[kernel->second].nodes.size();
    }
    if (kernels.empty()) return differ("\"{}\": none of its operators has a kernel by the rules", layer.name);
    const auto counted = static_cast<std::size_t>(std::count_if(
        operators.begin(), operators.end(), [&](const std::string& op) { return kernel_of_.contains(op); }));
    met_.insert(kernels.begin(), kernels.end());
    if (kernels.size() == 1 && counted == run) {
      ++result_.equal;
      return;
    }
    std::vector<std::string> names;
    for (const std::size_t kernel : kernels) {
      if (names.size() < kNamed) names.push_back("\"" + kernels_.kernels[kernel].name + "\"");
    }
    if (kernels.size() > kNamed) names.emplace_back("...");
    differ("\"{}\": the rules have {} kernel{}: {}", layer.name, kernels.size(), kernels.size() == 1 ? "" : "s",
           fmt::format("{}", fmt::join(names, ", ")));
  }

  std::set<std::string> operators_of(const EngineLayer& layer) {
    std::set<std::string> operators;
    std::vector<std::size_t> found;
    for (const std::string& member : layer.members) {
      const auto node = nodes_.find(member);
      if (node == nodes_.end()) {
        differ("\"{}\": the model has no operator \"{}\"", layer.name, member);
        continue;
      }
      found.push_back(node->second);
      operators.insert(name_of(graph_.nodes[node->second]));
    }
    if (layer.kind == EngineLayerKind::region && found.size() == 2) {
      for (const std::size_t node : between_.nodes(found[0], found[1])) operators.insert(name_of(graph_.nodes[node]));
    }
    return operators;
  }

  const KernelGraph& kernels_;
  const Graph& graph_;
  Between between_;
  std::unordered_map<std::string, std::size_t> nodes_, kernel_of_, copies_;
  std::set<std::size_t> met_;  ///< kernels that some layer runs
  LayerComparison result_;
};

}  // namespace

LayerComparison compare_layers(const std::vector<EngineLayer>& layers, const KernelGraph& kernels, const Graph& graph) {
  return Comparer(kernels, graph).compare(layers);
}

Json to_json(const LayerComparison& comparison) {
  return {{"layers", comparison.layers},
          {"equal", comparison.equal},
          {"reformats", comparison.reformats},
          {"time_per_batch_s", comparison.time_s},
          {"differences", comparison.differences}};
}

}  // namespace tabjoule
