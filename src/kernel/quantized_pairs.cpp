#include "kernel/quantized_pairs.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernel/node_order.h"

namespace tabjoule {
namespace {

bool is_one_of(std::string_view op, std::span<const std::string_view> ops) {
  return std::find(ops.begin(), ops.end(), op) != ops.end();
}

bool quantizes(const Node& node) {
  return node.op == "QuantizeLinear" && !node.inputs.empty() && !node.outputs.empty();
}

bool dequantizes(const Node& node) {
  return node.op == "DequantizeLinear" && !node.inputs.empty() && !node.outputs.empty();
}

bool moves(const Node& node) {
  static constexpr std::string_view kMoving[] = {"Reshape", "Flatten", "Squeeze",  "Unsqueeze", "Transpose", "Slice",
                                                 "Gather",  "MaxPool", "Identity", "Dropout",   "Expand"};
  return is_one_of(node.op, kMoving) && !node.inputs.empty() && node.outputs.size() == 1;
}

bool is_weighted(const Node& node) {
  static constexpr std::string_view kWeighted[] = {"Conv", "ConvTranspose", "Gemm", "MatMul"};
  return is_one_of(node.op, kWeighted) && node.inputs.size() >= 2;
}

bool is_activation(const Node& node) {
  static constexpr std::string_view kActivations[] = {"Relu", "Sigmoid",   "Tanh",        "LeakyRelu", "Elu",
                                                      "Selu", "HardSwish", "HardSigmoid", "Clip",      "Gelu"};
  return is_one_of(node.op, kActivations) && node.outputs.size() == 1;
}

bool is_quantizable(const Node& node) {
  static constexpr std::string_view kMore[] = {"Add", "Sub", "Mul", "Max", "Min", "AveragePool", "GlobalAveragePool"};
  return is_activation(node) || (is_one_of(node.op, kMore) && node.outputs.size() == 1);
}

class PairAbsorber {
 public:
  explicit PairAbsorber(const Graph& graph) : graph_(graph) {
    graph_.nodes.clear();
    for (const std::size_t index : execution_order(graph)) graph_.nodes.push_back(graph.nodes[index]);
    for (const Tensor& tensor : graph.constants) constants_.insert(tensor.name);
    for (const ValueInfo& output : graph.outputs) returned_.insert(output.name);
    index();
    mark_constants();
  }

  [[nodiscard]] bool anything() const {
    return std::any_of(graph_.nodes.begin(), graph_.nodes.end(),
                       [&](const Node& node) { return dequantizes(node) && !constants_.contains(node.inputs[0]); });
  }

  Graph absorbed() {
    while (moved_once()) index();
    cancel();
    index();
    for (Node& node : graph_.nodes) absorb(node);
    return std::move(graph_);
  }

 private:
  void index() {
    makers_.clear();
    readers_.clear();
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const std::string& output : graph_.nodes[i].outputs) makers_[output] = i;
      for (const std::string& input : graph_.nodes[i].inputs)
        if (!input.empty()) readers_[input].push_back(i);
    }
  }

  /// What hangs on constants alone: weights that the file quantises and dequantises.
  void mark_constants() {
    for (bool found = true; found;) {
      found = false;
      for (const Node& node : graph_.nodes) {
        if (node.outputs.empty() || constants_.contains(node.outputs[0]) || !(quantizes(node) || dequantizes(node)))
          continue;
        if (!constants_.contains(node.inputs[0])) continue;
        constants_.insert(node.outputs[0]);
        found = true;
      }
    }
  }

  /// Whether `tensor`, weights or an activation, is made of integers.
  [[nodiscard]] bool dequantized(const std::string& tensor) const {
    const auto maker = makers_.find(tensor);
    return maker != makers_.end() && dequantizes(graph_.nodes[maker->second]);
  }

  /// The node that dequantises `tensor`, an activation; null where none does.
  [[nodiscard]] const Node* dequantizer(const std::string& tensor) const {
    return dequantized(tensor) && !constants_.contains(tensor) ? &graph_.nodes[makers_.at(tensor)] : nullptr;
  }

  /// The node that alone reads `tensor`; null where there are more, or the graph returns it.
  [[nodiscard]] Node* only_reader(const std::string& tensor) {
    const auto readers = readers_.find(tensor);
    if (readers == readers_.end() || readers->second.size() != 1 || returned_.contains(tensor)) return nullptr;
    return &graph_.nodes[readers->second[0]];
  }

  [[nodiscard]] bool is_single(const Node& pair) const {
    const Tensor* scale = pair.inputs.size() > 1 ? graph_.constant(pair.inputs[1]) : nullptr;
    return scale != nullptr && scale->size() == 1;
  }

