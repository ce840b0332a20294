// Virtual time: what a simulated device does over time, and that it does the same again.
#include "runtime/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace tabjoule::simulation_test {
namespace {

std::vector<KernelKey> network(std::int64_t width, int depth) {
  return std::vector<KernelKey>(static_cast<std::size_t>(depth),
                                {KernelType::linear, {256, width, width}, "relu", DataType::float16});
}

double mean_power_w(const Simulation& simulation, double from_s, double to_s) {
  return simulation.true_power().energy_j(from_s, to_s) / (to_s - from_s);
}

TEST(Simulation, RepeatsItselfForASeedAndDiffersForAnother) {
  const auto trace = [](std::uint64_t seed) {
    Simulation simulation(simulated_gpu("rtx-3090"), seed);
    simulation.run(network(256, 3), 1000);
    simulation.wait(0.2);
    simulation.run(network(2048, 3), 500);
    std::vector<double> readings{simulation.now_s()};
    for (std::int64_t i = 0; i < 3; ++i) readings.push_back(simulation.sensor().power_w(i));
    return readings;
  };
  EXPECT_EQ(trace(3), trace(3));
  EXPECT_NE(trace(3), trace(4));
}

TEST(Simulation, LongRunsConvergeToTheSteadyTruth) {
  for (const std::string& name : simulated_gpu_names()) {
    for (const auto& kernels : {network(8, 2), network(512, 4), network(4096, 3)}) {
      Simulation simulation(simulated_gpu(name), 1);
      const KernelCost truth = simulation.steady_cost(kernels);
      const auto runs = static_cast<std::int64_t>(20 / truth.time_s);
      simulation.run(kernels, runs / 10);
      const double begin_s = simulation.now_s();
      simulation.run(kernels, runs);
      const double end_s = simulation.now_s();
      EXPECT_NEAR((end_s - begin_s) / static_cast<double>(runs), truth.time_s, 2e-3 * truth.time_s) << name;
      EXPECT_NEAR(mean_power_w(simulation, begin_s, end_s), truth.energy_j / truth.time_s,
                  2e-3 * truth.energy_j / truth.time_s);
    }
  }
}

TEST(Simulation, OneRunAfterAPauseIsSlowerThanOneAmongMany) {
  Simulation simulation(simulated_gpu("jetson-agx-orin"), 1);
  const auto kernels = network(1024, 4);
  const auto time_s = [&] {
    const double begin_s = simulation.now_s();
    simulation.run(kernels, 1);
    return simulation.now_s() - begin_s;
  };
  simulation.wait(1);
  const double alone_s = time_s();
  simulation.run(kernels, 2000);
  EXPECT_GT(alone_s, 1.5 * time_s());
}

TEST(Simulation, PowerFallsToIdleWithinWhatTheClockRemembers) {
  Simulation simulation(simulated_gpu("a100"), 1);
  const auto& power = simulation.gpu().power;
  simulation.wait(0.1);
  EXPECT_EQ(mean_power_w(simulation, 0, 0.1), power.idle_w);
  simulation.run(network(2048, 2), 5000);
  const double end_s = simulation.now_s();
  simulation.wait(1);
  EXPECT_GT(mean_power_w(simulation, end_s, end_s + 0.01), 0.5 * (power.idle_w + power.base_w));
  EXPECT_NEAR(mean_power_w(simulation, end_s + 0.5, end_s + 1), power.idle_w, 0.1);
}

TEST(Simulation, AMillionRunsAreCompact) {
  Simulation simulation(simulated_gpu("jetson-agx-orin"), 1);
  const auto kernels = network(16, 2);
  simulation.run(kernels, 1'000'000);
  EXPECT_NEAR(simulation.now_s(), 1e6 * simulation.steady_cost(kernels).time_s, 1e-2 * simulation.now_s());
}

TEST(Simulation, RefusesNonsense) {
  Simulation simulation(simulated_gpu("a100"), 1);
  EXPECT_THROW(simulation.wait(-1), Error);
  EXPECT_THROW(simulation.wait(std::nan("")), Error);
  EXPECT_THROW(simulation.run(network(8, 1), -1), Error);
}

}  // namespace
}  // namespace tabjoule::simulation_test
