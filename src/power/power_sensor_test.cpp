// Recording on a thread: every sample as it came, lateness counted, failures told, sums exact where power is.
#include "power/power_sensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "base/error.h"

namespace tabjoule::power_sensor_test {
namespace {

/// Time moves only by sleeping and by what a read costs; safe for the recorder's thread and the test's.
class SharedClock final : public Clock {
 public:
  [[nodiscard]] double now_s() override { return now_s_; }
  void sleep(double seconds) override {
    now_s_ = now_s_ + seconds;
    std::this_thread::yield();
  }

 private:
  std::atomic<double> now_s_ = 0;
};

/// 100 W plus 10 W a second; takes `delay_s` at one read; fails at another.
class ScriptedSensor final : public PowerSensor {
 public:
  explicit ScriptedSensor(Clock& clock) : clock_(clock) {
    info_.name = "scripted";
    info_.description = "scripted power";
  }
  [[nodiscard]] const SensorInfo& info() const override { return info_; }
  [[nodiscard]] double read_power_w() override {
    ++reads;
    if (reads == late_at) clock_.sleep(0.35);
    if (reads == fails_at) fail_device("scripted sensor lost");
    return frozen ? 100 : 100 + 10 * clock_.now_s();
  }

  std::atomic<int> reads = 0;
  int late_at = -1, fails_at = -1;
  bool frozen = false;

 private:
  Clock& clock_;
  SensorInfo info_;
};

void wait_for(const ScriptedSensor& sensor, int reads) {
  while (sensor.reads < reads) std::this_thread::yield();
}

TEST(ThreadRecorder, RecordsWhatTheSensorSaidWhenItSaidIt) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  recorder->start();
  wait_for(sensor, 50);
  const PowerTrace trace = recorder->stop();
  ASSERT_GE(trace.size(), 50U);
  EXPECT_EQ(trace.late, 0);
  for (std::size_t i = 0; i < trace.size(); ++i) {
    EXPECT_NEAR(trace.time_s[i], 0.1 * static_cast<double>(i), 1e-6);
    EXPECT_NEAR(trace.power_w[i], 100 + 10 * trace.time_s[i], 1e-6);
  }
  EXPECT_FALSE(is_frozen(trace));
}

TEST(ThreadRecorder, CountsLateSamplesAndLeavesTheGap) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  sensor.late_at = 10;
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  recorder->start();
  wait_for(sensor, 30);
  const PowerTrace trace = recorder->stop();
  EXPECT_GE(trace.late, 1);
  double widest_s = 0;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    EXPECT_GT(trace.time_s[i], trace.time_s[i - 1]);
    widest_s = std::max(widest_s, trace.time_s[i] - trace.time_s[i - 1]);
  }
  EXPECT_GT(widest_s, 0.15);
}

TEST(ThreadRecorder, EndsWithTheReasonWhenTheSensorFails) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  sensor.fails_at = 20;
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  recorder->start();
  wait_for(sensor, 20);
  try {
    (void)recorder->stop();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_THAT(error.what(), testing::HasSubstr("scripted sensor lost"));
  }
  recorder->start();  // and may be tried again
  EXPECT_GE(recorder->stop().size(), 1U);
}

TEST(ThreadRecorder, ASensorThatCannotBeReadIsKnownAtOnce) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  sensor.fails_at = 1;
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  EXPECT_THROW(recorder->start(), Error);
}

TEST(ThreadRecorder, RefusesTwoStartsAndOddPeriods) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  EXPECT_THROW((void)make_thread_recorder(sensor, clock, 0), Error);
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  recorder->start();
  EXPECT_THROW(recorder->start(), Error);
  (void)recorder->stop();
}

TEST(ThreadRecorder, TellsAFrozenSensor) {
  SharedClock clock;
  ScriptedSensor sensor(clock);
  sensor.frozen = true;
  const auto recorder = make_thread_recorder(sensor, clock, 0.1);
  recorder->start();
  wait_for(sensor, 5);
  EXPECT_TRUE(is_frozen(recorder->stop()));
}

TEST(CountingSensor, SumsPowerAndNeverGoesBack) {
  const auto clock = std::make_shared<SharedClock>();
  auto scripted = std::make_unique<ScriptedSensor>(*clock);
  ScriptedSensor& sensor = *scripted;
  SensorModel model;
  model.gain = 2;
  model.offset_w = 10;
  const auto counter = make_counting_sensor(std::move(scripted), clock, model, 0.1);
  double last_j = 0;
  for (int reads = 5; reads < 100; reads += 5) {
    wait_for(sensor, reads);
    const double before_s = clock->now_s();
    const double energy_j = counter->read_energy_j();
    const double after_s = clock->now_s();
    const auto truth_j = [](double t) { return (90 * t + 5 * t * t) / 2; };
    EXPECT_GE(energy_j, last_j);
    EXPECT_GE(energy_j, truth_j(before_s) - 20);
    EXPECT_LE(energy_j, truth_j(after_s) + 20);
    last_j = energy_j;
  }
}

TEST(CountingSensor, FailsOnceItsSensorHasFailed) {
  const auto clock = std::make_shared<SharedClock>();
  auto scripted = std::make_unique<ScriptedSensor>(*clock);
  ScriptedSensor& sensor = *scripted;
  sensor.fails_at = 10;
  const auto counter = make_counting_sensor(std::move(scripted), clock, {}, 0.1);
  wait_for(sensor, 10);
  bool failed = false;
  for (int i = 0; i < 1'000'000 && !failed; ++i) {
    try {
      (void)counter->read_energy_j();
      std::this_thread::yield();
    } catch (const Error&) {
      failed = true;
    }
  }
  EXPECT_TRUE(failed);
}

TEST(PlausiblePower, RefusesWhatNoDeviceSpends) {
  EXPECT_EQ(plausible_w(0, "x"), 0);
  for (const double power_w : {-1.0, 1e6, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW((void)plausible_w(power_w, "x"), Error) << power_w;
}

}  // namespace
}  // namespace tabjoule::power_sensor_test
