#include "search/policy_gradient.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"

namespace tabjoule {
namespace {

using Table = std::vector<std::vector<double>>;  // a number for each choice of each decision

/// One search while it happens. Every architecture is evaluated once.
class PolicySearch {
 public:
  PolicySearch(const SearchSpace& space, const ArchitectureFunction& utility, const ArchitectureFunction& energy_j,
               const Reward& reward, const SearchOptions& options)
      : utility_(utility),
        energy_j_(energy_j),
        reward_(reward),
        options_(options),
        space_(space),
        policy_(space),
        rng_(options.seed),
        listed_(options.excess && space.size() <= options.listable) {
    if (!listed_) return;
    for (auto& architecture : all_architectures(space))
      if (options.excess(architecture) <= 0) feasible_list_.push_back(std::move(architecture));
    if (feasible_list_.empty()) fail_input("no network of space \"{}\" keeps the limits: allow more", space.name);
  }

  void update();
  SearchResult take();

 private:
  struct Sample {
    Architecture architecture;
    double value = 0;
  };

  [[nodiscard]] bool keeps(const Candidate& candidate) const { return candidate.utility >= options_.min_utility; }
  const Candidate& evaluate(const Architecture& architecture);
  double excess(const Architecture& architecture);
  void draw();
  void draw_listed();
  void draw_by_rejection();
  /// Evaluates, and tells which limits on the utility reject; whether it keeps them.
  bool take_sample(Architecture architecture);
  void add_gradient_towards_limits(Table& gradient) const;
  void add_gradient_of_reward(double baseline, Table& gradient) const;

  const ArchitectureFunction& utility_;
  const ArchitectureFunction& energy_j_;
  const Reward& reward_;
  const SearchOptions& options_;
  const SearchSpace& space_;
  Policy policy_;
  Rng rng_;
  bool listed_;
  std::vector<Architecture> feasible_list_;
  std::map<Architecture, std::size_t> index_;
  std::map<Architecture, double> excesses_;
  SearchResult result_;
  double average_ = 0;
  int averaged_ = 0;

