#include "search/policy_gradient.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/error.h"
#include "search/pareto_front.h"

namespace tabjoule::policy_gradient_test {
namespace {

/// 10 x 256 choices, as the MLP space.
SearchSpace wide_space() {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "wide", "family": "mlp",
    "decisions": [{"name": "depth", "from": 1, "to": 10, "step": 1}, {"name": "width", "from": 4, "to": 1024, "step": 4}]})"));
}

int depth(const Architecture& a) { return a.choices[0] + 1; }
int width(const Architecture& a) { return 4 * (a.choices[1] + 1); }

/// Saturates with width, has its best depth at 3: what accuracies of MLPs look like.
double known_utility(const Architecture& a) {
  return 0.9 - 0.3 * std::exp(-width(a) / 40.0) - 0.003 * std::pow(depth(a) - 3, 2);
}
double known_energy_j(const Architecture& a) { return 1e-6 * (5 + depth(a) * std::pow(width(a) / 64.0, 1.5)); }

SearchResult search(const SearchOptions& options, const Reward& reward) {
  return policy_gradient_search(wide_space(), known_utility, known_energy_j, reward, options, {});
}

TEST(PolicyGradientSearch, FindsAKnownOptimumWithin800EvaluationsForEverySeed) {
  const Reward reward{0.01, 1e-6};
  double optimum = -1e9;
  double sum = 0;
  std::vector<double> rewards;
  for (const auto& a : all_architectures(wide_space())) {
    rewards.push_back(reward(known_utility(a), known_energy_j(a)));
    sum += rewards.back();
    optimum = std::max(optimum, rewards.back());
  }
  std::sort(rewards.rbegin(), rewards.rend());
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    SearchOptions options;
    options.seed = seed;
    const SearchResult result = search(options, reward);
    EXPECT_LE(result.evaluated.size(), 800U);
    EXPECT_GE(result.best.reward, rewards[7]) << "seed " << seed;  // of 2,560
    const double last = std::accumulate(result.mean_rewards.end() - 10, result.mean_rewards.end(), 0.0) / 10;
    EXPECT_GT(last, sum / 2560 + 0.6 * (optimum - sum / 2560)) << "the policy itself learnt, seed " << seed;
  }
}

TEST(PolicyGradientSearch, ConcentratesOnABestChoiceGivenTime) {
  SearchOptions options;
  options.updates = 600;
  const SearchResult result = search(options, {0.01, 1e-6});
  EXPECT_LT(result.entropies.back(), 0.75);
  EXPECT_GT(result.entropies.front(), 0.99);
  EXPECT_EQ(result.entropies.size(), 600U);
}

TEST(PolicyGradientSearch, FindsSmallerNetworksAsEnergyWeighsMore) {
  double before = 1;
  for (const double weight : {0.0, 0.01, 0.1}) {
    const SearchResult result = search({}, {weight, 1e-6});
    EXPECT_LT(result.best.energy_j, before) << "weight " << weight;
    before = result.best.energy_j;
  }
}

TEST(PolicyGradientSearch, WithWeightZeroDoesTheSameWhateverTheEnergies) {
  const Reward reward{0, 1};
  const auto none =
      policy_gradient_search(wide_space(), known_utility, [](const auto&) { return 0.0; }, reward, {}, {});
  const auto some = search({}, reward);
  EXPECT_EQ(none.mean_rewards, some.mean_rewards);
  EXPECT_EQ(none.best.architecture, some.best.architecture);
}

TEST(PolicyGradientSearch, EvaluatesEachArchitectureOnce) {
  std::multiset<Architecture> asked;
  const auto utility = [&](const Architecture& a) {
    asked.insert(a);
    return known_utility(a);
  };
  const SearchResult result = policy_gradient_search(wide_space(), utility, known_energy_j, {}, {}, {});
  EXPECT_EQ(asked.size(), result.evaluated.size());
  EXPECT_EQ(std::set<Architecture>(asked.begin(), asked.end()).size(), asked.size());
  for (const auto& candidate : result.evaluated) {
    EXPECT_EQ(candidate.utility, known_utility(candidate.architecture));
    EXPECT_EQ(candidate.energy_j, known_energy_j(candidate.architecture));
    EXPECT_LE(candidate.reward, result.best.reward);
  }
}

