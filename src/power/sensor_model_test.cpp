// What a sensor makes of a known power, against sums written out by hand; and its file.
#include "power/sensor_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::sensor_model_test {
namespace {

PowerSignal step() {
  PowerSignal power(100);
  power.set(1, 300);
  power.set(2, 100);
  return power;
}

TEST(PowerSignal, IntegratesExactly) {
  const PowerSignal power = step();
  EXPECT_DOUBLE_EQ(power.energy_j(0, 1), 100);
  EXPECT_DOUBLE_EQ(power.energy_j(0.5, 2.5), 50 + 300 + 50);
  EXPECT_DOUBLE_EQ(power.energy_j(1.25, 1.5), 75);
  EXPECT_DOUBLE_EQ(power.power_w(1), 300);
  EXPECT_DOUBLE_EQ(power.power_w(0.999), 100);
  EXPECT_THROW((void)power.energy_j(2, 1), Error);
}

TEST(PowerSignal, LagsLikeASumOverManySmallSteps) {
  Rng random(3);
  PowerSignal power(50);
  for (double t = 0; t < 1; t += random.uniform(0.001, 0.05)) power.set(t, random.uniform(20, 400));
  for (const double lag_s : {0.01, 0.1, 0.7}) {
    double slow = 50;
    const double dt_s = 1e-5;
    for (double t = 0; t < 1; t += dt_s) slow += dt_s / lag_s * (power.power_w(t + dt_s / 2) - slow);
    EXPECT_NEAR(power.lagged_w(1, lag_s), slow, 0.05) << lag_s;
  }
}

TEST(PowerSignal, ForgetsOnlyWhatNobodyAsksFor) {
  PowerSignal power = step();
  power.set(3, 200);
  power.forget_before(2.5);
  EXPECT_DOUBLE_EQ(power.energy_j(2.5, 4), 50 + 200);
  EXPECT_DOUBLE_EQ(power.mean_w(3.5, 1), 150);
  EXPECT_DOUBLE_EQ(power.power_w(2.6), 100);
}

TEST(SensorModel, BoxcarRisesLinearlyInStepsOfTheUpdatePeriod) {
  const SensorModel model{.kind = SensorKind::boxcar, .update_period_s = 0.1, .window_s = 0.5, .phase_s = 0.03};
  const PowerSignal power = step();
  EXPECT_DOUBLE_EQ(reading_w(model, power, 1.0), 100);
  EXPECT_NEAR(reading_w(model, power, 1.03), 100 + 200 * 0.03 / 0.5, 1e-9);
  EXPECT_NEAR(reading_w(model, power, 1.12), 100 + 200 * 0.03 / 0.5, 1e-9);
  EXPECT_NEAR(reading_w(model, power, 1.2301), 100 + 200 * 0.23 / 0.5, 1e-9);
  EXPECT_NEAR(reading_w(model, power, 1.9), 300, 1e-9);
}

TEST(SensorModel, PartTimeIsBlindForTheRestOfItsPeriod) {
  const SensorModel model{.kind = SensorKind::part_time, .update_period_s = 0.1, .window_s = 0.025};
  PowerSignal power(100);
  power.set(0.31, 900);  // between two windows: [0.275, 0.3] and [0.375, 0.4]
  power.set(0.37, 100);
  for (double t = 0; t < 1; t += 0.01) EXPECT_NEAR(reading_w(model, power, t), 100, 1e-9) << t;
}

TEST(SensorModel, AppliesDelayGainOffsetAndSteps) {
  const SensorModel model{.kind = SensorKind::none, .delay_s = 0.2, .gain = 0.95, .offset_w = 3.1, .quantum_w = 0.5};
  const PowerSignal power = step();
  EXPECT_DOUBLE_EQ(reading_w(model, power, 1.1), 98);   // 98.1
  EXPECT_DOUBLE_EQ(reading_w(model, power, 1.3), 288);  // 288.1
}

TEST(SensorModel, ComesBackFromItsFile) {
  const SensorModel model{.kind = SensorKind::part_time,
                          .update_period_s = 0.1,
                          .window_s = 0.025,
                          .delay_s = -0.002,
                          .phase_s = 0.04,
                          .gain = 0.9453,
                          .offset_w = -2.25,
                          .quantum_w = 0.01,
                          .gain_half_width_95 = 0.002,
                          .offset_half_width_95_w = 0.5};
  EXPECT_EQ(to_json(sensor_model_from_json(to_json(model))), to_json(model));
}

TEST(SensorModel, NamesWhatIsWrongInAFile) {
  const auto refused = [](const std::string& text) -> std::string {
    try {
      (void)sensor_model_from_json(Json::parse(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "accepted";
  };
  const std::string head = R"({"format": "tabjoule-sensor-model", "version": 1, )";
  EXPECT_THAT(refused(R"({"format": "tabjoule-sensor-model", "version": 2})"), testing::HasSubstr("version 2"));
  EXPECT_THAT(refused(head + R"("kind": "boxcart"})"), testing::HasSubstr("did you mean \"boxcar\"?"));
  EXPECT_THAT(refused(head + R"("kind": "boxcar"})"), testing::HasSubstr("window_s"));
  EXPECT_THAT(refused(head + R"("kind": "lag", "lag_s": -1})"), testing::HasSubstr("lag_s"));
  EXPECT_THAT(refused(head + R"("kind": "none", "gain": 0})"), testing::HasSubstr("gain"));
  EXPECT_THAT(refused(head + R"("kind": "none", "gian": 1})"), testing::HasSubstr("gian"));
  EXPECT_THAT(refused(head + R"("kind": "part_time", "window_s": 1, "update_period_s": 0.1})"),
              testing::HasSubstr("boxcar"));
}

}  // namespace
}  // namespace tabjoule::sensor_model_test