  // of this update
  std::vector<Sample> feasible_;  // with their rewards
  std::vector<Sample> nearness_;  // of every sample to the limits: 0 keeps them
  Table mean_score_;              // an estimate of E[d log P(y) / d logits | y keeps the limits]
  double own_weight_ = 1;         // what undoes that a sample is part of that estimate
  double feasible_share_ = 1;
  int scored_ = 0;
};

const Candidate& PolicySearch::evaluate(const Architecture& architecture) {
  const auto [entry, added] = index_.try_emplace(architecture, result_.evaluated.size());
  if (added) {
    Candidate candidate{architecture, utility_(architecture), energy_j_(architecture), 0};
    candidate.reward = reward_(candidate.utility, candidate.energy_j);
    result_.evaluated.push_back(std::move(candidate));
  }
  return result_.evaluated[entry->second];
}

double PolicySearch::excess(const Architecture& architecture) {
  if (!options_.excess) return 0;
  const auto known = excesses_.find(architecture);
  if (known != excesses_.end()) return known->second;
  return excesses_.emplace(architecture, options_.excess(architecture)).first->second;
}

bool PolicySearch::take_sample(Architecture architecture) {
  ++scored_;
  const Candidate& candidate = evaluate(architecture);
  if (!keeps(candidate)) {
    nearness_.push_back({std::move(architecture), candidate.utility - options_.min_utility});
    return false;
  }
  nearness_.push_back({architecture, 0});
  feasible_.push_back({std::move(architecture), candidate.reward});
  return true;
}

void PolicySearch::draw() {
  feasible_.clear();
  nearness_.clear();
  mean_score_ = policy_.zero_gradient();
  own_weight_ = 1;
  scored_ = 0;
  if (listed_ && !std::isfinite(options_.min_utility))
    draw_listed();
  else
    draw_by_rejection();
}

/// From the policy among the listed, all of whose probabilities are known.
void PolicySearch::draw_listed() {
  std::vector<double> shares;
  shares.reserve(feasible_list_.size());
  for (const Architecture& architecture : feasible_list_) shares.push_back(policy_.log_probability(architecture));
  const double top = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& share : shares) sum += share = std::exp(share - top);
  for (std::size_t i = 0; i < shares.size(); ++i) policy_.add_score(feasible_list_[i], shares[i] /= sum, mean_score_);
  feasible_share_ = std::min(1.0, sum * std::exp(top));
  for (int s = 0; s < options_.samples_per_update; ++s) (void)take_sample(feasible_list_[rng_.pick(shares)]);
}

/// The first samples that keep the limits are scored; with limits known beforehand, more are drawn for their share.
void PolicySearch::draw_by_rejection() {
  const int count = options_.excess ? std::max(options_.feasibility_samples, options_.samples_per_update)
                                    : options_.samples_per_update;
  double drawn = 0;
  double kept = 0;
  for (int s = 0; s < count; ++s) {
    Architecture architecture = policy_.sample(rng_);
    if (const double over = excess(architecture); over > 0) {
      nearness_.push_back({std::move(architecture), -over});
      ++drawn;
    } else if (scored_ < options_.samples_per_update) {
      ++drawn;
      if (!take_sample(architecture)) continue;
      ++kept;
      policy_.add_score(architecture, 1, mean_score_);
    } else if (!std::isfinite(options_.min_utility)) {  // else only its score would tell
      ++drawn;
      ++kept;
      policy_.add_score(architecture, 1, mean_score_);
    }
  }
  for (auto& row : mean_score_)
    for (double& score : row) score /= std::max(1.0, kept);
  // A sample's own score is left out of the mean it is compared with, which makes the product unbiased:
  // score - (sum - score) / (n - 1) = n / (n - 1) * (score - sum / n).
  own_weight_ = kept > 1 ? kept / (kept - 1) : 1;
  feasible_share_ = kept / drawn;
}

/// Where too few samples keep the limits to learn from: the gradient of less excess, and enough entropy that a policy
/// does not settle on the least excess it has met so far.
void PolicySearch::add_gradient_towards_limits(Table& gradient) const {
  constexpr double kEntropyWeight = 0.1;  // in deviations of the excess
  const auto count = static_cast<double>(nearness_.size());
  double mean = 0;
  for (const Sample& sample : nearness_) mean += sample.value / count;
  double squares = 0;
  for (const Sample& sample : nearness_) {
    policy_.add_score(sample.architecture, (sample.value - mean) / count, gradient);
    squares += (sample.value - mean) * (sample.value - mean);
  }
  policy_.add_entropy_gradient(kEntropyWeight * std::sqrt(squares / count), gradient);
}

void PolicySearch::add_gradient_of_reward(double baseline, Table& gradient) const {
  double sum = 0;
  const bool corrected = feasible_share_ < 1;
  for (const auto& [architecture, value] : feasible_) {
    const double advantage = (corrected ? own_weight_ : 1) * (value - baseline) / static_cast<double>(feasible_.size());
    policy_.add_score(architecture, advantage, gradient);
    sum += advantage;
  }
  if (corrected)
    for (std::size_t d = 0; d < gradient.size(); ++d)
      for (std::size_t c = 0; c < gradient[d].size(); ++c) gradient[d][c] -= sum * mean_score_[d][c];
  policy_.add_entropy_gradient(options_.entropy_weight, gradient);
}

void PolicySearch::update() {
  draw();
  Table gradient = policy_.zero_gradient();
  double mean = result_.mean_rewards.empty() ? 0 : result_.mean_rewards.back();
  if (feasible_.empty() || scored_ < options_.samples_per_update) {
    add_gradient_towards_limits(gradient);
  } else {
    mean = 0;
    for (const Sample& sample : feasible_) mean += sample.value / static_cast<double>(feasible_.size());
    average_ = options_.baseline_decay * average_ + (1 - options_.baseline_decay) * mean;
    add_gradient_of_reward(average_ / (1 - std::pow(options_.baseline_decay, ++averaged_)), gradient);
  }
  policy_.ascend(gradient, options_.learning_rate);
  result_.feasible_shares.push_back(feasible_share_);
  result_.mean_rewards.push_back(mean);
  result_.entropies.push_back(policy_.relative_entropy());
}

SearchResult PolicySearch::take() {
  const auto better = [&](const Candidate& a, const Candidate& b) {
    return keeps(a) != keeps(b) ? keeps(b) : a.reward < b.reward;
  };
  if (result_.evaluated.empty() && excess(smallest(space_)) <= 0) (void)evaluate(smallest(space_));
  const auto best = std::max_element(result_.evaluated.begin(), result_.evaluated.end(), better);
  if (best == result_.evaluated.end() || !keeps(*best))
    fail_input("no network of space \"{}\" was found that keeps the limits: allow more, or search longer", space_.name);
  result_.best = *best;
  result_.most_likely = policy_.most_likely();
  return std::move(result_);
}

}  // namespace

SearchResult policy_gradient_search(const SearchSpace& space, const ArchitectureFunction& utility,
                                    const ArchitectureFunction& energy_j, const Reward& reward,
                                    const SearchOptions& options, const ProgressSink& progress) {
  if (reward.energy_weight < 0) fail_usage("the energy weight must not be negative, it is {}", reward.energy_weight);
  if (options.updates < 1 || options.samples_per_update < 1) fail_usage("the search needs at least one sample");
  PolicySearch search(space, utility, energy_j, reward, options);
  for (int update = 0; update < options.updates; ++update) {
    search.update();
    if (progress) progress({"search", static_cast<double>(update + 1) / options.updates, ""});
    if (options.stop && options.stop()) break;
  }
  return search.take();
}

}  // namespace tabjoule
