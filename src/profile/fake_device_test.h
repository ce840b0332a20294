// A device whose every cost is known: the runner reads the model it is given and charges for what it finds; the
// sensor and the clock show it, with noise, drift or failures on demand.
#pragma once

#include <cmath>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/random.h"
#include "graph/onnx/onnx_file.h"
#include "profile/device.h"

namespace tabjoule::fake {

/// What happened on the device so far. Shared by its parts.
struct World {
  double energy_j = 0;
  double power_w = 5;
  double noise = 0;  ///< standard deviation of the logarithm of a trial's cost
  double drift = 0;  ///< growth of the cost per second
  std::function<double(double)> slowdown = [](double) { return 1.0; };  ///< by other programs, at a time
  double resolution_j = 0;
  bool sensor_fails = false;
  Rng rng{1};
  FakeClock clock;
  int loads = 0;
};

class WorldClock final : public Clock {
 public:
  explicit WorldClock(World& world) : world_(world) {}
  [[nodiscard]] double now_s() override { return world_.clock.now_s(); }
  void sleep(double seconds) override { world_.clock.sleep(seconds); }

 private:
  World& world_;
};

class WorldSensor final : public Sensor {
 public:
  explicit WorldSensor(World& world) : world_(world) {
    info_ = {.name = "fake", .description = "known truth", .source = EnergySource::simulated, .domains = {}};
    info_.resolution_j = world.resolution_j;
  }
  [[nodiscard]] const SensorInfo& info() const override { return info_; }
  [[nodiscard]] double read_energy_j() override {
    if (world_.sensor_fails) fail_device("the fake sensor was unplugged");
    if (world_.resolution_j == 0) return world_.energy_j;
    return std::floor(world_.energy_j / world_.resolution_j) * world_.resolution_j;
  }

 private:
  World& world_;
  SensorInfo info_;
};

/// Takes `time_s` a run.
class FakeModel final : public LoadedModel {
 public:
  FakeModel(World& world, double time_s) : world_(world), time_s_(time_s) {}
  [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>&) override { return {}; }
  void bind_random(std::int64_t, std::uint64_t) override {}
  void run_bound(int times) override {
    const double now_s = world_.clock.now_s();
    const double time_s = times * time_s_ * std::exp(world_.noise * world_.rng.normal()) * (1 + world_.drift * now_s) *
                          world_.slowdown(now_s);
    world_.clock.advance(time_s);
    world_.energy_j += world_.power_w * time_s;
  }
  [[nodiscard]] Graph executed_graph() override { return {}; }

 private:
  World& world_;
  double time_s_;
};

inline constexpr double kSessionS = 2e-6;
inline constexpr double kIntermediateS = 0.1e-6;

/// The truth about a kernel: 0.3 us and 10 GFLOP/s.
inline double kernel_s(double m, double n, double k) { return 0.3e-6 + 2 * m * n * k / 1e10; }

/// Charges each Gemm by its shape, each output that stays inside, and the run.
inline double model_s(const Graph& graph) {
  double time_s = kSessionS;
  const auto m = static_cast<double>(graph.inputs.at(0).dims.at(0));
  for (const Node& node : graph.nodes) {
    if (node.op != "Gemm") continue;
    const Tensor* weight = graph.constant(node.inputs.at(1));
    time_s += kernel_s(m, static_cast<double>(weight->dims.at(0)), static_cast<double>(weight->dims.at(1)));
    for (const Node& reader : graph.nodes)
      if (reader.op == "Gemm" && reader.inputs.at(0) == node.outputs.at(0)) time_s += kIntermediateS;
  }
  return time_s;
}

class FakeRunner final : public Runner {
 public:
  explicit FakeRunner(World& world) : world_(world) {}
  [[nodiscard]] std::string name() const override { return "fake"; }
  [[nodiscard]] std::string version() const override { return "1"; }
  [[nodiscard]] std::unique_ptr<LoadedModel> load(const std::string& onnx_bytes) override {
    ++world_.loads;
    return std::make_unique<FakeModel>(world_, model_s(from_onnx(onnx_bytes, "fake")));
  }

 private:
  World& world_;
};

inline Device device(World& world) {
  Device result;
  result.name = "fake";
  result.rules = onnxruntime_cpu_rules();
  result.fingerprint = "fake | fake 1 | fake";
  result.runner = std::make_unique<FakeRunner>(world);
  result.sensor = std::make_unique<WorldSensor>(world);
  result.energy = result.sensor->info();
  result.clock = std::make_unique<WorldClock>(world);
  return result;
}

/// One that hears whether other programs disturb it.
inline Device paced_device(World& world) {
  Device result = device(world);
  result.pace = std::make_unique<Pace>(*result.runner, *result.clock);
  return result;
}

}  // namespace tabjoule::fake
