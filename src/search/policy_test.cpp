#include "search/policy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

namespace tabjoule::policy_test {
namespace {

/// A policy sees only how many choices there are.
SearchSpace space_of(const std::vector<int>& counts) {
  SearchSpace space{"test", "mlp", {}};
  for (std::size_t d = 0; d < counts.size(); ++d) {
    std::vector<int> choices;
    for (int c = 1; c <= counts[d]; ++c) choices.push_back(c);
    space.decisions.push_back({"decision" + std::to_string(d), choices, {}});
  }
  return space;
}

using Gradient = std::vector<std::vector<double>>;

const SearchSpace kTiny = space_of({3, 3});
const Gradient kLogits{{0.5, -0.3, 0.1}, {-1, 0.2, 0.7}};

Policy tiny_policy() {
  Policy policy(kTiny);
  policy.set_logits(kLogits);
  return policy;
}

/// A reward without symmetry.
double reward(const Architecture& a) { return std::sin(1.0 + 2.0 * a.choices[0] + 5.0 * a.choices[1]); }

double expected_reward(const Policy& policy) {
  double sum = 0;
  for (const auto& a : all_architectures(kTiny)) sum += std::exp(policy.log_probability(a)) * reward(a);
  return sum;
}

/// E[add_gradient] with the reward minus `baseline` as advantage, by summing over the space.
Gradient exact_gradient(const Policy& policy, double baseline) {
  Gradient gradient = policy.zero_gradient();
  for (const auto& a : all_architectures(kTiny))
    policy.add_score(a, std::exp(policy.log_probability(a)) * (reward(a) - baseline), gradient);
  return gradient;
}

Gradient numeric_gradient(const SearchSpace& space, const Gradient& at,
                          const std::function<double(const Policy&)>& objective) {
  constexpr double kStep = 1e-5;
  Policy policy(space);
  Gradient gradient = policy.zero_gradient();
  for (std::size_t d = 0; d < at.size(); ++d) {
    for (std::size_t c = 0; c < at[d].size(); ++c) {
      Gradient moved = at;
      moved[d][c] += kStep;
      policy.set_logits(moved);
      const double up = objective(policy);
      moved[d][c] -= 2 * kStep;
      policy.set_logits(moved);
      gradient[d][c] = (up - objective(policy)) / (2 * kStep);
    }
  }
  return gradient;
}

void expect_near(const Gradient& a, const Gradient& b, double tolerance) {
  for (std::size_t d = 0; d < a.size(); ++d)
    for (std::size_t c = 0; c < a[d].size(); ++c) EXPECT_NEAR(a[d][c], b[d][c], tolerance) << d << ", " << c;
}

TEST(Policy, StartsUniform) {
  const Policy policy(space_of({4, 1, 5}));
  for (const double p : policy.probabilities(0)) EXPECT_DOUBLE_EQ(p, 0.25);
  EXPECT_NEAR(policy.log_probability({{2, 0, 4}}), -std::log(20), 1e-12);
  EXPECT_NEAR(policy.relative_entropy(), 1, 1e-12);
}

TEST(Policy, StartsFromThePriorsAndMeasuresItsEntropyAgainstThem) {
  SearchSpace space = space_of({3, 2});
  space.decisions[0].prior = {0.6, 0.3, 0.1};
  Policy policy(space);
  for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(policy.probabilities(0)[c], space.decisions[0].prior[c], 1e-12);
  EXPECT_DOUBLE_EQ(policy.probabilities(1)[0], 0.5);
  EXPECT_NEAR(policy.relative_entropy(), 1, 1e-12);
  policy.ascend({{1, 0, 0}, {0, 0}}, 0.1);  // the optimiser starts at rest, not at the prior
  EXPECT_NEAR(policy.logits()[0][0], std::log(0.6) + 0.1, 1e-6);
  EXPECT_NEAR(policy.logits()[0][1], std::log(0.3), 1e-6);
}

TEST(Policy, ProbabilitiesOfAllArchitecturesSumToOne) {
  double sum = 0;
  for (const auto& a : all_architectures(kTiny)) sum += std::exp(tiny_policy().log_probability(a));
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(Policy, SamplesAsOftenAsItsProbabilitiesSay) {
  const Policy policy = tiny_policy();
  Rng rng(1);
  std::map<Architecture, double> share;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) share[policy.sample(rng)] += 1.0 / kDraws;
  for (const auto& a : all_architectures(kTiny)) {
    const double p = std::exp(policy.log_probability(a));
    EXPECT_NEAR(share[a], p, 4 * std::sqrt(p * (1 - p) / kDraws));
  }
}

TEST(Policy, LogitsFarApartStayFinite) {
  Policy policy(kTiny);
  policy.set_logits({{1000, -1000, 0}, {0, 0, 0}});
  EXPECT_EQ(policy.probabilities(0), (std::vector<double>{1, 0, 0}));
  EXPECT_NEAR(policy.relative_entropy(), 0.5, 1e-12);
  Gradient gradient = policy.zero_gradient();
  policy.add_score({{0, 1}}, 1, gradient);
  policy.add_entropy_gradient(1, gradient);
  for (const auto& row : gradient)
    for (const double g : row) EXPECT_TRUE(std::isfinite(g));
  Rng rng(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(policy.sample(rng).choices[0], 0);
}

TEST(PolicyGradient, SummedOverTheSpaceIsTheDerivativeOfTheExpectedReward) {
  expect_near(exact_gradient(tiny_policy(), 0), numeric_gradient(kTiny, kLogits, expected_reward), 1e-9);
}

TEST(PolicyGradient, DoesNotChangeInExpectationWithTheBaseline) {
  expect_near(exact_gradient(tiny_policy(), 0), exact_gradient(tiny_policy(), 17), 1e-12);
}

/// Depths 1 to 3, and a width for each layer.
SearchSpace layered_space() {
  SearchSpace space = space_of({3, 2, 2, 3});
  space.decisions[2].when = Condition{0, 2};
  space.decisions[3].when = Condition{0, 3};
  return space;
}

TEST(Policy, MasksDecisionsThatDoNotApply) {
  const SearchSpace space = layered_space();
  const auto all = all_architectures(space);
  ASSERT_EQ(all.size(), 2U + 4U + 12U);
  Policy policy(space);
  policy.set_logits({{0.3, -0.5, 0.4}, {1, 0}, {-0.7, 0.2}, {0, 0.5, -0.5}});
  std::map<Architecture, double> share;
  double sum = 0;
  for (const auto& a : all) sum += std::exp(policy.log_probability(a));
  EXPECT_NEAR(sum, 1, 1e-12);
  Rng rng(5);
  constexpr int kDraws = 50000;
  for (int i = 0; i < kDraws; ++i) share[policy.sample(rng)] += 1.0 / kDraws;
  EXPECT_EQ(share.size(), all.size());
  for (const auto& a : all) {
    const double p = std::exp(policy.log_probability(a));
    EXPECT_NEAR(share[a], p, 4 * std::sqrt(p * (1 - p) / kDraws)) << to_text(space, a);
  }
  Gradient gradient = policy.zero_gradient();
  policy.add_score(all.front(), 1, gradient);  // depth 1
  EXPECT_EQ(gradient[2], (std::vector<double>{0, 0}));
  EXPECT_EQ(gradient[3], (std::vector<double>{0, 0, 0}));
  policy.set_logits({{2, 0, 0}, {0, 0}, {0, 9}, {0, 9, 0}});
  EXPECT_EQ(policy.most_likely(), all.front());
}

TEST(PolicyGradient, WithMasksIsTheDerivativeOfTheExpectedReward) {
  const SearchSpace space = layered_space();
  const auto value = [](const Architecture& a) {
    return std::cos(1.0 * a.choices[0] + 2 * a.choices[1] + 3 * a.choices[2] + 5 * a.choices[3]);
  };
  const auto expected = [&](const Policy& policy) {
    double sum = 0;
    for (const auto& a : all_architectures(space)) sum += std::exp(policy.log_probability(a)) * value(a);
    return sum;
  };
  const Gradient at{{0.3, -0.5, 0.4}, {1, 0}, {-0.7, 0.2}, {0, 0.5, -0.5}};
  Policy policy(space);
  policy.set_logits(at);
  Gradient exact = policy.zero_gradient();
  for (const auto& a : all_architectures(space))
    policy.add_score(a, std::exp(policy.log_probability(a)) * value(a), exact);
  expect_near(exact, numeric_gradient(space, at, expected), 1e-9);
}

TEST(PolicyGradient, EstimatedFromSamplesIsUnbiased) {
  const Policy policy = tiny_policy();
  Gradient mean = policy.zero_gradient();
  Rng rng(2);
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const Architecture a = policy.sample(rng);
    policy.add_score(a, reward(a) / kDraws, mean);
  }
  expect_near(mean, exact_gradient(policy, 0), 4 / std::sqrt(kDraws));  // an element's deviation is below 1
}

TEST(PolicyGradient, AmongTheFeasibleIsTheDerivativeOfTheirExpectedReward) {
  const auto feasible = [](const Architecture& a) { return a.choices[0] + a.choices[1] <= 2; };
  const auto expected = [&](const Policy& policy) {
    double sum = 0;
    double share = 0;
    for (const auto& a : all_architectures(kTiny)) {
      if (!feasible(a)) continue;
      share += std::exp(policy.log_probability(a));
      sum += std::exp(policy.log_probability(a)) * reward(a);
    }
    return sum / share;
  };
  const Gradient exact = numeric_gradient(kTiny, kLogits, expected);
  // Pairs of feasible samples, the second as the estimate of the mean score: unbiased although P(feasible) is never
  // known.
  const Policy policy = tiny_policy();
  Gradient mean = policy.zero_gradient();
  Rng rng(3);
  const auto draw = [&] {
    for (;;)
      if (const Architecture a = policy.sample(rng); feasible(a)) return a;
  };
  constexpr int kDraws = 200000;
  for (int i = 0; i < kDraws; ++i) {
    const Architecture a = draw();
    policy.add_score(a, reward(a) / kDraws, mean);
    policy.add_score(draw(), -reward(a) / kDraws, mean);
  }
  expect_near(mean, exact, 4 / std::sqrt(kDraws));
}

TEST(PolicyGradient, OfTheEntropyIsNumeric) {
  const auto entropy = [](const Policy& policy) { return policy.relative_entropy() * 2 * std::log(3); };
  const Policy policy = tiny_policy();
  Gradient gradient = policy.zero_gradient();
  policy.add_entropy_gradient(1, gradient);
  expect_near(gradient, numeric_gradient(kTiny, kLogits, entropy), 1e-9);
}

TEST(PolicyGradient, AscentRaisesTheExpectedRewardToItsMaximum) {
  Policy policy = tiny_policy();
  double before = expected_reward(policy);
  double best = -1;
  for (const auto& a : all_architectures(kTiny)) best = std::max(best, reward(a));
  for (int i = 0; i < 400; ++i) policy.ascend(exact_gradient(policy, 0), 0.05);
  EXPECT_GT(expected_reward(policy), before);
  EXPECT_NEAR(expected_reward(policy), best, 0.01);
}

TEST(PolicyGradient, FirstAscentMovesEachLogitByTheLearningRate) {
  Policy policy = tiny_policy();
  policy.ascend({{1e-3, -5, 0}, {1, 1, -1}}, 0.1);
  const Gradient expected{{0.6, -0.4, 0.1}, {-0.9, 0.3, 0.6}};
  expect_near(policy.logits(), expected, 1e-5);
}

}  // namespace
}  // namespace tabjoule::policy_test
