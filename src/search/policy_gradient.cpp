#include "search/policy_gradient.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Every architecture is evaluated once.
class Memo {
 public:
  Memo(const ArchitectureFunction& utility, const ArchitectureFunction& energy_j, const Reward& reward)
      : utility_(utility), energy_j_(energy_j), reward_(reward) {}

  const Candidate& operator()(const Architecture& architecture) {
    const auto [entry, added] = index_.try_emplace(architecture, evaluated_.size());
    if (added) {
      Candidate candidate{architecture, utility_(architecture), energy_j_(architecture), 0};
      candidate.reward = reward_(candidate.utility, candidate.energy_j);
      evaluated_.push_back(std::move(candidate));
    }
    return evaluated_[entry->second];
  }
  std::vector<Candidate> take() { return std::move(evaluated_); }

 private:
  const ArchitectureFunction& utility_;
  const ArchitectureFunction& energy_j_;
  const Reward& reward_;
  std::map<Architecture, std::size_t> index_;
  std::vector<Candidate> evaluated_;
};

}  // namespace

SearchResult policy_gradient_search(const SearchSpace& space, const ArchitectureFunction& utility,
                                    const ArchitectureFunction& energy_j, const Reward& reward,
                                    const SearchOptions& options, const ProgressSink& progress) {
  if (reward.energy_weight < 0) fail_usage("the energy weight must not be negative, it is {}", reward.energy_weight);
  if (options.updates < 1 || options.samples_per_update < 1) fail_usage("the search needs at least one sample");
  Policy policy(space);
  Rng rng(options.seed);
  Memo evaluate(utility, energy_j, reward);
  SearchResult result;
  double average = 0;
  for (int update = 0; update < options.updates; ++update) {
    std::vector<std::pair<Architecture, double>> drawn;
    double sum = 0;
    for (int s = 0; s < options.samples_per_update; ++s) {
      Architecture architecture = policy.sample(rng);
      const double value = evaluate(architecture).reward;
      sum += value;
      drawn.emplace_back(std::move(architecture), value);
    }
    const double mean = sum / options.samples_per_update;
    average = options.baseline_decay * average + (1 - options.baseline_decay) * mean;
    const double baseline = average / (1 - std::pow(options.baseline_decay, update + 1));
    auto gradient = policy.zero_gradient();
    for (const auto& [architecture, value] : drawn)
      policy.add_gradient(architecture, (value - baseline) / options.samples_per_update,
                          options.entropy_weight / options.samples_per_update, gradient);
    policy.ascend(gradient, options.learning_rate);
    result.mean_rewards.push_back(mean);
    result.entropies.push_back(policy.relative_entropy());
    if (progress) progress({"search", static_cast<double>(update + 1) / options.updates, ""});
    if (options.stop && options.stop()) break;
  }
  result.evaluated = evaluate.take();
  result.best = *std::max_element(result.evaluated.begin(), result.evaluated.end(),
                                  [](const auto& a, const auto& b) { return a.reward < b.reward; });
  return result;
}

std::vector<Candidate> pareto_front(std::vector<Candidate> candidates) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.energy_j != b.energy_j ? a.energy_j < b.energy_j : a.utility > b.utility;
  });
  std::vector<Candidate> front;
  for (auto& candidate : candidates)
    if (front.empty() || candidate.utility > front.back().utility) front.push_back(std::move(candidate));
  return front;
}

}  // namespace tabjoule
