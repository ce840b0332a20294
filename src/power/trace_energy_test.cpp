// Joules of a window: exact on straight lines, honest about steps between samples, strict about damaged traces.
#include "power/trace_energy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::trace_energy_test {
namespace {

TEST(Integrate, IsExactOnStraightLinesAndInterpolatesTheEnds) {
  const PowerTrace trace{.time_s = {0, 1, 3}, .power_w = {0, 10, 10}};
  const TraceEnergy energy = integrate(trace, 0.5, 2);
  EXPECT_DOUBLE_EQ(energy.energy_j, 0.5 * (5 + 10) * 0.5 + 10);
  EXPECT_EQ(energy.samples, 1);
  EXPECT_DOUBLE_EQ(integrate(trace, 0, 3).energy_j, 25);
  EXPECT_DOUBLE_EQ(integrate(trace, 1.5, 1.75).energy_j, 2.5);
}

TEST(Integrate, IntervalsHoldTheTruthOfJumpsBetweenSamples) {
  Rng random(5);
  int inside = 0;
  constexpr int kTrials = 2000;
  for (int trial = 0; trial < kTrials; ++trial) {
    PowerTrace trace;
    double truth_j = 0;
    double power_w = 100;
    for (int i = 0; i <= 40; ++i) {
      trace.time_s.push_back(0.1 * i);
      trace.power_w.push_back(power_w);
      const double next_w = random.uniform(50, 350);
      const double jump = random.uniform();
      if (i < 40) truth_j += 0.1 * (jump * power_w + (1 - jump) * next_w);
      power_w = next_w;
    }
    const TraceEnergy energy = integrate(trace, 0, trace.time_s.back());
    inside += std::abs(energy.energy_j - truth_j) <= energy.half_width_95_j ? 1 : 0;
  }
  EXPECT_GT(inside, kTrials * 93 / 100);
  EXPECT_LT(inside, kTrials * 97 / 100);
}

TEST(Integrate, RefusesWindowsAndTracesThatAreNone) {
  const PowerTrace good{.time_s = {0, 1, 3}, .power_w = {0, 10, 10}};
  const auto refused = [](const PowerTrace& trace, double from_s, double to_s) -> std::string {
    try {
      (void)integrate(trace, from_s, to_s);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refused(good, 1, 1), testing::HasSubstr("end after it begins"));
  EXPECT_THAT(refused(good, -1, 1), testing::HasSubstr("-1 s lies outside"));
  EXPECT_THAT(refused(good, 1, 3.5), testing::HasSubstr("from 0 to 3 s"));
  EXPECT_THAT(refused({.time_s = {0}, .power_w = {1}}, 0, 0.1), testing::HasSubstr("at least 2"));
  EXPECT_THAT(refused({.time_s = {0, 1, 1}, .power_w = {1, 1, 1}}, 0, 1), testing::HasSubstr("sample 3"));
  EXPECT_THAT(refused({.time_s = {0, 1}, .power_w = {1, std::nan("")}}, 0, 1), testing::HasSubstr("sample 2"));
  EXPECT_THAT(refused({.time_s = {0, 1}, .power_w = {1}}, 0, 1), testing::HasSubstr("1 and 2"));
}

}  // namespace
}  // namespace tabjoule::trace_energy_test
