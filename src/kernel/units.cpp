#include "kernel/units.h"

#include <algorithm>

#include "base/error.h"
#include "kernel/match_patterns.h"
#include "kernel/node_order.h"
#include "kernel/quantized_rules.h"

namespace tabjoule {

Units::Units(const Graph& graph, std::int64_t batch, const FusionRules& rules)
    : graph_(graph), facts_(graph, batch, rules.one_shape) {
  for (const std::size_t index : execution_order(graph)) visit(graph.nodes[index], rules);
  index();
  apply_patterns(rules.patterns);
}

void Units::index() {
  makers_.clear();
  readers_.clear();
  for (std::size_t i = 0; i < units_.size(); ++i) {
    for (const std::string_view output : units_[i].outputs) makers_[output] = i;
    for (const std::string_view input : units_[i].inputs) readers_[input].push_back(i);
  }
  for (const ValueInfo& output : graph_.outputs) readers_[resolved(output.name)].push_back(kNobody);
}

/// The tensors that `members` read and do not make, each once; constants are not told.
std::vector<std::string_view> Units::read_from_outside(const std::vector<std::size_t>& members) const {
  std::vector<std::string_view> inputs;
  for (const std::size_t member : members) {
    for (const std::string_view input : units_[member].inputs) {
      const bool inside = std::find(members.begin(), members.end(), maker(input)) != members.end();
      const bool known = std::find(inputs.begin(), inputs.end(), input) != inputs.end();
      if (!inside && !known && !constant(input)) inputs.push_back(input);
    }
  }
  return inputs;
}

void Units::apply_patterns(const std::vector<Pattern>& patterns) {
  const std::vector<PatternMatch> matches = match_patterns(*this, patterns);
  if (matches.empty()) return;
  std::vector<bool> gone(units_.size(), false);
  for (const PatternMatch& match : matches) {
    Unit whole{match.pattern->name, {}, {}, units_[match.units.back()].outputs, key_of(match, *this)};
    std::vector<std::size_t> members = match.units;
    std::sort(members.begin(), members.end());
    for (const std::size_t member : members) {
      whole.nodes.push_back(units_[member].nodes[0]);
      gone[member] = true;
    }
    whole.inputs = read_from_outside(members);
    units_[members.back()] = std::move(whole);
    gone[members.back()] = false;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < units_.size(); ++i) {
    if (!gone[i] && kept != i) units_[kept] = std::move(units_[i]);
    kept += gone[i] ? 0 : 1;
  }
  units_.resize(kept);
  index();
}

void Units::visit(const Node& node, const FusionRules& rules) {
  const OperatorRule* rule = operator_rule(node);
  if (rule == nullptr) {
    facts_.take_declared(node);
    return add(node, {KernelType::unknown, {}, node.op}, rules.dtype);
  }
  const OperatorCall call = facts_.call(node);
  const TensorFact& output = facts_.infer(call, *rule);
  if (output.constant) return;
  // What ties an input of the graph to an output has to copy, so only what a unit makes can be viewed otherwise.
  if (rules.vanishing.contains(node.op) && maker(resolved(node.inputs[0])) != kNobody) {
    views_[node.outputs[0]] = resolved(node.inputs[0]);
    return;
  }
  if (rule->before != nullptr) {
    KernelKey key = rule->before(call, output.shape);
    key.dtype = rules.dtype;
    units_.push_back({node.op, {&node}, {resolved(node.inputs[0])}, {}, std::move(key)});
  }
  add(node, rule->kernel(call, output.shape),
      output.quantized != ElementType::undefined || reads_quantized(call) ? DataType::int8 : rules.dtype);
}

void Units::add(const Node& node, KernelKey key, DataType dtype) {
  if (key.dtype != DataType::int8)
    key.dtype = dtype;  // a quantised operator computes in integers whatever the rest does
  Unit unit{node.op, {&node}, {}, {}, std::move(key)};
  for (const std::string& input : node.inputs) unit.inputs.push_back(resolved(input));
  for (const std::string& output : node.outputs) {
    if (output.empty()) continue;
    unit.outputs.push_back(output);
    makers_[output] = units_.size();
  }
  units_.push_back(std::move(unit));
}

std::string_view Units::resolved(std::string_view tensor) const {
  const auto found = views_.find(tensor);
  return found == views_.end() ? tensor : found->second;
}

bool Units::constant(std::string_view tensor) const {
  if (tensor.empty()) return true;
  const TensorFact* known = fact(tensor);
  return known != nullptr && known->constant;
}

std::size_t Units::maker(std::string_view tensor) const {
  const auto found = makers_.find(tensor);
  return found == makers_.end() ? kNobody : found->second;
}

const std::vector<std::size_t>& Units::readers(std::string_view tensor) const {
  static const std::vector<std::size_t> nobody;
  const auto found = readers_.find(tensor);
  return found == readers_.end() ? nobody : found->second;
}

bool Units::through_view(std::size_t unit, std::size_t index) const {
  return views_.contains(units_[unit].nodes.back()->inputs[index]);
}

}  // namespace tabjoule
