// Correcting what a sensor did to a known power gives that power's energy back, within the interval it states.
#include "power/correct.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "power/deconvolution.h"
#include "power/simulated_trace_test.h"

namespace tabjoule::correct_test {
namespace {

using testing_power::poll;
using testing_power::step_load;

const SensorModel kBoxcar{.kind = SensorKind::boxcar,
                          .update_period_s = 0.1,
                          .window_s = 1.1,
                          .delay_s = 0.004,
                          .phase_s = 0.03,
                          .gain = 0.95,
                          .offset_w = 2};
const SensorModel kShort{.kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 0.1, .phase_s = 0.07};
const SensorModel kPartTime{
    .kind = SensorKind::part_time, .update_period_s = 0.1, .window_s = 0.025, .phase_s = 0.01, .gain = 1.05};
const SensorModel kLag{.kind = SensorKind::lag, .update_period_s = 0.015, .lag_s = 0.3, .gain = 1.03};
const SensorModel kNone{.kind = SensorKind::none, .update_period_s = 0.02};

TEST(Correct, GivesBackTheEnergyOfWindowsFromTheStep) {
  Rng random(11);
  const PowerSignal power = step_load(random);
  for (const SensorModel& model : {kBoxcar, kShort, kLag, kNone}) {
    const PowerTrace trace = poll(model, power, random);
    for (const double length_s : {0.5, 1.0, 2.0, 3.0}) {
      const double truth_j = power.energy_j(3, 3 + length_s);
      EXPECT_NEAR(energy_of(trace, model, 3, 3 + length_s).energy_j, truth_j, 0.015 * truth_j)
          << to_string(model.kind) << " over " << length_s << " s";
    }
  }
}

TEST(Correct, ReadingsAtTheirWordAreFarOffWhereTheSensorAverages) {
  Rng random(11);
  const PowerSignal power = step_load(random);
  const PowerTrace trace = poll(kBoxcar, power, random);
  EXPECT_LT(integrate(trace, 3, 3.5).energy_j, 0.6 * power.energy_j(3, 3.5));
}

TEST(Correct, IntervalsHoldTheTruth) {
  for (const SensorModel& model : {kBoxcar, kShort, kPartTime, kLag, kNone}) {
    Rng random(21);
    int inside = 0;
    constexpr int kTrials = 60;
    for (int trial = 0; trial < kTrials; ++trial) {
      SensorModel shifted = model;
      shifted.phase_s = random.uniform(0, 0.1);
      const PowerSignal power = step_load(random);
      const PowerTrace trace = poll(shifted, power, random, 0.3);
      const double from_s = random.uniform(2, 5);
      const double to_s = from_s + random.uniform(0.4, 4);
      const TraceEnergy energy = energy_of(trace, model, from_s, to_s);
      inside += std::abs(energy.energy_j - power.energy_j(from_s, to_s)) <= energy.half_width_95_j ? 1 : 0;
    }
    EXPECT_GE(inside, kTrials * 85 / 100) << to_string(model.kind) << " " << model.window_s;
  }
}

TEST(Correct, IsNotMisledBySingleWrongReadings) {
  Rng random(31);
  const PowerSignal power = step_load(random);
  PowerTrace trace = poll(kBoxcar, power, random);
  for (std::size_t i = 0; i < trace.size(); ++i)
    if (trace.time_s[i] > 3.93 && trace.time_s[i] < 4.03) trace.power_w[i] += 15;
  const double truth_j = power.energy_j(3, 5);
  EXPECT_NEAR(energy_of(trace, kBoxcar, 3, 5).energy_j, truth_j, 0.015 * truth_j);
}

TEST(Correct, GainAndOffsetWidenTheInterval) {
  Rng random(41);
  const PowerSignal power = step_load(random);
  SensorModel model = kNone;
  const PowerTrace trace = poll(model, power, random);
  const double narrow_j = energy_of(trace, model, 3, 5).half_width_95_j;
  model.gain_half_width_95 = 0.05;
  EXPECT_GT(energy_of(trace, model, 3, 5).half_width_95_j, narrow_j + 0.03 * power.energy_j(3, 5));
}

TEST(Correct, RefusesTracesThatAreTooShort) {
  const PowerTrace trace{.time_s = {0, 0.1, 0.2, 0.3}, .power_w = {1, 2, 3, 4}};
  try {
    (void)correct(trace, kBoxcar);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("shorter than the sensor's window"));
  }
}

TEST(Deconvolve, MeetsTheReadingsOfPowerThatJumpsSeldom) {
  const std::vector<double> power{50, 50, 50, 50, 50, 50, 300, 300, 300, 300, 300, 120, 120, 120, 120, 120, 120, 120};
  for (const double window : {1.0, 3.0, 4.5}) {
    const auto reach = static_cast<std::size_t>(std::ceil(window));
    std::vector<double> readings;
    for (std::size_t k = 0; k + reach <= power.size(); ++k) {
      double sum = (window - static_cast<double>(reach - 1)) * power[k];
      for (std::size_t c = 1; c < reach; ++c) sum += power[k + c];
      readings.push_back(sum / window);
    }
    const Deconvolution solved = deconvolve(readings, window);
    ASSERT_EQ(solved.power_w.size(), power.size());
    for (std::size_t i = 0; i < power.size(); ++i) EXPECT_NEAR(solved.power_w[i], power[i], 4) << window << " " << i;
  }
}

}  // namespace
}  // namespace tabjoule::correct_test
