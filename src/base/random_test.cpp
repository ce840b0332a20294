#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace tabjoule::random_test {
namespace {

TEST(Rng, GivesTheStoredSequenceOfASeed) {
  // From an independent Python version of xoshiro256** seeded through splitmix64.
  constexpr std::array<std::uint64_t, 4> kSeed0{11091344671253066420ULL, 13793997310169335082ULL,
                                                1900383378846508768ULL, 7684712102626143532ULL};
  constexpr std::array<std::uint64_t, 4> kSeed2026{10583478199052185109ULL, 5232962402658359512ULL,
                                                   14988153452874227418ULL, 16485387573092771586ULL};
  Rng zero(0);
  for (const auto expected : kSeed0) EXPECT_EQ(zero.next(), expected);
  Rng other(2026);
  for (const auto expected : kSeed2026) EXPECT_EQ(other.next(), expected);
}

TEST(Rng, SplitsIntoStreamsThatDoNotRepeatEachOtherOrTheirParent) {
  Rng parent(7);
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  const auto draw_from = [&](Rng rng) {
    for (int i = 0; i < 1000; ++i, ++drawn) seen.insert(rng.next());
  };
  draw_from(parent);
  for (std::uint64_t stream = 0; stream < 20; ++stream) {
    draw_from(parent.split(stream));
    draw_from(parent.split(stream).split(0));
  }
  EXPECT_EQ(seen.size(), drawn);
}

TEST(Rng, SplitStreamsAreUncorrelated) {
  const Rng parent(3);
  constexpr int kDraws = 20000;
  for (std::uint64_t stream = 0; stream < 5; ++stream) {
    Rng a = parent.split(stream);
    Rng b = parent.split(stream + 1);
    double sum = 0;
    for (int i = 0; i < kDraws; ++i) sum += (a.uniform() - 0.5) * (b.uniform() - 0.5);
    EXPECT_LT(std::abs(sum / kDraws * 12), 4 / std::sqrt(kDraws)) << "stream " << stream;  // 4 standard errors
  }
}

TEST(Rng, SplittingLeavesTheParentAsItIs) {
  Rng split_from(5);
  Rng untouched(5);
  (void)split_from.split(1).next();
  EXPECT_EQ(split_from.next(), untouched.next());
}

TEST(Rng, BelowGivesEveryValueOfASmallBoundEquallyOften) {
  Rng rng(11);
  constexpr int kDraws = 70000;
  std::array<int, 7> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(rng.below(7));
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_squared, 22.5);  // 6 degrees of freedom: exceeded once in 1,000 seeds
}

TEST(Rng, BelowDoesNotFavourTheLowHalfOfALargeBound) {
  // A plain next() % bound would draw the lower half twice as often as the upper one.
  constexpr std::uint64_t kBound = (UINT64_MAX / 4) * 3;
  Rng rng(12);
  int low = 0;
  constexpr int kDraws = 10000;
  for (int i = 0; i < kDraws; ++i) low += rng.below(kBound) < kBound / 3 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(low) / kDraws, 1.0 / 3, 0.02);
}

TEST(Rng, PicksIndicesAsOftenAsTheirProbabilitiesAndNeverPastTheLast) {
  Rng rng(17);
  constexpr std::array kProbabilities{0.5, 0.0, 0.2, 0.3};
  std::array<int, 4> counts{};
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) ++counts.at(rng.pick(kProbabilities));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(static_cast<double>(counts[i]) / kDraws, kProbabilities[i], 0.007);
  EXPECT_EQ(counts[1], 0);
  constexpr std::array kShort{0.1, 0.1};  // rounding may leave a sum below 1: the rest is the last one's
  for (int i = 0; i < 100; ++i) EXPECT_LT(rng.pick(kShort), 2U);
}

TEST(Rng, BelowOneIsZero) {
  Rng rng(1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(rng.below(1), 0U);
}

TEST(Rng, UniformStaysInTheHalfOpenUnitIntervalWithItsMeanAndVariance) {
  Rng rng(13);
  double sum = 0;
  double squares = 0;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.uniform();
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 0.005);
}

TEST(Rng, NormalHasMeanZeroVarianceOneAndNoSkew) {
  Rng rng(14);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  double cubes = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
    cubes += x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.015);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
  EXPECT_NEAR(cubes / kDraws, 0, 0.06);
}

TEST(Rng, ShuffleIsAPermutationOfItsItems) {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const auto sorted = items;
  Rng rng(15);
  rng.shuffle(std::span(items));
  EXPECT_NE(items, sorted);
  std::sort(items.begin(), items.end());
  EXPECT_EQ(items, sorted);
}

TEST(Rng, ShuffleGivesEveryOrderOfThreeEquallyOften) {
  Rng rng(16);
  std::map<std::array<int, 3>, int> counts;
  constexpr int kDraws = 12000;
  for (int i = 0; i < kDraws; ++i) {
    std::array items{0, 1, 2};
    rng.shuffle(std::span<int>(items));
    ++counts[items];
  }
  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, kDraws / 6, 4 * std::sqrt(kDraws / 6.0));
}

}  // namespace
}  // namespace tabjoule::random_test
