// Finds the patterns of a rule set among units.
#pragma once

#include <map>

#include "kernel/units.h"

namespace tabjoule {

/// Where a pattern was found: the units by their place in it, and the tensors that its open names stand for.
struct PatternMatch {
  const Pattern* pattern = nullptr;
  std::vector<std::size_t> units;                   ///< as pattern->nodes
  std::map<std::string, std::string_view> tensors;  ///< open name -> tensor
};

/// Patterns in their order, each wherever it ends in execution order; a unit is part of one match at most. What is
/// made inside must be read inside only.
[[nodiscard]] std::vector<PatternMatch> match_patterns(const Units& units, const std::vector<Pattern>& patterns);

/// The kernel of a match.
[[nodiscard]] KernelKey key_of(const PatternMatch& match, const Units& units);

}  // namespace tabjoule
