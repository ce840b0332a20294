#include "pipeline/choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace tabjoule::choice_test {
namespace {

using testing::ElementsAre;
using Rule = Aim::Rule;

/// A front with a knee at 4 J.
std::vector<Choosable> front() {
  return {{0.70, 1, true, {}}, {0.80, 2, true, {}}, {0.90, 4, true, {}}, {0.91, 16, true, {}}, {0.92, 64, true, {}}};
}

TEST(AimOf, TakesTheRuleFromWhatWasAsked) {
  SearchRequest request;
  EXPECT_STREQ(aim_of(request).name(), "energy-weight");
  request.limits.latency_s = 1;
  EXPECT_STREQ(aim_of(request).name(), "latency");
  request.limits.energy_budget_j = 1;
  EXPECT_STREQ(aim_of(request).name(), "energy-budget");
  EXPECT_EQ(aim_of(request).energy_weight, 0) << "within a budget the score decides";
}

TEST(Choose, FollowsEachRule) {
  EXPECT_EQ(choose(front(), {Rule::energy_weight, 0}), 4U);
  EXPECT_EQ(choose(front(), {Rule::energy_weight, 0.05}), 2U);
  EXPECT_EQ(choose(front(), {Rule::energy_weight, 10}), 0U);
  EXPECT_EQ(choose(front(), {Rule::knee, 0.01}), 2U);
  auto limited = front();
  for (auto& point : limited) point.keeps = point.energy_j <= 16;
  EXPECT_EQ(choose(limited, {Rule::energy_budget, 0}), 3U);
  for (auto& point : limited) point.keeps = point.utility >= 0.85;
  EXPECT_EQ(choose(limited, {Rule::min_score, 0.01}), 2U);
}

TEST(Choose, TakesTheNearestWhereNothingKeepsTheLimits) {
  auto points = front();
  for (auto& point : points) point.keeps = false;
  EXPECT_EQ(choose(points, {Rule::energy_budget, 0}), 0U);
  EXPECT_EQ(choose(points, {Rule::min_score, 0.01}), 4U);
  EXPECT_THROW((void)choose({}, {}), Error);
}

TEST(Choose, GivesTiesWithinNoiseToFewerJoules) {
  // Scores that differ by 0.001, by 0.01 from group to group: nothing to tell them apart.
  std::vector<Choosable> points{{0.900, 1, true, {0.90, 0.91, 0.89, 0.90}}, {0.901, 9, true, {0.91, 0.90, 0.90, 0.90}}};
  EXPECT_EQ(choose(points, {Rule::energy_budget, 0}), 0U);
  points[1].left_out_utility = {0.901, 0.911, 0.891, 0.901};  // surely better, if little
  EXPECT_EQ(choose(points, {Rule::energy_budget, 0}), 1U);
}

TEST(PointsToTrain, AreTheTwoBestAndThenThoseThatAddMostArea) {
  EXPECT_THAT(points_to_train(front(), {Rule::energy_weight, 0.05}, 1), ElementsAre(2U));
  const auto three = points_to_train(front(), {Rule::energy_weight, 0}, 3);
  EXPECT_THAT(three, ElementsAre(4U, 3U, 2U));  // the knee
  auto all = points_to_train(front(), {Rule::energy_weight, 0.01}, 9);
  std::sort(all.begin(), all.end());
  EXPECT_THAT(all, ElementsAre(0U, 1U, 2U, 3U, 4U));
}

TEST(PointsToTrain, PrefersThoseThatKeepTheLimits) {
  auto points = front();
  points[4].keeps = false;
  EXPECT_EQ(points_to_train(points, {Rule::energy_budget, 0}, 1), std::vector<std::size_t>{3});
}

}  // namespace
}  // namespace tabjoule::choice_test
