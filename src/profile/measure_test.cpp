// The measuring protocol on a device whose truth is known.
#include "profile/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "profile/fake_device_test.h"
#include "profile/median.h"

namespace tabjoule::measure_test {
namespace {

using testing::HasSubstr;

template <class Exception, class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Exception& error) {
    return error.what();
  }
  ADD_FAILURE() << "no such error";
  return {};
}

Measurement measure_fake(fake::World& world, double time_s, const MeasureOptions& options = {}, int batch = 1) {
  Device device = fake::device(world);
  fake::FakeModel model(world, time_s);
  return measure(model, batch, device, options);
}

TEST(Measure, RecoversTheTruthExactly) {
  fake::World world;
  const Measurement measurement = measure_fake(world, 3e-6, {}, 8);
  EXPECT_NEAR(measurement.energy_per_batch_j, 15e-6, 1e-15);
  EXPECT_NEAR(measurement.energy_j(), 15e-6 / 8, 1e-15);
  EXPECT_NEAR(measurement.time_per_batch_s, 3e-6, 1e-15);
  EXPECT_LT(measurement.energy_half_width_95_j, 1e-12);
  EXPECT_EQ(measurement.source, EnergySource::simulated);
  EXPECT_EQ(measurement.sensor, "fake");
  EXPECT_EQ(measurement.trials, kFewestTrials);
  EXPECT_NEAR(static_cast<double>(measurement.runs_per_trial) * 3e-6, MeasureOptions{}.trial_s, 3e-4);
}

TEST(Measure, HoldsTheTruthInItsIntervalUnderNoise) {
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    fake::World world;
    world.noise = 0.05;
    world.rng = Rng(seed);
    const Measurement measurement = measure_fake(world, 3e-6);
    EXPECT_LE(measurement.energy_half_width_95_j / measurement.energy_per_batch_j, 0.03);
    inside += std::abs(measurement.energy_per_batch_j - 15e-6) <= measurement.energy_half_width_95_j ? 1 : 0;
  }
  // Not 95 %: measuring stops where the interval happens to be narrow.
  EXPECT_GE(inside, 170);
}

TEST(Measure, IsNotMovedByRareInterruptions) {
  fake::World world;
  Device device = fake::device(world);
  /// Every fifth trial costs four times as much.
  class Interrupted final : public LoadedModel {
   public:
    explicit Interrupted(fake::World& world) : world_(world) {}
    [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>&) override { return {}; }
    void bind_random(std::int64_t, std::uint64_t) override {}
    void run_bound(int times) override {
      const double time_s = times * 3e-6 * (++calls_ % 5 == 0 ? 4 : 1) * std::exp(0.002 * world_.rng.normal());
      world_.clock.advance(time_s);
      world_.energy_j += 5 * time_s;
    }
    [[nodiscard]] Graph executed_graph() override { return {}; }

   private:
    fake::World& world_;
    int calls_ = 0;
  } model(world);
  EXPECT_NEAR(measure(model, 1, device, {}).energy_per_batch_j, 15e-6, 0.2e-6);
}

TEST(Pace, TellsHowMuchSlowerADeviceIsThanUndisturbed) {
  fake::World world;
  world.slowdown = [](double now_s) { return now_s < 1 ? 1 : 1.5; };
  Device device = fake::paced_device(world);
  EXPECT_NEAR(device.pace->slowness(), 1, 1e-9);
  world.clock.advance(1);
  EXPECT_NEAR(device.pace->slowness(), 1.5, 1e-9);
  world.clock.advance(100);  // a minute later nothing is known of what was
  EXPECT_NEAR(device.pace->slowness(), 1, 1e-9);
}

TEST(Pace, WaitsForAQuietMomentAsLongAsItMay) {
  fake::World world;
  world.slowdown = [](double now_s) { return now_s > 1 && now_s < 2 ? 1.3 : 1; };
  Device device = fake::paced_device(world);
  while (world.clock.now_s() < 0.9) EXPECT_NEAR(device.pace->slowness(), 1, 1e-9);
  world.clock.advance(0.11);
  EXPECT_NEAR(device.pace->wait_until_quiet(1.5), 1.3, 1e-9);
  EXPECT_NEAR(world.clock.now_s(), 1.5, 0.01);
  EXPECT_NEAR(device.pace->wait_until_quiet(5), 1, 1e-9);
  EXPECT_NEAR(world.clock.now_s(), 2, 0.01);
}

