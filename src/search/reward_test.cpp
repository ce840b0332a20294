#include "search/reward.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::reward_test {
namespace {

constexpr RewardKind kAll[] = {RewardKind::weighted_sum, RewardKind::absolute, RewardKind::multiplicative,
                               RewardKind::least_energy};

TEST(Reward, NeverFallsWithUtilityAndNeverRisesWithEnergy) {
  Rng rng(1);
  for (const RewardKind kind : kAll) {
    for (int i = 0; i < 3000; ++i) {
      const double target = std::pow(10, rng.uniform(-9, 3));
      const Reward reward{std::pow(10, rng.uniform(-4, 1)), target, kind};
      const double utility = i % 10 == 0 ? 0 : rng.uniform(-5, 1);
      // Half of them around the target, where a kink may be.
      const double energy_j = target * (i % 2 == 0 ? rng.uniform(0.5, 2) : std::pow(10, rng.uniform(-6, 6)));
      const double better = utility + rng.uniform(1e-6, 2);
      const double dearer_j = energy_j * rng.uniform(1.0001, 3);
      ASSERT_GE(reward(better, energy_j), reward(utility, energy_j)) << static_cast<int>(kind);
      ASSERT_LE(reward(utility, dearer_j), reward(utility, energy_j)) << static_cast<int>(kind);
    }
  }
}

TEST(Reward, SeesEveryDifferenceWhereItsKindPromisesTo) {
  for (const double utility : {-2.0, 0.5}) {
    const Reward product{0.1, 1e-3, RewardKind::multiplicative};
    EXPECT_GT(product(utility, 1e-4), product(utility, 1e-3));
    EXPECT_GT(product(utility, 1e-3), product(utility, 2e-3));
    const Reward absolute{0.1, 1e-3, RewardKind::absolute};
    EXPECT_EQ(absolute(utility, 1e-4), utility);
    EXPECT_EQ(absolute(utility, 1e-3), utility);
    EXPECT_NEAR(absolute(utility, 2e-3), utility - 0.1, 1e-12);
  }
  EXPECT_NEAR((Reward{0.07, 2, RewardKind::multiplicative}(0.8, 4)), 0.8 * std::pow(2, -0.07), 1e-12);
  EXPECT_NEAR((Reward{0, 2, RewardKind::least_energy}(0.8, 20)), -1, 1e-12);
}

TEST(Reward, ExchangesTheWeightForTenTimesLessEnergy) {
  const Reward reward{0.02, 1e-3};
  EXPECT_NEAR(reward(0.8, 1e-5), reward(0.82, 1e-4), 1e-12);
  EXPECT_NEAR(reward(0.8, 1e-3), 0.8, 1e-12);
}

TEST(Reward, TakesWhatTenfoldEnergyCosts) {
  for (const std::string& name : reward_kinds()) {
    const RewardKind kind = reward_kind_from(name);
    EXPECT_EQ(to_string(kind), name);
    const Reward reward = Reward::of_tenfold(kind, 0.02, 1e-3);
    const double share = kind == RewardKind::multiplicative ? 0.8 : 1;
    EXPECT_NEAR(reward(0.8, 1e-2), reward(0.8, 1e-3) - 0.02 * share, 1e-12) << name;
    EXPECT_EQ(Reward::of_tenfold(kind, 0, 1)(0.8, 5), 0.8) << name;
    EXPECT_THROW((void)Reward::of_tenfold(kind, -0.1, 1), Error) << name;
  }
  EXPECT_THROW((void)Reward::of_tenfold(RewardKind::multiplicative, 1, 1), Error);
  EXPECT_THROW((void)reward_kind_from("least-energy"), Error);
}

TEST(Reward, OrdersTheSameOnEveryScaleOfEnergy) {
  const Reward small{0.02, 1e-6};
  const Reward large{0.02, 1};
  EXPECT_NEAR(small(0.7, 3e-6), large(0.7, 3), 1e-12);
}

TEST(Reward, OfWeightZeroIgnoresEnergyWhateverItIs) {
  for (const RewardKind kind : {RewardKind::weighted_sum, RewardKind::absolute, RewardKind::multiplicative}) {
    const Reward reward{0, 1, kind};
    for (const double energy_j : {0.0, 1e-9, 5.0, std::numeric_limits<double>::infinity()})
      EXPECT_EQ(reward(0.5, energy_j), 0.5);
  }
}

}  // namespace
}  // namespace tabjoule::reward_test
