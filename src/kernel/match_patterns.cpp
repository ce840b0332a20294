#include "kernel/match_patterns.h"

#include <algorithm>

namespace tabjoule {
namespace {

class Matcher {
 public:
  Matcher(const Units& units, const Pattern& pattern) : units_(units), pattern_(pattern) {
    match_.pattern = &pattern;
    match_.units.assign(pattern.nodes.size(), Units::kNobody);
  }

  bool match(std::size_t end) { return match_node(pattern_.nodes.size() - 1, end); }

  [[nodiscard]] const PatternMatch& result() const { return match_; }

 private:
  bool match_node(std::size_t index, std::size_t unit) {
    if (match_.units[index] != Units::kNobody) return match_.units[index] == unit;
    const PatternNode& node = pattern_.nodes[index];
    const Unit& found = units_.list()[unit];
    if (std::find(node.operators.begin(), node.operators.end(), found.op) == node.operators.end()) return false;
    if (found.outputs.size() != 1 || found.inputs.size() < node.inputs.size()) return false;
    for (std::size_t i = node.inputs.size(); i < found.inputs.size(); ++i) {
      if (!units_.constant(found.inputs[i])) return false;
    }
    const PatternMatch before = match_;
    match_.units[index] = unit;
    if (match_inputs(node, found, false)) return true;
    match_ = before;
    if (node.inputs.size() != 2 || (found.op != "Add" && found.op != "Mul")) return false;
    match_.units[index] = unit;
    if (match_inputs(node, found, true)) return true;
    match_ = before;
    return false;
  }

  bool match_inputs(const PatternNode& node, const Unit& unit, bool swapped) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (!match_input(node.inputs[i], unit.inputs[swapped ? 1 - i : i])) return false;
    }
    return true;
  }

  bool match_input(const std::string& name, std::string_view tensor) {
    if (name == "_") return true;
    if (name == "#") return units_.constant(tensor);
    for (std::size_t i = 0; i < pattern_.nodes.size(); ++i) {
      if (pattern_.nodes[i].output != name) continue;
      const std::size_t maker = units_.maker(tensor);
      return maker != Units::kNobody && match_node(i, maker);
    }
    if (units_.constant(tensor)) return false;
    return match_.tensors.emplace(name, tensor).first->second == tensor;
  }

  const Units& units_;
  const Pattern& pattern_;
  PatternMatch match_;
};

/// Whether nobody outside reads what is made inside.
bool closed(const PatternMatch& match, const Units& units) {
  for (std::size_t i = 0; i + 1 < match.units.size(); ++i) {
    for (const std::size_t reader : units.readers(units.list()[match.units[i]].outputs[0])) {
      if (std::find(match.units.begin(), match.units.end(), reader) == match.units.end()) return false;
    }
  }
  return true;
}

bool has_rank(const Pattern& pattern, const Units& units, std::size_t end) {
  if (!pattern.rank) return true;
  const std::vector<std::string_view>& outputs = units.list()[end].outputs;
  const TensorFact* made = outputs.empty() ? nullptr : units.fact(outputs[0]);
  return made != nullptr && made->shape.size() == *pattern.rank;
}

/// The product that makes the scores of attention; null where the pattern holds none of batches.
const Unit* product_of_scores(const std::vector<std::size_t>& members, const Units& units) {
  const auto found = std::find_if(members.begin(), members.end(), [&](std::size_t unit) {
    return units.list()[unit].key.type == KernelType::batch_matmul;
  });
  return found == members.end() ? nullptr : &units.list()[*found];
}

}  // namespace

std::vector<PatternMatch> match_patterns(const Units& units, const std::vector<Pattern>& patterns) {
  std::vector<bool> taken(units.list().size(), false);
  std::vector<PatternMatch> matches;
  for (const Pattern& pattern : patterns) {
    for (std::size_t end = 0; end < units.list().size(); ++end) {
      Matcher matcher(units, pattern);
      if (!has_rank(pattern, units, end) || !matcher.match(end) || !closed(matcher.result(), units)) continue;
      const auto& found = matcher.result().units;
      if (std::any_of(found.begin(), found.end(), [&](std::size_t unit) { return taken[unit]; })) continue;
      if (pattern.kernel == KernelType::attention && product_of_scores(found, units) == nullptr) continue;
      for (const std::size_t unit : found) taken[unit] = true;
      matches.push_back(matcher.result());
    }
  }
  return matches;
}

// Attention: the first product makes the scores (batch, heads, q_tokens, kv_tokens), over head_dim.
KernelKey key_of(const PatternMatch& match, const Units& units) {
  const Unit& last = units.list()[match.units.back()];
  const Shape& output = units.fact(last.outputs[0])->shape;
  const DataType dtype = last.key.dtype;
  if (match.pattern->kernel == KernelType::elementwise)
    return {KernelType::elementwise,
            {elements_of(output), std::max<std::int64_t>(1, static_cast<std::int64_t>(match.tensors.size())),
             elements_of(output)},
            match.pattern->name,
            dtype};
  if (match.pattern->kernel == KernelType::attention) {
    const Unit& product = *product_of_scores(match.units, units);
    const Shape& scores = units.fact(product.outputs[0])->shape;
    const std::int64_t heads = scores.size() > 3 ? scores[scores.size() - 3] : 1;
    const auto& key = product.key.shape;
    return {KernelType::attention,
            {key[0] / std::max<std::int64_t>(heads, 1), heads, key[1], key[2], key[3], heads},
            "",
            dtype};
  }
  const std::int64_t cols = output.empty() ? 1 : std::max<std::int64_t>(output.back(), 1);
  const bool residual = match.pattern->kernel == KernelType::layernorm && match.tensors.size() > 1;
  return {match.pattern->kernel, {elements_of(output) / cols, cols}, residual ? "residual" : "", dtype};
}

}  // namespace tabjoule
