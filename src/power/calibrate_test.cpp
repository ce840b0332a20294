// Calibration finds the model that made a trace, says how sure it is, and meets the energies of published traces.
#include "power/calibrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "power/column_file.h"
#include "power/correct.h"
#include "power/sensor_facts.h"
#include "power/simulated_trace_test.h"

namespace tabjoule::calibrate_test {
namespace {

using testing_power::poll;
using testing_power::step_load;

const std::vector<LoadMark> kLoad{{3, true}, {6, false}, {8, true}};

PowerTrace meter_of(const PowerSignal& power) {
  std::vector<double> times;
  for (double t = 0; t < 10; t += 0.001) times.push_back(t);
  return read_trace_of({}, power, times);
}

TEST(Calibrate, FindsKindConstantGainAndOffsetBesideAMeter) {
  Rng random(5);
  const PowerSignal power = step_load(random);
  const PowerTrace meter = meter_of(power);
  const std::vector<SensorModel> models{
      {.kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 1.0, .gain = 0.95, .offset_w = 3},
      {.kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 0.1, .delay_s = 0.01, .gain = 1.04},
      {.kind = SensorKind::lag, .update_period_s = 0.015, .lag_s = 0.25, .gain = 0.9, .offset_w = -2}};
  for (const SensorModel& model : models) {
    const Calibration found = calibrate(poll(model, power, random), kLoad, &meter, std::nullopt);
    EXPECT_EQ(found.model.kind, model.kind);
    EXPECT_NEAR(found.model.update_period_s, model.update_period_s, 0.01 * model.update_period_s);
    EXPECT_NEAR(found.model.window_s, model.window_s, 0.03 * model.window_s);
    EXPECT_NEAR(found.model.lag_s, model.lag_s, 0.03 * model.lag_s);
    EXPECT_NEAR(found.model.gain, model.gain, 0.005);
    EXPECT_NEAR(found.model.offset_w, model.offset_w, 0.6);
    EXPECT_EQ(found.gain_source, "meter");
    ASSERT_TRUE(found.constant_95_s);
    const double constant_s = model.kind == SensorKind::lag ? model.lag_s : model.window_s;
    EXPECT_LE(found.constant_95_s->low, constant_s * 1.01);
    EXPECT_GE(found.constant_95_s->high, constant_s * 0.99);
  }
}

TEST(Calibrate, FindsTheWindowFromLoadMarksAlone) {
  Rng random(6);
  const PowerSignal power = step_load(random);
  const SensorModel model{
      .kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 1.0, .gain = 0.95, .offset_w = 3};
  const Calibration found = calibrate(poll(model, power, random), kLoad, nullptr, std::nullopt);
  EXPECT_EQ(found.model.kind, SensorKind::boxcar);
  EXPECT_NEAR(found.model.window_s, 1.0, 0.05);
  EXPECT_EQ(found.model.gain, 1);
  EXPECT_EQ(found.gain_source, "assumed");
  const Calibration with_card = calibrate(poll(model, power, random), kLoad, nullptr, card_gain("rtx-3090"));
  EXPECT_EQ(with_card.gain_source, "card rtx-3090");
  EXPECT_NEAR(with_card.model.gain, 0.944, 0.001);
  EXPECT_EQ(to_json(sensor_model_from_json(to_json(found))), to_json(found.model));
}

TEST(Calibrate, RefusesWhatShowsNothing) {
  Rng random(7);
  const PowerSignal power = step_load(random);
  const PowerTrace trace = poll({.update_period_s = 0.1}, power, random);
  const auto refused = [](const PowerTrace& readings, const std::vector<LoadMark>& load) -> std::string {
    try {
      (void)calibrate(readings, load, nullptr, std::nullopt);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refused(trace, {{20, true}}), ::testing::HasSubstr("same clock"));
  EXPECT_THAT(refused(trace, {}), ::testing::HasSubstr("no load mark"));
  EXPECT_THAT(refused(trace, {{3, true}, {3, false}}), ::testing::HasSubstr("mark 2"));
  PowerTrace flat = trace;
  for (double& power_w : flat.power_w) power_w = 60;
  EXPECT_NE(refused(flat, kLoad), "accepted");
  PowerTrace noise = trace;
  for (double& power_w : noise.power_w) power_w = random.uniform(50, 60);
  EXPECT_THAT(refused(noise, kLoad), ::testing::HasSubstr("do not follow"));
  EXPECT_THROW((void)card_gain("rtx-3091"), Error);
}

/// The published traces are in ms, with names of their own.
PowerTrace published(const std::string& name, const std::vector<std::string>& columns) {
  const std::string folder = std::string(TABJOULE_SHARED_DIR) + "/energy/gpu_power_traces/";
  const ColumnFile file(read_file(folder + name));
  PowerTrace trace{.time_s = file.numbers("t_ms"), .power_w = std::vector<double>(file.rows())};
  for (double& time : trace.time_s) time *= 1e-3;
  for (const std::string& column : columns) {
    const std::vector<double> values = file.numbers(column);
    for (std::size_t i = 0; i < values.size(); ++i) trace.power_w[i] += values[i];
  }
  return trace;
}

std::vector<LoadMark> published_load(const std::string& name) {
  const PowerTrace marks = published(name + ".load.csv", {"load_on_after"});
  std::vector<LoadMark> load;
  for (std::size_t i = 0; i < marks.size(); ++i) load.push_back({marks.time_s[i], marks.power_w[i] > 0});
  return load;
}

TEST(PublishedTraces, EnergyFromTheStepOnTheLoadThatWasNotLearnt) {
  if (!std::filesystem::exists(std::string(TABJOULE_SHARED_DIR) + "/energy/gpu_power_traces"))
    GTEST_SKIP() << "the published traces are not on this machine";
  const std::vector<std::string> supply{"pcie_cable_W", "pcie_slot_W"};
  for (const std::string field : {"power_draw_average_W", "power_draw_instant_W"})
    for (const auto& [learnt, tried] : {std::pair{"5050_RTX3090", "step_RTX3090"}, {"step_RTX3090", "5050_RTX3090"}}) {
      const std::string from = learnt, to = tried;
      const PowerTrace learnt_meter = published(from + ".pmd.csv", supply);
      const Calibration found =
          calibrate(published(from + ".nvml.csv", {field}), published_load(from), &learnt_meter, std::nullopt);
      EXPECT_EQ(found.model.kind, SensorKind::boxcar) << field;
      const PowerTrace readings = published(to + ".nvml.csv", {field});
      const PowerTrace meter = published(to + ".pmd.csv", supply);
      const auto load = published_load(to);
      const double whole_s = (load.size() == 3 ? load[1] : load.back()).time_s - load[0].time_s;
      const std::vector<std::pair<double, double>> allowed{{0.5, 0.08}, {1, 0.05}, {2, 0.03}, {whole_s, 0.02}};
      for (const auto& [length_s, error] : allowed) {
        const double begin_s = load[0].time_s;
        const double truth_j = integrate(meter, begin_s, begin_s + length_s).energy_j;
        const double found_j = energy_of(readings, found.model, begin_s, begin_s + length_s).energy_j;
        EXPECT_NEAR(found_j, truth_j, error * truth_j) << field << " " << to << " " << length_s << " s";
      }
    }
}

}  // namespace
}  // namespace tabjoule::calibrate_test
