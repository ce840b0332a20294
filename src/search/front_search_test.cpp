#include "search/front_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "search/pareto_front.h"

namespace tabjoule::front_search_test {
namespace {

SearchSpace space_of(const std::string& depth_to, const std::string& width_to, bool per_layer) {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "s", "family": "mlp",
    "decisions": [{"name": "depth", "from": 1, "step": 1, "to": )" +
                                     depth_to + R"(}, {"name": "width", "from": 4, "step": 4, "to": )" + width_to +
                                     R"(, "prior": "log", "per_layer": )" + (per_layer ? "true" : "false") + "}]}"));
}

const SearchSpace kWide = space_of("10", "1024", false);

int depth(const Architecture& a) { return a.choices[0] + 1; }
int width(const Architecture& a) { return 4 * (a.choices[1] + 1); }
double known_utility(const Architecture& a) {
  return 0.9 - 0.3 * std::exp(-width(a) / 40.0) - 0.003 * std::pow(depth(a) - 3, 2);
}
double known_energy_j(const Architecture& a) { return 1e-6 * (5 + depth(a) * std::pow(width(a) / 64.0, 1.5)); }

/// Area above utility 0 and below 1 J, in decades.
double hypervolume(const std::vector<Candidate>& points) {
  double area = 0;
  double utility = 0;
  for (const Candidate& point : pareto_front(points)) {
    area += (point.utility - utility) * -std::log10(point.energy_j);
    utility = point.utility;
  }
  return area;
}

TEST(FrontSearch, FindsMoreOfTheFrontThanThePolicyAloneWithAsManyEvaluations) {
  std::vector<Candidate> all;
  for (const auto& a : all_architectures(kWide)) all.push_back({a, known_utility(a), known_energy_j(a), 0});
  const double whole = hypervolume(all);
  double missed = 0;
  double missed_by_policy = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    FrontOptions options;
    options.policy.updates = 12;
    options.policy.seed = seed;
    const auto found = front_search(kWide, known_utility, known_energy_j, {0.01, 1e-6}, options, {}).evaluated;
    SearchOptions longer = options.policy;
    longer.updates = 30;
    const auto by_policy =
        policy_gradient_search(kWide, known_utility, known_energy_j, {0.01, 1e-6}, longer, {}).evaluated;
    EXPECT_LE(found.size(), by_policy.size());
    missed += whole - hypervolume(found);
    missed_by_policy += whole - hypervolume(by_policy);
  }
  EXPECT_LT(missed, 0.7 * missed_by_policy);
}

TEST(FrontSearch, EvaluatesEachArchitectureOnceAndAsManyAgainAsThePolicy) {
  std::multiset<Architecture> asked;
  const auto utility = [&](const Architecture& a) {
    asked.insert(a);
    return known_utility(a);
  };
  FrontOptions options;
  options.policy.updates = 10;
  const SearchResult result = front_search(kWide, utility, known_energy_j, {0.01, 1e-6}, options, {});
  const std::size_t by_policy =
      policy_gradient_search(kWide, known_utility, known_energy_j, {0.01, 1e-6}, options.policy, {}).evaluated.size();
  EXPECT_EQ(result.evaluated.size(), 2 * by_policy);
  EXPECT_EQ(std::set<Architecture>(asked.begin(), asked.end()).size(), asked.size());
  EXPECT_EQ(asked.size(), result.evaluated.size());
  for (const auto& candidate : result.evaluated) EXPECT_LE(candidate.reward, result.best.reward);
}

TEST(FrontSearch, OfASmallSpaceEvaluatesEverythingThatKeepsTheLimits) {
  const SearchSpace small = space_of("3", "32", false);
  FrontOptions options;
  options.policy.excess = [](const Architecture& a) { return std::log10(known_energy_j(a) / 5.5e-6); };
  std::set<Architecture> feasible;
  for (const auto& a : all_architectures(small))
    if (options.policy.excess(a) <= 0) feasible.insert(a);
  ASSERT_GT(feasible.size(), 12U);
  ASSERT_LT(feasible.size(), 24U);
  std::set<Architecture> found;
  for (const auto& c : front_search(small, known_utility, known_energy_j, {0, 1}, options, {}).evaluated)
    found.insert(c.architecture);
  EXPECT_EQ(found, feasible);
}

TEST(FrontSearch, StopsWhenToldAndReportsProgressThatNeverFalls) {
  FrontOptions options;
  options.policy.updates = 4;
  int asked = 0;
  options.stop = [&] { return ++asked > 5; };
  std::vector<double> fractions;
  const SearchResult result = front_search(kWide, known_utility, known_energy_j, {0.01, 1e-6}, options,
                                           [&](const Progress& p) { fractions.push_back(p.fraction); });
  EXPECT_LE(result.evaluated.size(), 4U * 12 + 5);
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_LE(fractions.back(), 1);
}

TEST(Neighbour, IsAnArchitectureOfTheSpaceThatMixesItsParentsAndMoves) {
  const SearchSpace layers = space_of("4", "64", true);
  Rng rng(1);
  std::set<Architecture> seen;
  for (int i = 0; i < 3000; ++i) {
    const Architecture a = random_architecture(layers, rng);
    const Architecture b = random_architecture(layers, rng);
    const Architecture child = neighbour(layers, a, b, rng);
    ASSERT_EQ(child, canonical(layers, child));
    ASSERT_EQ(architecture_from_json(layers, to_json(layers, child)), child);
  }
  const Architecture middle{{1, 7}};
  for (int i = 0; i < 3000; ++i) seen.insert(neighbour(space_of("4", "64", false), middle, middle, rng));
  EXPECT_FALSE(seen.contains(middle));
  EXPECT_TRUE(seen.contains({{1, 8}}));
  EXPECT_TRUE(seen.contains({{2, 7}}));
  EXPECT_FALSE(seen.contains({{1, 15}})) << "farther than a quarter of the choices";
}

}  // namespace
}  // namespace tabjoule::front_search_test