TEST(PolicyGradientSearch, RepeatsForASeedAndDiffersForAnother) {
  const auto with_seed = [](std::uint64_t seed) {
    SearchOptions options;
    options.seed = seed;
    return search(options, {}).mean_rewards;
  };
  EXPECT_EQ(with_seed(1), with_seed(1));
  EXPECT_NE(with_seed(1), with_seed(2));
}

TEST(PolicyGradientSearch, RefusesNegativeWeightsAndNoSamples) {
  EXPECT_THROW(search({}, {-0.1, 1}), Error);
  SearchOptions none;
  none.updates = 0;
  EXPECT_THROW(search(none, {}), Error);
  none = {};
  none.samples_per_update = 0;
  EXPECT_THROW(search(none, {}), Error);
}

/// TabNAS's toy (arXiv 2204.07615, section 3): two layers of width 2, 3 or 4 on two columns, at most 25 parameters. The
/// networks over the limit are the better ones, and 4-2 stands alone among them in its row.
struct Toy {
  SearchSpace space{"toy", "mlp", {{"first", {2, 3, 4}, {}}, {"second", {2, 3, 4}, {}}}};

  static double parameters(const Architecture& a) {
    const int first = a.choices[0] + 2;
    const int second = a.choices[1] + 2;
    return 3 * first + (first + 1) * second + second + 1;
  }
  static double utility(const Architecture& a) {
    constexpr double kUtilities[3][3] = {{0.60, 0.70, 0.75}, {0.78, 0.87, 0.90}, {0.90, 0.97, 0.99}};
    return kUtilities[a.choices[0]][a.choices[1]];
  }
  static double excess(const Architecture& a) { return std::log10(parameters(a) / 25); }
};

TEST(PolicyGradientSearch, WithinALimitFindsTheToysOptimumThatTheAbsoluteRewardMisses) {
  const Toy toy;
  for (const std::uint64_t listable : {0, 9}) {  // by rejection; with the feasible listed
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SearchOptions options;
      options.seed = seed;
      options.updates = 500;
      options.learning_rate = 0.02;
      options.entropy_weight = 0.02;  // its rewards differ by more than accuracies do
      options.listable = listable;
      const Reward absolute{1, 25, RewardKind::absolute};
      const auto soft = policy_gradient_search(toy.space, Toy::utility, Toy::parameters, absolute, options, {});
      EXPECT_NE(soft.most_likely, (Architecture{{2, 0}})) << "seed " << seed;
      options.excess = Toy::excess;
      const auto hard = policy_gradient_search(toy.space, Toy::utility, Toy::parameters, {0, 1}, options, {});
      EXPECT_EQ(hard.most_likely, (Architecture{{2, 0}})) << "seed " << seed;
      EXPECT_EQ(hard.best.architecture, (Architecture{{2, 0}}));
      EXPECT_LE(hard.evaluated.size(), 6U) << "what breaks the limit is never scored";
      for (const auto& candidate : hard.evaluated) EXPECT_LE(Toy::parameters(candidate.architecture), 25);
    }
  }
}

/// The plain REINFORCE of the samples that pass raises the share that passes instead of their reward.
TEST(PolicyGradientSearch, RejectionAloneMissesTheToysOptimum) {
  const Toy toy;
  int found = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    Policy policy(toy.space);
    Rng rng(seed);
    for (int update = 0; update < 500; ++update) {
      auto gradient = policy.zero_gradient();
      policy.add_entropy_gradient(0.02, gradient);
      for (int i = 0; i < 12; ++i)
        if (const Architecture a = policy.sample(rng); Toy::excess(a) <= 0)
          policy.add_score(a, Toy::utility(a) / 12, gradient);
      policy.ascend(gradient, 0.02);
    }
    found += policy.most_likely() == Architecture{{2, 0}} ? 1 : 0;
  }
  EXPECT_LT(found, 5) << "of 10";
}