TEST(Measure, WaitsWhileSomethingElseSlowsTheDeviceDown) {
  fake::World world;
  // Half of the time, in turns longer than a measurement; the first begins while it is quiet.
  world.slowdown = [](double now_s) { return std::fmod(now_s, 0.4) < 0.2 ? 1 : 1.4; };
  Device device = fake::paced_device(world);
  fake::FakeModel model(world, 3e-6);
  static_cast<void>(device.pace->slowness());
  for (int i = 0; i < 20; ++i) {
    world.clock.advance(0.037);
    const Measurement measurement = measure(model, 1, device, {.budget_s = 2});
    EXPECT_NEAR(measurement.time_per_batch_s, 3e-6, 0.1e-6) << i;
    EXPECT_NEAR(measurement.energy_per_batch_j, 15e-6, 0.5e-6) << i;
    ASSERT_TRUE(measurement.slowness);
    EXPECT_LE(*measurement.slowness, kQuiet);
  }
}

TEST(Measure, SaysHowDisturbedItWasWhereItNeverWasQuiet) {
  fake::World world;
  world.slowdown = [](double now_s) { return now_s < 2 ? 1 : 1.25; };
  Device device = fake::paced_device(world);
  fake::FakeModel model(world, 3e-6);
  while (world.clock.now_s() < 1.9) static_cast<void>(device.pace->slowness());
  world.clock.advance(0.1);
  const MeasureOptions options{.budget_s = 0.5};
  const Measurement disturbed = measure(model, 1, device, options);
  EXPECT_NEAR(disturbed.time_per_batch_s, 1.25 * 3e-6, 1e-9);
  EXPECT_NEAR(disturbed.slowness.value_or(0), 1.25, 1e-9);
  EXPECT_NEAR(to_json(disturbed).at("slowness").get<double>(), 1.25, 1e-9);
  MeasureOptions strict = options;
  strict.accept_disturbed = false;
  EXPECT_THAT(error_of<UnstableError>([&] { static_cast<void>(measure(model, 1, device, strict)); }),
              HasSubstr("slows the device down, by 25 %"));
  EXPECT_FALSE(measure_fake(world, 3e-6).slowness);  // a device without a pace
}

TEST(Measure, LengthensTrialsForACoarseSensor) {
  fake::World world;
  world.resolution_j = 0.01;
  const Measurement measurement = measure_fake(world, 3e-6);
  EXPECT_GE(static_cast<double>(measurement.runs_per_trial) * 15e-6, 0.5);
  EXPECT_NEAR(measurement.energy_per_batch_j, 15e-6, 0.3e-6);
}

TEST(Measure, RefusesWhatIsNotStable) {
  fake::World world;
  world.noise = 3;
  EXPECT_THAT(error_of<UnstableError>([&] { (void)measure_fake(world, 3e-6, {.budget_s = 0.2}); }),
              HasSubstr("not stable after"));
}

TEST(Measure, RefusesADrift) {
  fake::World world;
  world.drift = 0.5;
  EXPECT_THAT(error_of<UnstableError>(
                  [&] { (void)measure_fake(world, 3e-6, {.target_relative_half_width = 0.001, .min_trials = 1000}); }),
              HasSubstr("drifts: the second half"));
}

TEST(Measure, RefusesABudgetForTooFewTrials) {
  fake::World world;
  EXPECT_THAT(error_of<UnstableError>([&] { (void)measure_fake(world, 2, {.budget_s = 5}); }),
              HasSubstr("raise the budget"));
}

TEST(Measure, RefusesASensorThatStandsStill) {
  fake::World world;
  world.power_w = 0;
  EXPECT_THAT(error_of<UnstableError>([&] { (void)measure_fake(world, 0.01, {.budget_s = 0.5}); }),
              HasSubstr("the sensor did not move"));
}

TEST(Measure, PassesOnASensorThatFails) {
  fake::World world;
  world.sensor_fails = true;
  EXPECT_THAT(error_of<Error>([&] { (void)measure_fake(world, 3e-6); }), HasSubstr("unplugged"));
  world.sensor_fails = false;
  world.power_w = -1;
  EXPECT_THAT(error_of<Error>([&] { (void)measure_fake(world, 3e-6); }), HasSubstr("went backwards"));
}

/// A device that throttles itself from the first run on, until it has rested for `rest_s`; then never again.
struct Hot {
  fake::World& world;
  double rest_s;
  double cool_from_s = -1;

