// The measuring protocol on simulated devices, whose truth is known: by traces and by energy counters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/onnx/onnx_file.h"
#include "profile/kernel_model.h"
#include "profile/measure.h"
#include "profile/profile.h"
#include "profile/rule_discovery.h"

namespace tabjoule::simulated_device_test {
namespace {

using Kernels = std::vector<KernelKey>;

Kernels chain(std::int64_t m, std::int64_t n, std::int64_t k, int copies) {
  return Kernels(static_cast<std::size_t>(copies), {KernelType::linear, {m, n, k}, "", DataType::float16});
}

/// Kernels of about 6 us, 50 us and 50 ms on the Orin; a run of the first has many.
std::vector<Kernels> some_models() {
  return {chain(1, 64, 64, 20), chain(256, 2048, 1024, 4), chain(8192, 8192, 8192, 1)};
}

Device open(const std::string& name, std::uint64_t seed = 0) { return open_device(name, {.seed = seed}); }

TEST(SimulatedDevice, SaysThatItIsSimulated) {
  for (const char* name : {"sim:a100", "sim:jetson-agx-orin", "sim:rtx-3090"}) {
    const Device device = open(name);
    EXPECT_EQ(device.name, name);
    EXPECT_EQ(device.energy.source, EnergySource::simulated);
    EXPECT_THAT(device.energy.name, testing::HasSubstr("simulated"));
    EXPECT_THAT(device.fingerprint, testing::HasSubstr("simulated"));
  }
}

TEST(SimulatedDevice, MeasuresTheTruth) {
  for (const char* name : {"sim:a100", "sim:jetson-agx-orin", "sim:rtx-3090"}) {
    for (const Kernels& kernels : some_models()) {
      Device device = open(name, 3);
      const auto model = make_simulated_model(*device.simulation, kernels);
      const Measurement measurement = measure(*model, 1, device, {});
      const KernelCost truth = device.simulation->steady_cost(kernels);
      EXPECT_NEAR(measurement.energy_per_batch_j, truth.energy_j, 0.02 * truth.energy_j) << name;
      EXPECT_NEAR(measurement.time_per_batch_s, truth.time_s, 0.02 * truth.time_s) << name;
      EXPECT_NEAR(measurement.idle_power_w.value(), device.simulation->gpu().power.idle_w, 1) << name;
      EXPECT_GT(measurement.state.core_clock_hz.value(), 0.1 * device.simulation->gpu().clocks.highest_hz);
    }
  }
}

/// As NVML's average power: the sensor's model is undone, since waiting for it would double a trial.
TEST(SimulatedDevice, MeasuresTheTruthBehindAMeanOverASecond) {
  for (const SensorKind kind : {SensorKind::boxcar, SensorKind::lag}) {
    SimulatedGpu gpu = simulated_gpu("rtx-3090");
    SensorModel& sensor = gpu.sensor.model;
    sensor.kind = kind;
    sensor.window_s = kind == SensorKind::boxcar ? 1 : 0;
    sensor.lag_s = kind == SensorKind::lag ? 0.3 : 0;
    Device device;
    device.simulation = std::make_unique<Simulation>(gpu, 5);
    device.power = sensor;
    device.energy.name = "slow";
    device.energy.update_period_s = sensor.update_period_s;
    device.clock = make_simulated_clock(*device.simulation);
    device.runner = make_simulated_runner(*device.simulation);
    device.recorder = make_simulated_recorder(device.simulation->sensor(), *device.clock);
    for (const Kernels& kernels : some_models()) {
      const auto model = make_simulated_model(*device.simulation, kernels);
      const Measurement measurement = measure(*model, 1, device, {.budget_s = 40});
      const KernelCost truth = device.simulation->steady_cost(kernels);
      EXPECT_NEAR(measurement.energy_per_batch_j, truth.energy_j, 0.03 * truth.energy_j) << to_string(kind);
    }
  }
}

TEST(SimulatedDevice, ItsEnergyCounterGivesTheTruth) {
  Device device = open("sim:rtx-3090", 1);
  device.recorder.reset();
  device.energy = device.sensor->info();
  const Kernels kernels = chain(256, 2048, 1024, 4);
  const auto model = make_simulated_model(*device.simulation, kernels);
  const Measurement measurement = measure(*model, 1, device, {});
  const KernelCost truth = device.simulation->steady_cost(kernels);
  EXPECT_NEAR(measurement.energy_per_batch_j, truth.energy_j, 0.01 * truth.energy_j);
}

TEST(SimulatedDevice, IntervalsHoldTheTruth) {
  constexpr int kSeeds = 60;
  for (const char* name : {"sim:jetson-agx-orin", "sim:rtx-3090"}) {
    int inside = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      Device device = open(name, seed);
      const Kernels kernels = chain(1, 64, 64, 20);
      const auto model = make_simulated_model(*device.simulation, kernels);
      const Measurement measurement = measure(*model, 1, device, {.idle_baseline = false, .seed = seed});
      const double error_j = measurement.energy_per_batch_j - device.simulation->steady_cost(kernels).energy_j;
      inside += std::abs(error_j) <= measurement.energy_half_width_95_j ? 1 : 0;
    }
    EXPECT_GE(inside, 0.88 * kSeeds) << name;  // of 95 %: below 0.88 once in 60 such tests
  }
}

TEST(SimulatedDevice, RefusesABudgetForTooFewTrials) {
  Device device = open("sim:rtx-3090");
  const auto model = make_simulated_model(*device.simulation, chain(1, 64, 64, 4));
  try {
    static_cast<void>(measure(*model, 1, device, {.budget_s = 2}));
    FAIL();
  } catch (const UnstableError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("raise the budget"));
  }
}

