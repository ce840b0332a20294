#include "profile/device.h"

#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/text.h"
#include "power/cpu_time.h"
#include "power/device_facts.h"
#include "power/rapl.h"

namespace tabjoule {
namespace {

double core_power_w(const DeviceOptions& options) {
  return options.core_power_w == 0 ? default_core_power_w() : options.core_power_w;
}

std::unique_ptr<Sensor> open_cpu_sensor(const DeviceOptions& options) {
  if (rapl_status(options.sysfs).usable) return make_rapl_sensor(options.sysfs);
  return make_cpu_time_sensor(core_power_w(options));
}

/// Threads of other libraries spin for up to a tenth of a second before they sleep for the first time (OpenBLAS's do,
/// though only one of them is ever used): their energy would be counted as the model's.
void let_threads_rest(Clock& clock) {
  constexpr int kMostPauses = 100;
  constexpr double kPauseS = 0.01;
  constexpr double kAtRest = 0.1;  // of a core
  for (int i = 0; i < kMostPauses; ++i) {
    const std::clock_t before = std::clock();
    clock.sleep(kPauseS);
    if (static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC < kAtRest * kPauseS) return;
  }
}

Device open_cpu(const DeviceOptions& options) {
  Device device;
  device.name = "cpu";
  device.rules = onnxruntime_cpu_rules();
  device.runner = make_cpu_runner({});
  device.sensor = open_cpu_sensor(options);
  device.energy = device.sensor->info();
  device.clock = std::make_unique<SystemClock>();
  let_threads_rest(*device.clock);
  const SensorInfo& sensor = device.sensor->info();
  device.fingerprint =
      fmt::format("{} | {} {} | {}", processor_name(), device.runner->name(), device.runner->version(), sensor.name);
  if (sensor.source == EnergySource::estimated) device.fingerprint += fmt::format(" {:g} W", core_power_w(options));
  return device;
}

Device open_simulated(const std::string& name, const DeviceOptions& options) {
  Device device;
  device.simulation = std::make_unique<Simulation>(simulated_gpu(name), options.seed);
  Simulation& simulation = *device.simulation;
  const SimulatedGpu& gpu = simulation.gpu();
  device.name = "sim:" + name;
  device.rules = gpu.rules;
  device.power = gpu.sensor.model;
  device.energy = {.name = gpu.sensor.name,
                   .description = gpu.sensor.description,
                   .source = EnergySource::simulated,
                   .domains = {"device"},
                   .update_period_s = gpu.sensor.model.update_period_s};
  device.clock = make_simulated_clock(simulation);
  device.runner = make_simulated_runner(simulation);
  device.recorder = make_simulated_recorder(simulation.sensor(), *device.clock);
  if (gpu.sensor.counter_period_s > 0)
    device.sensor = make_simulated_counter(simulation.sensor().facts(), simulation.true_power(), *device.clock);
  device.read_state = [&simulation] {
    return DeviceState{.core_clock_hz = simulation.clock() * simulation.gpu().clocks.highest_hz};
  };
  device.fingerprint =
      fmt::format("{} | {} {} | {}", gpu.title, device.runner->name(), device.runner->version(), device.energy.name);
  return device;
}

}  // namespace

KernelGraph detect_kernels(const Device& device, const Graph& graph, std::int64_t batch) {
  return detect_kernels(graph, batch, device.rules);
}

Device open_device(const std::string& name, const DeviceOptions& options) {
  if (name == "auto" || name == "cpu") return open_cpu(options);
  if (name.starts_with("sim:")) return open_simulated(name.substr(4), options);
  for (const char* prefix : {"cuda:", "tensorrt:"})
    if (name.starts_with(prefix))
      fail_device("device \"{}\": this version of tabjoule does not run on {} devices yet; use --device cpu", name,
                  name.substr(0, name.find(':')));
  fail_usage("device \"{}\" is not known{}; known are auto, cpu, cuda:N, tensorrt:N and sim:NAME", name,
             did_you_mean(name, {"auto", "cpu", "cuda:0", "tensorrt:0"}));
}

}  // namespace tabjoule
