#include "kernel/facts.h"

#include <algorithm>

#include "base/error.h"
#include "graph/one_line.h"
#include "kernel/quantized_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

TensorFact fact_of(const Tensor& tensor) {
  TensorFact fact{.shape = tensor.dims, .constant = true, .quantized = quantized_type(tensor.type)};
  const bool listed = tensor.dims.size() <= 1 && tensor.size() == static_cast<std::int64_t>(tensor.integers.size());
  if (listed && tensor.integers.size() <= kLongestIntegerList) fact.integers = tensor.integers;
  return fact;
}

bool is_open(const ValueInfo& info) {
  return std::any_of(info.dims.begin(), info.dims.end(), [](std::int64_t dim) { return dim < 0; });
}

}  // namespace

GraphFacts::GraphFacts(const Graph& graph, std::int64_t batch, bool shapes_are_constants)
    : graph_(graph), batch_(batch), shapes_are_constants_(shapes_are_constants), batch_names_{"batch"} {
  for (const ValueInfo& input : graph.inputs) {
    if (input.dims.empty() || input.dims[0] >= 0 || input.dim_names.empty()) continue;
    if (!input.dim_names[0].empty()) batch_names_.insert(input.dim_names[0]);
  }
  for (const ValueInfo& input : graph.inputs) {
    ValueInfo info = input;
    if (!info.dims.empty() && info.dims[0] < 0) info.dims[0] = batch;
    auto shape = substituted(info);
    if (!shape) {
      fail_input(
          "input \"{}\": a dimension other than the batch is not fixed; give its size (--dim NAME=N), or export with "
          "fixed widths",
          one_line(input.name));
    }
    facts_[input.name] = {.shape = std::move(*shape), .open = is_open(input), .quantized = quantized_type(input.type)};
  }
  for (const Tensor& tensor : graph.constants) facts_[tensor.name] = fact_of(tensor);
}

std::optional<Shape> GraphFacts::substituted(const ValueInfo& info) const {
  Shape shape = info.dims;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0) continue;
    if (i >= info.dim_names.size() || !batch_names_.contains(info.dim_names[i])) return {};
    shape[i] = batch_;
  }
  return shape;
}

const TensorFact* GraphFacts::find(std::string_view tensor) const {
  const auto found = facts_.find(tensor);
  return found == facts_.end() ? nullptr : &found->second;
}

OperatorCall GraphFacts::call(const Node& node) const {
  OperatorCall call{node, {}};
  for (const std::string& input : node.inputs) {
    call.inputs.push_back(input.empty() ? nullptr : find(input));
    if (call.inputs.back() == nullptr && !input.empty()) {
      fail_input("node {}: the shape of its input \"{}\" cannot be known; run ONNX shape inference on the model first",
                 shown(node), one_line(input));
    }
  }
  return call;
}

const TensorFact& GraphFacts::infer(const OperatorCall& call, const OperatorRule& rule) {
  if (call.node.outputs.empty()) fail_input("node {}: it has no output", shown(call.node));
  TensorFact fact{
      .shape = rule.shape(call), .integers = shape_rules::integers(call), .quantized = quantized_type(call)};
  const std::int64_t elements = elements_of(fact.shape);  // refuses shapes that no memory holds
  if (elements > static_cast<std::int64_t>(kLongestIntegerList) ||
      (fact.integers && static_cast<std::int64_t>(fact.integers->size()) != elements))
    fact.integers.reset();
  const bool tells_shape = call.node.op == "Shape" || call.node.op == "Size";
  for (const TensorFact* input : call.inputs) fact.open = fact.open || (input != nullptr && input->open);
  fact.constant = tells_shape ? shapes_are_constants_ || !fact.open
                              : std::all_of(call.inputs.begin(), call.inputs.end(), [](const TensorFact* input) {
                                  return input == nullptr || input->constant;
                                });
  if (tells_shape) fact.open = false;
  if (rule.further != nullptr) {
    const std::vector<Shape> shapes = rule.further(call);
    for (std::size_t i = 0; i < shapes.size() && i + 1 < call.node.outputs.size(); ++i) {
      facts_[call.node.outputs[i + 1]] = {.shape = shapes[i],
                                          .constant = fact.constant,
                                          .open = fact.open,
                                          .quantized = reads_quantized(call) ? fact.quantized : ElementType::undefined};
    }
  }
  return facts_[call.node.outputs[0]] = std::move(fact);
}

void GraphFacts::take_declared(const Node& node) {
  for (const auto* infos : {&graph_.values, &graph_.outputs}) {
    for (const ValueInfo& info : *infos) {
      if (std::find(node.outputs.begin(), node.outputs.end(), info.name) == node.outputs.end()) continue;
      if (auto shape = substituted(info))
        facts_[info.name] = {.shape = std::move(*shape), .open = is_open(info), .quantized = quantized_type(info.type)};
    }
  }
}

}  // namespace tabjoule
