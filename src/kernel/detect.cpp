#include "kernel/detect.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/text.h"
#include "kernel/facts.h"
#include "kernel/node_order.h"
#include "kernel/operators.h"

namespace tabjoule {
namespace {

/// Activations that ONNX Runtime's CPU provider runs inside the product before them.
bool fuses_into_gemm(const Node& node) {
  static constexpr std::array<std::string_view, 10> kFused = {
      "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "HardSigmoid", "Softplus", "Softsign", "ThresholdedRelu"};
  return node.domain.empty() && std::find(kFused.begin(), kFused.end(), node.op) != kFused.end();
}

bool is(const Node& node, std::string_view op) { return node.op == op && node.domain.empty(); }

class Detector {
 public:
  Detector(const Graph& graph, std::int64_t batch) : graph_(graph), facts_(graph, batch) {}

  KernelGraph detect() {
    order_ = execution_order(graph_);
    count_readers();
    for (const std::size_t index : order_) visit(graph_.nodes[index]);
    return std::move(kernels_);
  }

 private:
  void visit(const Node& node) {
    const OperatorRule* rule = operator_rule(node);
    if (rule == nullptr) {
      facts_.take_declared(node);
      return add({KernelType::unknown, {}, node.op}, node);
    }
    const OperatorCall call = facts_.call(node);
    const TensorFact& output = facts_.infer(call, *rule);
    if (output.constant || vanishes(node) || joined_.contains(&node)) return;
    add(rule->kernel(call, output.shape), node);
    if (kernels_.kernels.back().key.type == KernelType::linear) fuse(node);
  }

  /// The optimiser takes nodes out that change nothing, unless they tie an input to an output.
  bool vanishes(const Node& node) const {
    return (is(node, "Identity") || is(node, "Dropout")) && made_by_node_.contains(node.inputs[0]);
  }

  void add(KernelKey key, const Node& node) {
    kernels_.unknown += key.type == KernelType::unknown;
    kernels_.kernels.push_back({std::move(key), {node.name.empty() ? node.outputs.at(0) : node.name}});
  }

  void count_readers() {
    for (const std::size_t index : order_) {
      const Node& node = graph_.nodes[index];
      for (const std::string& input : node.inputs) readers_[input].push_back(&node);
      for (const std::string& output : node.outputs) made_by_node_.insert(output);
    }
    for (const ValueInfo& output : graph_.outputs) readers_[output.name].push_back(nullptr);
  }

  /// The one node that reads `node`'s only output, or null.
  const Node* only_reader(const Node& node) const {
    const auto found = readers_.find(node.outputs[0]);
    return found != readers_.end() && found->second.size() == 1 ? found->second[0] : nullptr;
  }

  // MatMul + Add of a vector of n is Gemm; Gemm + activation is FusedGemm.
  void fuse(const Node& product) {
    Kernel& kernel = kernels_.kernels.back();
    const Node* last = &product;
    if (is(product, "MatMul")) {
      last = only_reader(product);
      if (last == nullptr || !is(*last, "Add") || !adds_bias(*last, kernel.key.shape[1])) return;
      join(*last, kernel);
    } else if (!is(product, "Gemm")) {
      return;
    }
    const Node* activation = only_reader(*last);
    if (activation == nullptr || !fuses_into_gemm(*activation)) return;
    kernel.key.variant = lower(activation->op);
    join(*activation, kernel);
  }

  bool adds_bias(const Node& add, std::int64_t width) const {
    return std::any_of(add.inputs.begin(), add.inputs.end(), [&](const std::string& input) {
      const TensorFact* fact = facts_.find(input);
      return fact != nullptr && fact->constant && elements_of(fact->shape) == width && !fact->shape.empty() &&
             fact->shape.back() == width;
    });
  }

  void join(const Node& node, Kernel& kernel) {
    joined_.insert(&node);
    kernel.nodes.push_back(node.name.empty() ? node.outputs.at(0) : node.name);
  }

  const Graph& graph_;
  GraphFacts facts_;
  std::vector<std::size_t> order_;
  std::unordered_map<std::string_view, std::vector<const Node*>> readers_;  // null stands for the graph's output
  std::unordered_set<std::string_view> made_by_node_;
  std::unordered_set<const Node*> joined_;  // executed by the kernel of an earlier node
  KernelGraph kernels_;
};

}  // namespace

KernelGraph detect_kernels(const Graph& graph, std::int64_t batch) {
  if (batch < 1) fail_usage("batch {}: give a number from 1", batch);
  return Detector(graph, batch).detect();
}

}  // namespace tabjoule
