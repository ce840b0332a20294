// Horizontal fusion: branches that start alike become one kernel (Q, K and V; the 1x1 convolutions of an inception
// block).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "kernel/fuse.h"

namespace tabjoule {
namespace {

std::int64_t& width_of(KernelKey& key) { return key.shape[key.type == KernelType::linear ? 1 : 2]; }

/// In what its integers count where the draft quantises its result, as text: a merged kernel makes one tensor, of one
/// scale.
std::string result_scale(const Draft& draft, const Units& units) {
  const Unit& last = units.list()[draft.chains[0].units.back()];
  if (last.op != "QuantizeLinear" || last.inputs.size() < 2) return "";
  const Tensor* scale = units.stored(last.inputs[1]);
  if (scale == nullptr || scale->floats.empty()) return std::string(last.inputs[1]);
  return fmt::format("{}", fmt::join(scale->floats, ","));
}

/// What siblings have in common, as text; empty for a kernel that does not merge. It reads one tensor only, so
/// running it as early as its first sibling breaks no order.
std::string family_of(const Draft& draft, const Units& units, const FusionRules& rules) {
  const Unit& head = units.list()[draft.chains[0].units[0]];
  const bool type_merges = draft.key.type == KernelType::linear || draft.key.type == KernelType::conv;
  if (!type_merges || !rules.siblings.contains(std::string(head.op)) || draft.chains[0].reads_tensor) return {};
  if (draft.key.type == KernelType::conv && draft.key.shape.back() != 1) return {};  // groups stay groups
  for (std::size_t i = 1; i < head.inputs.size(); ++i) {
    if (!units.constant(head.inputs[i])) return {};
  }
  KernelKey key = draft.key;
  width_of(key) = 0;
  key.variant.clear();
  return fmt::format("{}\n{}\n{}\n{}\n{}", head.inputs[0], head.op, key.text(), kernel_parameters(*head.nodes[0]),
                     result_scale(draft, units));
}

void merge(Draft& first, Draft&& other) {
  width_of(first.key) += width_of(other.key);
  if (first.key.variant != other.key.variant) first.key.variant += "|" + other.key.variant;
  first.chains.push_back(std::move(other.chains[0]));
}

}  // namespace

std::string kernel_parameters(const Node& node) {
  std::string text;
  for (const auto& [name, value] : node.attributes) {
    if (name.starts_with("activation") || name == "transB") continue;
    if (const auto* number = std::get_if<std::int64_t>(&value)) text += fmt::format(" {}={}", name, *number);
    if (const auto* real = std::get_if<float>(&value)) text += fmt::format(" {}={}", name, *real);
    if (const auto* word = std::get_if<std::string>(&value)) text += fmt::format(" {}={}", name, *word);
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value))
      text += fmt::format(" {}={}", name, fmt::join(*list, ","));
  }
  return text;
}

std::vector<Draft> merge_siblings(std::vector<Draft> drafts, const Units& units, const FusionRules& rules) {
  if (rules.siblings.empty()) return drafts;
  std::vector<Draft> result;
  std::unordered_map<std::string, std::size_t> first_of;  // family -> index in result
  for (Draft& draft : drafts) {
    const std::string family = family_of(draft, units, rules);
    const auto [first, is_first] =
        family.empty() ? std::pair{first_of.end(), true} : first_of.emplace(family, result.size());
    is_first ? result.push_back(std::move(draft)) : merge(result[first->second], std::move(draft));
  }
  return result;
}

}  // namespace tabjoule