TEST(PolicyGradientSearch, FindsItsWayToALimitThatHardlyAnySampleKeeps) {
  SearchOptions options;
  options.updates = 300;
  options.excess = [](const Architecture& a) { return std::log10(known_energy_j(a) / 5.2e-6); };  // 21 of 2,560
  options.listable = 0;
  const SearchResult result = search(options, {0, 1});
  EXPECT_LE(result.best.energy_j, 5.2e-6);
  EXPECT_GT(result.feasible_shares.back(), 0.5);
}

TEST(PolicyGradientSearch, OfAListedSpaceEveryDrawKeepsTheLimitAndTheShareIsExact) {
  SearchOptions options;
  options.updates = 100;
  options.excess = [](const Architecture& a) { return std::log10(known_energy_j(a) / 5.2e-6); };
  double share = 0;
  const Policy prior(wide_space());
  double best = 0;
  for (const auto& a : all_architectures(wide_space())) {
    if (options.excess(a) > 0) continue;
    share += std::exp(prior.log_probability(a));
    best = std::max(best, known_utility(a));
  }
  const SearchResult result = search(options, {0, 1});
  EXPECT_NEAR(result.feasible_shares.front(), share, 1e-12);
  for (const auto& candidate : result.evaluated) EXPECT_LE(candidate.energy_j, 5.2e-6);
  EXPECT_EQ(result.best.utility, best);
}

TEST(PolicyGradientSearch, SaysThatNothingKeepsTheLimit) {
  SearchOptions options;
  options.updates = 5;
  options.excess = [](const Architecture&) { return 1.0; };
  EXPECT_THROW(search(options, {}), Error);
  options.excess = {};
  options.min_utility = 2;
  EXPECT_THROW(search(options, {}), Error);
}

TEST(PolicyGradientSearch, AboveALeastUtilityFindsFewJoules) {
  double least_j = 1;
  for (const auto& a : all_architectures(wide_space()))
    if (known_utility(a) >= 0.88) least_j = std::min(least_j, known_energy_j(a));
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    SearchOptions options;
    options.seed = seed;
    options.min_utility = 0.88;
    const SearchResult result = search(options, {0, 1e-6, RewardKind::least_energy});
    EXPECT_GE(result.best.utility, 0.88);
    EXPECT_LT(result.best.energy_j, 1.1 * least_j) << "seed " << seed;
  }
}

TEST(PolicyGradientSearch, ReportsProgressUpToOne) {
  std::vector<double> fractions;
  SearchOptions options;
  options.updates = 4;
  (void)policy_gradient_search(wide_space(), known_utility, known_energy_j, {}, options,
                               [&](const Progress& p) { fractions.push_back(p.fraction); });
  EXPECT_EQ(fractions, (std::vector{0.25, 0.5, 0.75, 1.0}));
}

/// Every candidate against every other; of equals the first.
std::vector<int> slow_front(const std::vector<Candidate>& all) {
  std::vector<int> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < all.size(); ++j) {
      const bool no_worse = all[j].utility >= all[i].utility && all[j].energy_j <= all[i].energy_j;
      const bool better = all[j].utility > all[i].utility || all[j].energy_j < all[i].energy_j;
      beaten = beaten || (no_worse && (better || j < i));
    }
    if (!beaten) kept.push_back(static_cast<int>(i));
  }
  std::sort(kept.begin(), kept.end(), [&](int a, int b) {
    return all[static_cast<std::size_t>(a)].energy_j < all[static_cast<std::size_t>(b)].energy_j;
  });
  return kept;
}

TEST(ParetoFront, EqualsTheQuadraticDefinitionOnRandomSetsWithTies) {
  Rng rng(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Candidate> all;
    const auto levels = 2 + rng.below(8);
    for (std::uint64_t i = 0; i < 1 + rng.below(20); ++i)
      all.push_back(
          {{{static_cast<int>(i)}}, static_cast<double>(rng.below(levels)), static_cast<double>(rng.below(levels)), 0});
    std::vector<int> front;
    for (const auto& candidate : pareto_front(all)) front.push_back(candidate.architecture.choices[0]);
    ASSERT_EQ(front, slow_front(all)) << "round " << round;
  }
}

TEST(ParetoFront, OfNothingIsNothing) { EXPECT_TRUE(pareto_front(std::vector<Candidate>{}).empty()); }

}  // namespace
}  // namespace tabjoule::policy_gradient_test
