#include "suite/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "suite/results.h"

namespace tabjoule::summary_test {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(PointsLost, CountHundredthsOfAScoreAndTwentyFifthsOfAnError) {
  EXPECT_NEAR(points_lost(0.9, 0.895, true), 0.5, 1e-12);
  EXPECT_NEAR(points_lost(10, 10.2, false), 0.5, 1e-12);
  EXPECT_LT(points_lost(10, 9, false), 0);
  EXPECT_EQ(points_lost(0, 0, false), 0);
  EXPECT_EQ(points_lost(0, 3, false), 100);
}

TEST(Choices, AreNamedByTheirTolerance) {
  EXPECT_EQ(tolerance_of(choice_within(0.5)), 0.5);
  EXPECT_EQ(tolerance_of("energy"), std::nullopt);
  EXPECT_EQ(choice_title("energy within 0.5"), "at most 0.5 points lost");
  EXPECT_EQ(choice_title("of another program"), "of another program");
}

// scipy.stats.friedmanchisquare of these columns is 3.5: F = 3 x 3.5 / (8 - 3.5).
TEST(Ranks, AreThoseOfFriedmansAndNemenyisTests) {
  const RankComparison comparison =
      compare_ranks({{0.9, 0.8, 0.7}, {0.6, 0.7, 0.5}, {0.8, 0.9, 0.85}, {0.5, 0.45, 0.4}});
  EXPECT_THAT(comparison.average_ranks,
              ElementsAre(DoubleNear(1.75, 1e-12), DoubleNear(1.5, 1e-12), DoubleNear(2.75, 1e-12)));
  EXPECT_NEAR(comparison.friedman_f.value(), 7.0 / 3, 1e-9);
  EXPECT_NEAR(comparison.critical_difference, 2.343 * std::sqrt(12.0 / 24), 1e-12);
}

TEST(Ranks, AreSharedByTies) {
  EXPECT_THAT(compare_ranks({{1, 1, 0}, {1, 1, 0}}).average_ranks, ElementsAre(1.5, 1.5, 3));
}

TEST(Ranks, HaveNoStatisticWhereAllTablesRankAlike) {
  EXPECT_FALSE(compare_ranks({{3, 2, 1}, {6, 5, 4}}).friedman_f.has_value());
}

class Summary : public testing::Test {
 protected:
  Summary() {
    suite_.name = "s";
    suite_.tables = {{"a", {}, "", 1}, {"b", {}, "", 1}};
    suite_.spaces = {"mlp"};
    suite_.devices = {"sim:a100"};
    suite_.batches = {1};
    for (std::size_t table = 0; table < 2; ++table) {
      const auto add = [&](const char* choice, const char* network, double score, double energy_j) {
        rows_.push_back({{"key", key_of(suite_, {{table, "mlp", 0}, "sim:a100", 1})},
                         {"suite", "s"},
                         {"table", suite_.tables[table].name},
                         {"task", "binary"},
                         {"metric", "accuracy"},
                         {"higher_is_better", true},
                         {"rows", 100},
                         {"space", "mlp"},
                         {"device", "sim:a100"},
                         {"batch", 1},
                         {"seed", 0},
                         {"effort", 1.0},
                         {"choice", choice},
                         {"network", network},
                         {"parameters", 1},
                         {"flops", 1},
                         {"score_validation", score},
                         {"score_test", score},
                         {"dummy_test_score", 0.5},
                         {"energy_j", energy_j},
                         {"energy_source", "simulated"},
                         {"energy_measured_j", energy_j},
                         {"energy_predicted_j", 1.1 * energy_j},
                         {"time_measured_s", 1.0},
                         {"search_time_s", 10.0},
                         {"search_energy_estimated_j", 50.0},
                         {"version", "1"},
                         {"machine", "m"},
                         {"created", "now"}});
      };
      add("energy", "small", 0.88, table == 0 ? 1 : 2);
      add("energy within 0.5", "middle", table == 0 ? 0.897 : 0.88, 4);
      add("accuracy", "large", 0.90, 10);
      add("flops", table == 0 ? "small" : "other", 0.89, table == 0 ? 1 : 3);
    }
  }
  Suite suite_;
  Json rows_ = Json::array();
};

TEST_F(Summary, SaysWhatIsSavedAndWhatThatCosts) {
  const Json summary = summary_of(suite_, rows_);
  const Json& ours = summary.at("savings").at("energy");
  EXPECT_NEAR(ours.at("saving_fraction").at("median").get<double>(), 0.85, 1e-12);
  EXPECT_NEAR(ours.at("saving_fraction").at("lowest").get<double>(), 0.8, 1e-12);
  EXPECT_NEAR(ours.at("test_points_lost").at("median").get<double>(), 2, 1e-9);
  EXPECT_EQ(ours.at("by").at("sim:a100, batch 1").at("searches"), 2);
  EXPECT_EQ(summary.at("savings").at("energy within 0.5").at("kept_on_test_fraction"), 0.5);
  EXPECT_EQ(summary.at("proxies").at("flops").at("same_network_fraction"), 0.5);
  EXPECT_NEAR(summary.at("predictor").at("sim:a100").at("mape").get<double>(), 0.1, 1e-9);
  EXPECT_EQ(summary.at("searches_done"), 2);
  EXPECT_EQ(summary.at("cost").at("search_time_s"), 20);
}

TEST_F(Summary, LeavesOutOtherSuitesAndEfforts) {
  for (Json& row : rows_) row["effort"] = 0.5;
  const Json summary = summary_of(suite_, rows_);
  EXPECT_EQ(summary.at("searches_done"), 0);
  EXPECT_TRUE(summary.at("savings").empty());
}

}  // namespace
}  // namespace tabjoule::summary_test