  /// Brings one dequantisation behind, or one quantisation in front of, an operator that moves values; false where none
  /// is left. Each goes one way, so this ends.
  bool moved_once() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (!moves(graph_.nodes[i])) continue;
      if (const Node* before = dequantizer(graph_.nodes[i].inputs[0]); before != nullptr && is_single(*before)) {
        Node behind = *before;
        Node& node = graph_.nodes[i];
        node.inputs[0] = behind.inputs[0];
        behind.outputs[0] = node.outputs[0];
        behind.inputs[0] = node.outputs[0] + "/integers";
        node.outputs[0] = behind.inputs[0];
        graph_.nodes.insert(graph_.nodes.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(behind));
        return true;
      }
      Node* after = only_reader(graph_.nodes[i].outputs[0]);
      if (after == nullptr || !quantizes(*after) || !is_single(*after) ||
          constants_.contains(graph_.nodes[i].inputs[0]))
        continue;
      Node& node = graph_.nodes[i];
      const std::string result = after->outputs[0];
      after->outputs[0] = node.inputs[0] + "/integers/" + node.outputs[0];
      after->inputs[0] = node.inputs[0];
      node.inputs[0] = after->outputs[0];
      node.outputs[0] = result;
      return true;
    }
    return false;
  }

  /// What quantises what was dequantised changes no more than the scale: its readers read the integers there were.
  void cancel() {
    std::unordered_map<std::string, std::string> instead;  // of a tensor that is gone
    std::unordered_set<std::string> gone;                  // what the nodes made that are
    const auto rename = [&](std::string& tensor) {
      for (auto found = instead.find(tensor); found != instead.end(); found = instead.find(tensor))
        tensor = found->second;
    };
    for (const Node& node : graph_.nodes) {
      const Node* before = quantizes(node) ? dequantizer(node.inputs[0]) : nullptr;
      if (before == nullptr) continue;
      const std::string& made = node.outputs[0];
      std::string was = before->inputs[0];
      rename(was);
      if (!returned_.contains(made)) {
        instead[made] = was;
      } else if (!returned_.contains(was) && makers_.contains(was)) {
        instead[was] = made;  // whoever makes the integers makes the result
      } else {
        continue;
      }
      gone.insert(made);
    }
    std::erase_if(graph_.nodes, [&](const Node& node) { return quantizes(node) && gone.contains(node.outputs[0]); });
    for (Node& node : graph_.nodes) {
      std::for_each(node.inputs.begin(), node.inputs.end(), rename);
      std::for_each(node.outputs.begin(), node.outputs.end(), rename);
    }
  }

  /// Whether all that reads `tensor` quantises it, behind one activation at most.
  [[nodiscard]] bool ends_quantized(const std::string& tensor, bool activated = false) {
    const auto readers = readers_.find(tensor);
    if (readers == readers_.end() || returned_.contains(tensor)) return false;
    if (std::all_of(readers->second.begin(), readers->second.end(),
                    [&](std::size_t reader) { return quantizes(graph_.nodes[reader]); }))
      return true;
    const Node* reader = only_reader(tensor);
    return !activated && reader != nullptr && is_activation(*reader) && ends_quantized(reader->outputs[0], true);
  }

  void absorb(Node& node) {
    if (node.op == "Concat" && node.outputs.size() == 1) return absorb_concat(node);
    if (is_weighted(node)) {
      if (!dequantized(node.inputs[0]) || !dequantized(node.inputs[1])) return;
    } else if (!is_quantizable(node) || !ends_quantized(node.outputs[0])) {
      return;
    }
    for (std::string& input : node.inputs)
      if (const Node* before = dequantizer(input)) input = before->inputs[0];
  }

  /// Integers are joined where all that is joined was dequantised and the whole is quantised again.
  void absorb_concat(Node& node) {
    Node* after = only_reader(node.outputs[0]);
    const bool all = std::all_of(node.inputs.begin(), node.inputs.end(),
                                 [&](const std::string& input) { return dequantizer(input) != nullptr; });
    if (!all || after == nullptr || !quantizes(*after)) return;
    for (std::string& input : node.inputs) input = dequantizer(input)->inputs[0];
    std::swap(node.outputs[0], after->outputs[0]);
    after->inputs[0] = node.outputs[0];
  }

  Graph graph_;
  std::unordered_set<std::string> constants_, returned_;
  std::unordered_map<std::string, std::size_t> makers_;
  std::unordered_map<std::string, std::vector<std::size_t>> readers_;
};

}  // namespace

std::optional<Graph> with_pairs_absorbed(const Graph& graph) {
  if (std::none_of(graph.nodes.begin(), graph.nodes.end(), dequantizes)) return {};
  PairAbsorber absorber(graph);
  if (!absorber.anything()) return {};
  return absorber.absorbed();
}

}  // namespace tabjoule
