#include "supernet/rank_correlation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"

namespace tabjoule::rank_correlation_test {
namespace {

using Values = std::vector<double>;

TEST(KendallTauB, IsOneForTheSameOrderAndMinusOneForTheReverse) {
  EXPECT_EQ(kendall_tau_b(Values{1, 2, 5, 7}, Values{-3, 0, 0.5, 100}).tau, 1);
  EXPECT_EQ(kendall_tau_b(Values{1, 2, 5, 7}, Values{4, 3, 2, 1}).tau, -1);
  EXPECT_EQ(kendall_tau_b(Values{1, 2, 5, 7}, Values{4, 3, 2, 1}).pairs, 6);
}

TEST(KendallTauB, AgreesWithScipyWithAndWithoutTies) {
  // scipy.stats.kendalltau 1.17.1
  EXPECT_NEAR(kendall_tau_b(Values{12, 2, 1, 12, 2}, Values{1, 4, 7, 1, 0}).tau, -0.47140452079103173, 1e-14);
  EXPECT_NEAR(kendall_tau_b(Values{1, 2, 3, 4, 5, 6, 7, 8}, Values{3, 1, 4, 1.5, 5, 9, 2, 6}).tau, 0.42857142857142855,
              1e-14);
  EXPECT_NEAR(kendall_tau_b(Values{1, 1, 2, 2, 3, 3}, Values{1, 2, 2, 3, 3, 3}).tau, 0.7833494518006403, 1e-14);
}

TEST(KendallTauB, IsZeroWhereAListOrdersNothing) {
  EXPECT_EQ(kendall_tau_b(Values{1, 2, 3}, Values{5, 5, 5}).tau, 0);
  EXPECT_EQ(kendall_tau_b(Values{1}, Values{5}).tau, 0);
  EXPECT_EQ(kendall_tau_b(Values{}, Values{}).tau, 0);
}

TEST(KendallTauB, LeavesOutPairsWithinTheNoise) {
  const RankCorrelation correlation = kendall_tau_b(Values{1, 1.5, 2.5, 3}, Values{0, 5, 9, 4}, 1.2);
  EXPECT_EQ(correlation.pairs, 3);  // (1, 2.5), (1, 3), (1.5, 3)
  EXPECT_NEAR(correlation.tau, 1.0 / 3, 1e-14);
  EXPECT_EQ(kendall_tau_b(Values{1, 2}, Values{1, 2}, 1).pairs, 0) << "as much as the noise is not more";
}

TEST(KendallTauB, RefusesWhatCannotBeRanked) {
  EXPECT_THROW((void)kendall_tau_b(Values{1, 2}, Values{1}), Error);
  EXPECT_THROW((void)kendall_tau_b(Values{1, std::nan("")}, Values{1, 2}), Error);
  EXPECT_THROW((void)kendall_tau_b(Values{1, 2}, Values{1, std::numeric_limits<double>::infinity()}), Error);
}

}  // namespace
}  // namespace tabjoule::rank_correlation_test
