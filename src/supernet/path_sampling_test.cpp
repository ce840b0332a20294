#include "supernet/path_sampling.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "supernet/testing.h"

namespace tabjoule::path_sampling_test {
namespace {

SearchSpace skewed() {
  SearchSpace space = testing_supernet::space();
  space.decisions[1].prior = {0.7, 0.1, 0.1, 0.1};
  return space;
}

/// How often each width is the last path's.
std::vector<double> width_shares(const PathOptions& options) {
  constexpr int kDraws = 20000;
  std::vector<double> shares(4);
  Rng rng(3);
  for (int i = 0; i < kDraws; ++i) {
    const auto paths = draw_paths(skewed(), options, rng);
    shares[static_cast<std::size_t>(paths.back().choices[1])] += 1.0 / kDraws;
  }
  return shares;
}

TEST(DrawPaths, UniformIgnoresThePriorPriorFollowsItAndMixedIsBetween) {
  const auto uniform = width_shares({PathSampling::uniform, 0, {}});
  const auto prior = width_shares({PathSampling::prior, 0, {}});
  for (const double share : uniform) EXPECT_NEAR(share, 0.25, 0.015);
  EXPECT_NEAR(prior[0], 0.7, 0.015);
  EXPECT_NEAR(prior[3], 0.1, 0.015);
  const auto mixed = width_shares({PathSampling::mixed, 0, {}});
  EXPECT_NEAR(mixed[0], (0.7 + 0.25) / 2, 0.015);
  EXPECT_NEAR(mixed[3], (0.1 + 0.25) / 2, 0.015);
}

TEST(DrawPaths, SandwichTakesTheLargestFirstTheSmallestAndSomeOfThePrior) {
  Rng rng(1);
  const auto paths = draw_paths(skewed(), {PathSampling::sandwich, 3, {}}, rng);
  ASSERT_EQ(paths.size(), 5U);
  EXPECT_EQ(paths[0], largest(skewed()));
  EXPECT_EQ(paths[1], smallest(skewed()));
  EXPECT_NEAR(width_shares({PathSampling::sandwich, 1, {}})[0], 0.7, 0.015);
}

TEST(DrawPaths, PolicyAsksItsCaller) {
  const Architecture wanted{{2, 1}};
  Rng rng(1);
  const auto paths = draw_paths(skewed(), {PathSampling::policy, 0, [&](Rng&) { return wanted; }}, rng);
  EXPECT_EQ(paths, std::vector<Architecture>{wanted});
  EXPECT_THROW((void)draw_paths(skewed(), {PathSampling::policy, 0, {}}, rng), Error);
}

TEST(PathSampling, HasNamesThatReadBack) {
  for (const PathSampling sampling :
       {PathSampling::uniform, PathSampling::prior, PathSampling::mixed, PathSampling::sandwich, PathSampling::policy})
    EXPECT_EQ(path_sampling_from(to_string(sampling)), sampling);
  EXPECT_THROW((void)path_sampling_from("greedy"), Error);
}

}  // namespace
}  // namespace tabjoule::path_sampling_test
