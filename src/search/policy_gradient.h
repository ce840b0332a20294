// Policy-gradient search: accuracy against predicted joules (arXiv 2504.08359, section 3). Knows accuracy and energy
// only as functions.
#pragma once

#include <functional>
#include <vector>

#include "base/progress.h"
#include "search/policy.h"
#include "search/reward.h"

namespace tabjoule {

/// What is known of an architecture without training it.
struct Candidate {
  Architecture architecture;
  double utility = 0;   ///< score on a scale where more is better (nn/metrics.h)
  double energy_j = 0;  ///< predicted, per prediction
  double reward = 0;
};

struct SearchOptions {
  int updates = 80;
  int samples_per_update = 12;
  double learning_rate = 0.05;     ///< of Adam on the logits
  double entropy_weight = 0.0005;  ///< on the scale of the reward
  double baseline_decay = 0.9;     ///< of the moving average that REINFORCE subtracts
  std::uint64_t seed = 0;
  StopCheck stop = {};  ///< ends the search early, asked after every update; empty: never
};

struct SearchResult {
  Candidate best;                    ///< the highest reward of all that were evaluated
  std::vector<Candidate> evaluated;  ///< each architecture once, in the order of its first evaluation
  std::vector<double> mean_rewards;  ///< of each update
  std::vector<double> entropies;     ///< relative, of each update
};

using ArchitectureFunction = std::function<double(const Architecture&)>;

/// `utility` and `energy_j` must be deterministic; energy must be positive. Each is called once an architecture.
[[nodiscard]] SearchResult policy_gradient_search(const SearchSpace& space, const ArchitectureFunction& utility,
                                                  const ArchitectureFunction& energy_j, const Reward& reward,
                                                  const SearchOptions& options, const ProgressSink& progress);

/// Those of `candidates` that no other beats in one of utility and energy without losing in the other; by rising
/// energy. Of equals the first is kept.
[[nodiscard]] std::vector<Candidate> pareto_front(std::vector<Candidate> candidates);

}  // namespace tabjoule