TEST(SimulatedDevice, LoadsRealModelsAndGivesTheirOutputs) {
  Device device = open("sim:a100");
  const KernelKey key{KernelType::linear, {2, 4, 3}, "relu"};
  const auto model = device.runner->load(to_onnx(kernel_model(key, 1)));
  EXPECT_THROW(model->run_bound(1), Error);
  model->bind_random(1, 0);
  const double begin_s = device.clock->now_s();
  model->run_bound(10);
  EXPECT_GT(device.clock->now_s(), begin_s);
  const KernelGraph kernels = detect_kernels(device, model->executed_graph(), 1);
  ASSERT_EQ(kernels.kernels.size(), 1U);
  EXPECT_EQ(kernels.kernels[0].key.dtype, DataType::float16);
  const auto outputs = model->run({{"x0", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}}});
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].dims, (std::vector<std::int64_t>{2, 4}));
}

/// Whatever is assumed at first, through the noise and the lag of the device's own sensor.
TEST(SimulatedDevice, ItsRulesAreFoundByExperimentsExactly) {
  for (const char* name : {"sim:jetson-agx-orin", "sim:rtx-3090", "sim:a100"}) {
    const auto discover = [&](const FusionRules& assumed) {
      Device device = open(name);
      DiscoveryOptions options;
      options.measure = kernel_options(device);
      options.budget_s = 1e6;
      return discover_rules(device, assumed, every_question(), options, {});
    };
    const FusionRules truth = rules_of_device(name, true);
    const DiscoveredRules confirmed = discover(truth);
    EXPECT_EQ(confirmed.rules, truth) << name;
    const DiscoveredRules corrected = discover(onnxruntime_cpu_rules());
    EXPECT_GT(contradictions(corrected.evidence), 0) << name;
    ASSERT_EQ(corrected.evidence.size(), confirmed.evidence.size());
    for (std::size_t i = 0; i < confirmed.evidence.size(); ++i) {
      const RuleEvidence& row = confirmed.evidence[i];
      const Verdict right = row.assumed ? Verdict::yes : Verdict::no;
      EXPECT_EQ(row.verdict, right) << name << ": " << row.rule << ", assumed to be so";
      EXPECT_EQ(corrected.evidence[i].verdict, right) << name << ": " << row.rule << ", assumed otherwise";
    }
  }
}

TEST(SimulatedDevice, ProfilesKernelsAtWhatTheyCost) {
  Device device = open("sim:jetson-agx-orin");
  Kernels wanted;
  for (const int n : {8, 64, 512})
    for (const int k : {16, 128}) wanted.push_back({KernelType::linear, {256, n, k}, "relu", DataType::float16});
  DeviceProfile profile;
  ProfileOptions options{.budget_s = 1e5, .most_weight_bytes = 0};
  options.measure = kernel_options(device);
  options.inputs = CopyInputs::own;
  profile_kernels(profile, wanted, device, options, {}, {});
  EXPECT_EQ(profile.samples.size(), wanted.size() + 1);
  for (const KernelSample& sample : profile.samples) {
    if (sample.key.type == KernelType::session) continue;
    const KernelCost truth = kernel_cost(device.simulation->gpu(), sample.key, {1, 1});
    EXPECT_NEAR(sample.energy_j, truth.energy_j, 0.1 * truth.energy_j) << sample.key.text();
    EXPECT_NEAR(sample.time_s, truth.time_s, 0.1 * truth.time_s) << sample.key.text();
  }
}

}  // namespace
}  // namespace tabjoule::simulated_device_test
