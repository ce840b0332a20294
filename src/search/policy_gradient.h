// Policy-gradient search: accuracy against predicted joules (arXiv 2504.08359, section 3). Knows accuracy and energy
// only as functions.
#pragma once

#include <functional>
#include <limits>
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

using ArchitectureFunction = std::function<double(const Architecture&)>;

struct SearchOptions {
  int updates = 80;
  int samples_per_update = 12;
  double learning_rate = 0.05;     ///< of Adam on the logits
  double entropy_weight = 0.0005;  ///< on the scale of the reward
  double baseline_decay = 0.9;     ///< of the moving average that REINFORCE subtracts
  std::uint64_t seed = 0;
  /// Hard limits: how far an architecture is over them, on any scale (a sum of log10(value / limit), say); 0 or less
  /// keeps them all. For a limit to hold with 95 %, take the upper end of what is predicted. Must be cheap and
  /// deterministic: it is asked for every sample. Empty: no limit.
  ArchitectureFunction excess = {};
  double min_utility = -std::numeric_limits<double>::infinity();  ///< a hard limit too, known only once scored
  /// Where the space has no more architectures, those that keep the limits are listed: samples and gradient are then
  /// exactly those of the policy among them.
  std::uint64_t listable = 20000;
  int feasibility_samples = 128;  ///< else: an update, to learn what share of the policy keeps the limits
  StopCheck stop = {};            ///< ends the search early, asked after every update; empty: never
};

struct SearchResult {
  Candidate best;                       ///< the highest reward of all that were evaluated and keep the limits
  Architecture most_likely;             ///< by the policy as it ended
  std::vector<Candidate> evaluated;     ///< each architecture once, in the order of its first evaluation
  std::vector<double> mean_rewards;     ///< of each update
  std::vector<double> entropies;        ///< relative, of each update
  std::vector<double> feasible_shares;  ///< of the policy, of each update; 1 without limits
};

/// `utility` and `energy_j` must be deterministic; energy must be positive. Each is called once an architecture, and
/// never for one over `options.excess`: it is rejected, and the policy learns from the gradient of log[P(y) /
/// P(feasible)], which is that of the expected reward among those that keep the limits (TabNAS, arXiv 2204.07615,
/// section 4). Where the space is not listed, P(feasible) is estimated by sampling, and where no sample keeps the
/// limits, an update lowers the expected excess. Errors (usage): no sample asked for, a negative weight; (input):
/// nothing was found that keeps the limits.
[[nodiscard]] SearchResult policy_gradient_search(const SearchSpace& space, const ArchitectureFunction& utility,
                                                  const ArchitectureFunction& energy_j, const Reward& reward,
                                                  const SearchOptions& options, const ProgressSink& progress);

}  // namespace tabjoule
