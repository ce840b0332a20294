// The CPU-time estimate: proportional to the time this process worked and to the stated power.
#include "power/cpu_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <limits>

#include "base/clock.h"
#include "base/error.h"
#include "power/device_facts.h"

namespace tabjoule::cpu_time_test {
namespace {

double cpu_time_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST(CpuTime, IsCpuTimeTimesThePower) {
  const auto sensor = make_cpu_time_sensor(7);
  const double outer_begin_s = cpu_time_s();
  const double begin_j = sensor->read_energy_j();
  const double inner_begin_s = cpu_time_s();
  while (cpu_time_s() - inner_begin_s < 0.02) {
  }
  const double inner_end_s = cpu_time_s();
  const double energy_j = sensor->read_energy_j() - begin_j;
  const double outer_end_s = cpu_time_s();
  EXPECT_GE(energy_j, 7 * (inner_end_s - inner_begin_s) - 1e-4);
  EXPECT_LE(energy_j, 7 * (outer_end_s - outer_begin_s) + 1e-4);
}

TEST(CpuTime, StatesWhatItIs) {
  const auto sensor = make_cpu_time_sensor(default_core_power_w());
  EXPECT_EQ(sensor->info().source, EnergySource::estimated);
  EXPECT_STREQ(to_string(sensor->info().source), "estimated");
  EXPECT_THAT(sensor->info().description, testing::HasSubstr("5 W per core"));
  EXPECT_GT(sensor->info().resolution_j, 0);
  EXPECT_LT(sensor->info().resolution_j, 1e-3);
}

TEST(CpuTime, RefusesAPowerThatIsNone) {
  for (const double power_w : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_THROW((void)make_cpu_time_sensor(power_w), Error) << power_w;
}

TEST(DeviceFacts, NameWhatIsKnown) {
  EXPECT_EQ(device_facts("cpu").at("name"), "cpu");
  try {
    (void)device_facts("cpuu");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr("did you mean \"cpu\"?"));
  }
}

}  // namespace
}  // namespace tabjoule::cpu_time_test
