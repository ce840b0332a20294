#include "search/front_search.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "search/pareto_front.h"

namespace tabjoule {
namespace {

/// Towards a side where there is room.
int moved(int choice, int choices, Rng& rng) {
  const double most = std::max(1.0, choices / 4.0);
  const int step = std::max(1, static_cast<int>(std::exp(rng.uniform(0, std::log(most + 1)))));
  const bool up = choice == 0 || (choice + 1 < choices && rng.below(2) == 0);
  return std::clamp(up ? choice + step : choice - step, 0, choices - 1);
}

/// What follows the policy.
class Neighbours {
 public:
  Neighbours(const SearchSpace& space, const ArchitectureFunction& utility, const ArchitectureFunction& energy_j,
             const Reward& reward, const FrontOptions& options, SearchResult& result)
      : space_(space),
        utility_(utility),
        energy_j_(energy_j),
        reward_(reward),
        options_(options),
        result_(result),
        rng_(Rng(options.policy.seed).split(1)),
        begun_(result.evaluated.size()) {
    for (const Candidate& candidate : result.evaluated) known_.insert(candidate.architecture);
    front_ = pareto_front(result.evaluated);
  }

  void run(const ProgressSink& progress) {
    if (space_.size() <= 2 * begun_)
      take_all(progress);
    else
      go_on(progress);
  }

 private:
  void take_all(const ProgressSink& progress) {
    for (const Architecture& architecture : all_architectures(space_)) {
      if (stopped()) return;
      if (takes(architecture)) evaluate(architecture, static_cast<double>(space_.size()), progress);
    }
  }

  void go_on(const ProgressSink& progress) {
    const std::size_t wanted = 2 * begun_;
    constexpr std::size_t kMostTries = 50;  // an architecture; more only where little is left to find
    for (std::size_t tries = 0; result_.evaluated.size() < wanted && tries < kMostTries * wanted; ++tries) {
      if (stopped()) return;
      const Architecture& one = front_[rng_.below(front_.size())].architecture;
      const Architecture& other = front_[rng_.below(front_.size())].architecture;
      const Architecture child = neighbour(space_, one, other, rng_);
      if (takes(child)) evaluate(child, static_cast<double>(wanted), progress);
    }
  }

  [[nodiscard]] bool stopped() const { return options_.stop && options_.stop(); }

  /// Neither evaluated already nor over a limit.
  bool takes(const Architecture& architecture) {
    return known_.insert(architecture).second && (!options_.policy.excess || options_.policy.excess(architecture) <= 0);
  }

  void evaluate(const Architecture& architecture, double wanted, const ProgressSink& progress) {
    Candidate candidate{architecture, utility_(architecture), energy_j_(architecture), 0};
    candidate.reward = reward_(candidate.utility, candidate.energy_j);
    if (candidate.utility >= options_.policy.min_utility && candidate.reward > result_.best.reward)
      result_.best = candidate;
    result_.evaluated.push_back(candidate);
    front_.push_back(std::move(candidate));
    front_ = pareto_front(std::move(front_));
    if (progress) progress({"search", static_cast<double>(result_.evaluated.size()) / wanted, ""});
  }

  const SearchSpace& space_;
  const ArchitectureFunction& utility_;
  const ArchitectureFunction& energy_j_;
  const Reward& reward_;
  const FrontOptions& options_;
  SearchResult& result_;
  Rng rng_;
  std::size_t begun_;
  std::set<Architecture> known_;
  std::vector<Candidate> front_;
};

}  // namespace

SearchResult front_search(const SearchSpace& space, const ArchitectureFunction& utility,
                          const ArchitectureFunction& energy_j, const Reward& reward, const FrontOptions& options,
                          const ProgressSink& progress) {
  SearchResult result = policy_gradient_search(space, utility, energy_j, reward, options.policy, [&](Progress p) {
    p.fraction /= 2;
    if (progress) progress(p);
  });
  Neighbours(space, utility, energy_j, reward, options, result).run(progress);
  return result;
}

Architecture neighbour(const SearchSpace& space, const Architecture& a, const Architecture& b, Rng& rng) {
  Architecture child = a;
  std::vector<std::size_t> movable;
  for (std::size_t d = 0; d < space.decisions.size(); ++d) {
    if (rng.below(2) == 0) child.choices[d] = b.choices[d];
    if (space.decisions[d].choices.size() > 1 && space.applies(child, d)) movable.push_back(d);
  }
  if (movable.empty()) return canonical(space, std::move(child));
  const std::size_t sure = movable[rng.below(movable.size())];
  for (const std::size_t d : movable)
    if (d == sure || rng.below(movable.size()) == 0)
      child.choices[d] = moved(child.choices[d], static_cast<int>(space.decisions[d].choices.size()), rng);
  return canonical(space, std::move(child));
}

}  // namespace tabjoule
