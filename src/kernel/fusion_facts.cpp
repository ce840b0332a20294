// Single facts about rule sets: what experiments decide, and what two sets differ in.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "kernel/fusion_rules.h"

namespace tabjoule {
namespace {

/// The pairs whose second operator can come right behind the first: the steps up to the first required one. Single
/// constants are not asked for: experiments have a value a channel.
void add_pairs(const FusionChain& chain, std::set<FusionFacts::Pair>& pairs) {
  for (const std::string& head : chain.heads) {
    for (const FusionStep& step : chain.steps) {
      if (step.constants == Constants::single) continue;
      for (const std::string& second : step.operators) pairs.insert({head, second, step.other});
      if (step.required) break;
    }
  }
}

template <class Item, class Text>
void add_differences(const std::set<Item>& a, const std::set<Item>& b, const std::string& name, Text text,
                     std::vector<std::string>& lines) {
  for (const Item& item : a) {
    if (!b.contains(item)) lines.push_back(fmt::format("only {} {}", name, text(item)));
  }
}

std::string pair_text(const FusionFacts::Pair& pair) {
  return fmt::format("fuses {} + {}{}", pair.first, pair.second,
                     pair.other == Operand::tensor ? " of another tensor" : "");
}

std::set<std::string> pattern_names(const FusionRules& rules) {
  std::set<std::string> names;
  for (const Pattern& pattern : rules.patterns) names.insert(pattern.name);
  return names;
}

std::string pattern_text(const std::string& name) { return fmt::format("has patterns of {}", name); }

std::string sibling_text(const std::string& op) { return fmt::format("merges siblings of {}", op); }

std::vector<FusionStep> single_steps(const FusionRules& rules, const std::string& first) {
  std::vector<FusionStep> steps;
  if (const FusionChain* chain = rules.chain_of(first))
    std::copy_if(chain->steps.begin(), chain->steps.end(), std::back_inserter(steps),
                 [](const FusionStep& step) { return step.constants == Constants::single; });
  return steps;
}

/// Experiments are made with matrices: that a rule holds for these alone is known beforehand.
std::optional<std::size_t> rank_in(const FusionRules& rules, const std::string& first, const std::string& second) {
  const FusionChain* chain = rules.chain_of(first);
  if (chain == nullptr) return {};
  for (const FusionStep& step : chain->steps)
    if (std::find(step.operators.begin(), step.operators.end(), second) != step.operators.end()) return step.rank;
  return {};
}

}  // namespace

FusionFacts facts_of(const FusionRules& rules) {
  FusionFacts facts{{}, rules.siblings, rules.concat_in_place, rules.shared_output};
  for (const FusionChain& chain : rules.chains) add_pairs(chain, facts.pairs);
  return facts;
}

FusionRules rules_from(const FusionFacts& facts, const std::string& name, const FusionRules& like) {
  static const std::set<std::string> kArithmetic = {"Add", "Sub", "Mul", "Div", "BatchNormalization"};
  FusionRules rules{name,
                    like.dtype,
                    like.vanishing,
                    like.functions,
                    like.patterns,
                    {},
                    facts.siblings,
                    facts.concat_in_place,
                    like.one_shape,
                    like.quantized_pairs,
                    facts.shared_output};
  std::map<std::string, FusionChain> chains;
  std::map<std::string, std::vector<FusionStep>> of_rank;
  for (const auto& [first, second, other] : facts.pairs) {
    FusionChain& chain = chains[first];
    chain.heads = {first};
    if (chain.steps.empty()) chain.steps = {{{}, Operand::constant}, {{}, Operand::tensor}, {{}, Operand::constant}};
    if (const auto rank = rank_in(like, first, second)) {
      of_rank[first].push_back({{second}, other, false, false, rank});
      continue;
    }
    const bool arithmetic = kArithmetic.contains(second);
    chain.steps[other == Operand::tensor ? 1 : arithmetic ? 0 : 2].operators.push_back(second);
  }
  for (auto& [first, chain] : chains) {
    std::erase_if(chain.steps, [](const FusionStep& step) { return step.operators.empty(); });
    chain.steps.insert(chain.steps.begin(), of_rank[first].begin(), of_rank[first].end());
    const std::vector<FusionStep> single = single_steps(like, first);
    chain.steps.insert(chain.steps.begin(), single.begin(), single.end());
    rules.chains.push_back(std::move(chain));
  }
  return rules;
}

std::vector<std::string> differences(const FusionRules& a, const FusionRules& b) {
  const FusionFacts left = facts_of(a), right = facts_of(b);
  std::vector<std::string> lines;
  add_differences(left.pairs, right.pairs, a.name, pair_text, lines);
  add_differences(right.pairs, left.pairs, b.name, pair_text, lines);
  add_differences(pattern_names(a), pattern_names(b), a.name, pattern_text, lines);
  add_differences(pattern_names(b), pattern_names(a), b.name, pattern_text, lines);
  add_differences(left.siblings, right.siblings, a.name, sibling_text, lines);
  add_differences(right.siblings, left.siblings, b.name, sibling_text, lines);
  if (left.concat_in_place != right.concat_in_place)
    lines.push_back(
        fmt::format("only {} writes the inputs of Concat in place", left.concat_in_place ? a.name : b.name));
  if (left.shared_output != right.shared_output)
    lines.push_back(fmt::format("only {} fuses behind a tensor with several readers",
                                left.shared_output == SharedOutput::first_reader ? a.name : b.name));
  return lines;
}

}  // namespace tabjoule
