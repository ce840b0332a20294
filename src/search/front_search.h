// The whole front of utility and energy of a space in one search: a policy first, then neighbours of the front it left
// (local search as in evolutionary multi-objective search, Deb et al., NSGA-II, 2002, with the front as its
// population). docs/search.md measures it against others.
#pragma once

#include "search/policy_gradient.h"

namespace tabjoule {

struct FrontOptions {
  SearchOptions policy;  ///< `policy.stop` ends the policy's part alone
  StopCheck stop = {};   ///< ends the search, asked after every architecture that follows the policy's; empty: never
};

/// As policy_gradient_search, then as many architectures again: children of two points of the front so far; where that
/// is at least the whole space, everything that is left. What is over `options.policy.excess` is never evaluated.
[[nodiscard]] SearchResult front_search(const SearchSpace& space, const ArchitectureFunction& utility,
                                        const ArchitectureFunction& energy_j, const Reward& reward,
                                        const FrontOptions& options, const ProgressSink& progress);

/// A child of two architectures: each decision from one of them, then at least one decision that applies moved, by a
/// step drawn from 1 to a quarter of its choices on a logarithmic scale, up or down. Canonical.
[[nodiscard]] Architecture neighbour(const SearchSpace& space, const Architecture& a, const Architecture& b, Rng& rng);

}  // namespace tabjoule
