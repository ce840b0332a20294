// Our evaluation of trained trees.
#include "predict/boosted_trees.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace tabjoule::boosted_trees_test {
namespace {

TEST(BoostedTrees, LearnAStepAndAProductDeterministically) {
  Rng rng(1);
  std::vector<float> features, target, weight;
  for (int i = 0; i < 400; ++i) {
    const auto x = static_cast<float>(rng.uniform());
    const auto y = static_cast<float>(rng.uniform());
    features.insert(features.end(), {x, y});
    target.push_back((x > 0.5F ? 1.0F : 0.0F) + x * y);
    weight.push_back(1);
  }
  const BoostedTrees trees = BoostedTrees::fit(features, target, weight, {});
  const BoostedTrees again = BoostedTrees::fit(features, target, weight, {});
  double squares = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const std::span<const float> row(&features[2 * i], 2);
    const double error = trees.predict(row) - static_cast<double>(target[i]);
    squares += error * error;
    EXPECT_EQ(trees.predict(row), again.predict(row));
  }
  EXPECT_LT(std::sqrt(squares / 400), 0.06);
}

TEST(BoostedTrees, WeightsCount) {
  // Two answers at one place: the heavier one wins.
  const std::vector<float> features(40, 1.0F);
  std::vector<float> target, weight;
  for (int i = 0; i < 40; ++i) {
    target.push_back(i < 20 ? 1.0F : 0.0F);
    weight.push_back(i < 20 ? 9.0F : 1.0F);
  }
  const BoostedTrees trees = BoostedTrees::fit(features, target, weight, {.rounds = 200, .row_fraction = 1});
  EXPECT_NEAR(trees.predict(std::vector<float>{1.0F}), 0.9, 0.02);
}

TEST(BoostedTrees, AreZeroWithoutTraining) {
  EXPECT_TRUE(BoostedTrees().empty());
  EXPECT_EQ(BoostedTrees().predict(std::vector<float>{1.0F}), 0);
}

}  // namespace
}  // namespace tabjoule::boosted_trees_test
