// Ways to draw a space's front of score and energy with few scores, tried on tables of scores that are known already.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "search/policy_gradient.h"

namespace tabjoule {

/// Every architecture of a space with its utility on a supernet and its predicted energy.
struct ScoreTable {
  SearchSpace space;
  std::map<Architecture, Candidate> known;
};

/// The architectures that a strategy looked at, `count` of them at most.
using Strategy = std::vector<Candidate> (*)(const ScoreTable& table, std::size_t count, std::uint64_t seed);

struct NamedStrategy {
  std::string name;
  Strategy run;
};

[[nodiscard]] const std::vector<NamedStrategy>& strategies();

/// Area between a front and (`worst_energy_j`, utility 0) in utility and log10 of the energy.
[[nodiscard]] double hypervolume(const std::vector<Candidate>& points, double worst_energy_j);

}  // namespace tabjoule
