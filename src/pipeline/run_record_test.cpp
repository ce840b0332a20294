#include "pipeline/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"

namespace tabjoule::run_record_test {
namespace {

RunRecord record() {
  RunRecord r;
  r.data = "t.csv";
  r.target = "y";
  r.task = "binary";
  r.metric = "auc";
  r.source = EnergySource::measured;
  r.chosen.architecture = {{"space", "mlp"}, {"depth", 1}, {"width", 8}};
  r.chosen.text = "mlp depth=1 width=8";
  r.chosen.score_test = 0.75;
  r.chosen.energy_predicted_j = 2e-6;
  r.chosen.space = "mlp";
  r.chosen.trained = true;
  r.chosen.energy_predicted_interval_90_j = {1e-6, 3e-6};
  r.chosen.kernels = {{"linear m=1 n=8 k=3 relu", {"hidden0", "relu0"}, 1e-6, 2e-7}};
  r.chosen_by = {"energy-budget", "the best score within 3 uJ", true};
  r.limits.energy_budget_j = 3e-6;
  r.limits.parameters = 5000;
  r.spaces = {{"mlp", "mlp", 40, 12}};
  r.command = {"tabjoule", "search"};
  r.trace.supernets = {{"mlp", {{0.7, 0.6}, {0.5, 0.6}}}};
  r.trace.searches = {{"energy", {{0.1}, {1}}}};
  r.stopped_early = "time budget";
  r.pareto = {r.chosen};
  r.baselines = {{"accuracy", r.chosen, 0.5, true}};
  r.phases = {{"read", 0.5, 1}, {"train", 2, 3}};
  r.predictor = {{"samples", 3}};
  r.notices = {"n"};
  return r;
}

TEST(RunRecord, ReadsBackWhatItWrote) {
  const Json json = to_json(record());
  const RunRecord back = record_from_json(Json::parse(to_text(json)));
  EXPECT_EQ(to_json(back), json);
  EXPECT_FALSE(back.chosen.energy_measured_j.has_value());
  EXPECT_TRUE(back.baselines.at(0).saving_predicted);
  EXPECT_EQ(back.chosen.energy_predicted_interval_90_j->high, 3e-6);
  EXPECT_FALSE(back.chosen.time_predicted_interval_90_s.has_value());
  EXPECT_FALSE(back.limits.min_score.has_value());
}

TEST(RunRecord, RefusesAnotherVersionAnotherFileAndMissingMembers) {
  Json json = to_json(record());
  json["version"] = 1;
  EXPECT_THROW((void)record_from_json(json), Error);
  json = to_json(record());
  json.erase("chosen");
  EXPECT_THROW((void)record_from_json(json), Error);
  json = to_json(record());
  json["energy_source"]["kind"] = "guessed";
  EXPECT_THROW((void)record_from_json(json), Error);
}

TEST(RunRecord, NeverWritesANumberThatIsNotFinite) {
  RunRecord r = record();
  r.chosen.score_test = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW((void)to_text(to_json(r)), Error);
}

}  // namespace
}  // namespace tabjoule::run_record_test