  DeviceState state() {
    const double now_s = world.clock.now_s();
    if (cool_from_s < 0 && now_s > 0) cool_from_s = now_s + rest_s;
    if (now_s == 0 || now_s >= cool_from_s)
      return {.temperature_c = 60, .core_clock_hz = 1e9, .throttling = {"power cap"}};
    return {.temperature_c = 91, .core_clock_hz = 5e8, .throttling = {"power cap", "thermal (hardware)"}};
  }
};

TEST(Measure, RestsWhereHeatSlowsTheDeviceDownAndGoesOn) {
  fake::World world;
  Device device = fake::device(world);
  Hot hot{world, 2};
  device.read_state = [&] { return hot.state(); };
  fake::FakeModel model(world, 3e-6);
  const Measurement measurement = measure(model, 1, device, {});
  EXPECT_NEAR(measurement.energy_per_batch_j, 15e-6, 1e-12);
  EXPECT_GT(world.clock.now_s(), hot.cool_from_s);
  EXPECT_EQ(measurement.state.core_clock_hz, 1e9);
  EXPECT_THAT(measurement.state.throttling, testing::UnorderedElementsAre("power cap", "thermal (hardware)"));
  EXPECT_EQ(to_json(measurement).at("temperature_c"), 60);
}

TEST(Measure, RefusesADeviceThatStaysThrottled) {
  fake::World world;
  Device device = fake::device(world);
  Hot hot{world, 1e9};
  device.read_state = [&] { return hot.state(); };
  fake::FakeModel model(world, 3e-6);
  EXPECT_THAT(error_of<UnstableError>([&] { (void)measure(model, 1, device, {}); }),
              testing::AllOf(HasSubstr("slowed down by its"), HasSubstr("thermal (hardware) at 91 degrees")));
  EXPECT_LT(world.clock.now_s(), 6);  // a quarter of the budget
}

TEST(Measure, APowerCapIsHowTheDeviceIsSet) {
  fake::World world;
  Device device = fake::device(world);
  device.read_state = [] { return DeviceState{.throttling = {"power cap"}}; };
  fake::FakeModel model(world, 3e-6);
  EXPECT_THAT(measure(model, 1, device, {}).state.throttling, testing::ElementsAre("power cap"));
  EXPECT_LT(world.clock.now_s(), 1);
}

TEST(Measure, ChecksItsArguments) {
  fake::World world;
  EXPECT_THROW((void)measure_fake(world, 3e-6, {}, 0), Error);
  EXPECT_THROW((void)measure_fake(world, 3e-6, {.trial_s = 0}), Error);
  EXPECT_THROW((void)measure_fake(world, 3e-6, {.budget_s = std::nan("")}), Error);
}

TEST(Measure, IsWrittenWithItsContext) {
  fake::World world;
  const Json json = to_json(measure_fake(world, 3e-6, {}, 4));
  for (const char* name : {"energy_j", "energy_per_batch_j", "energy_half_width_95_j", "time_per_batch_s",
                           "time_half_width_95_s", "batch", "trials", "runs_per_trial", "source", "sensor"})
    EXPECT_TRUE(json.contains(name)) << name;
  EXPECT_EQ(json.at("source"), "simulated");
}

TEST(Median, IntervalIsTheOrderStatisticsOfTheBinomial) {
  std::vector<double> values{5, 1, 4, 2, 3};
  EXPECT_EQ(estimate_median(values).median, 3);
  EXPECT_TRUE(std::isinf(estimate_median(values).half_width_95));
  values.push_back(6);  // P(all six on one side) = 2 / 64: the whole range, no less
  EXPECT_EQ(estimate_median(values).half_width_95, 2.5);
  values = {1, 2, 3, 4, 5, 6, 7, 8, 9};  // [x_2, x_8]
  EXPECT_EQ(estimate_median(values).half_width_95, 3);
}

TEST(Median, CoversTheMedianOfASkewedDistribution) {
  Rng rng(5);
  for (const int n : {6, 9, 20, 57, 1000}) {
    int inside = 0;
    for (int round = 0; round < 1000; ++round) {
      std::vector<double> values;
      for (int i = 0; i < n; ++i) values.push_back(std::exp(rng.normal()));
      const MedianEstimate estimate = estimate_median(values);
      inside += estimate.low_95 <= 1 && 1 <= estimate.high_95 ? 1 : 0;
    }
    EXPECT_GE(inside, 935) << n;
  }
}

}  // namespace
}  // namespace tabjoule::measure_test
