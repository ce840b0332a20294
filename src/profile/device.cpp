#include "profile/device.h"

#include <charconv>
#include <ctime>
#include <vector>

#include "base/error.h"
#include "base/machine.h"
#include "base/text.h"
#include "profile/device_sensors.h"

namespace tabjoule {
namespace {

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

void require_no_model_of_ours(const DeviceOptions& options, const std::string& name) {
  if (!options.sensor.empty()) fail_usage("--sensor: a simulated device has its own; leave it out with {}", name);
  if (options.sensor_model) fail_usage("--sensor-model: a simulated device has its own; leave it out with {}", name);
}

Device open_cpu(const DeviceOptions& options) {
  Device device;
  device.name = "cpu";
  device.rules = onnxruntime_cpu_rules();
  device.runner = options.make_runner({.threads = options.threads});
  device.clock = options.make_clock();
  attach_cpu_sensor(device, options);
  if (!device.reads_in_windows()) device.pace = std::make_unique<Pace>(*device.runner, *device.clock);
  let_threads_rest(*device.clock);
  device.fingerprint = fmt::format("{} | {} {} | {}", processor_name(), device.runner->name(), device.runner->version(),
                                   device.energy.name);
  if (device.energy.source == EnergySource::estimated)
    device.fingerprint += fmt::format(" {:g} W", core_power_w(options));
  if (options.threads > 1) device.fingerprint += fmt::format(" | {} threads", options.threads);
  return device;
}

/// N of "cuda:N".
int number_of_gpu(const std::string& name) {
  const std::string digits = name.substr(name.find(':') + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number < 0)
    fail_usage("device \"{}\": write a GPU's number behind the colon, as {}0", name,
               name.substr(0, name.find(':') + 1));
  return number;
}

std::unique_ptr<Runner> gpu_runner(const RunnerOptions& runner, const DeviceOptions& options) {
  try {
    return options.make_runner(runner);
  } catch (const Error& missing) {
    // Someone without a GPU need not install anything.
    if (gpu_device_names(options.cuda).empty())
      throw Error(missing.kind(), fmt::format("{} (and this machine shows no NVIDIA GPU)", missing.what()));
    throw;
  }
}

Device open_gpu(const std::string& name, Provider provider, const DeviceOptions& options) {
  const int number = number_of_gpu(name);
  if (!gpu_device_names(options.cuda).empty()) static_cast<void>(cuda_gpu(number, options.cuda));  // is it there?
  Device device;
  device.name = name;
  device.rules = rules_of_device(name, options.float16);
  device.runner = gpu_runner(
      {.provider = provider, .gpu = number, .float16 = options.float16, .cache = options.engine_cache}, options);
  const CudaGpu gpu = cuda_gpu(number, options.cuda);
  device.clock = options.make_clock();
  attach_gpu_sensor(device, gpu, options);
  device.fingerprint = fmt::format("{} | {} {} {} | {}", gpu.name, device.runner->name(), device.runner->version(),
                                   to_string(device.rules.dtype), device.energy.name);
  return device;
}

Device open_simulated(const std::string& name, const DeviceOptions& options) {
  require_no_model_of_ours(options, "sim:" + name);
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

std::optional<int> Device::processors() const {
  if (simulation) return simulation->gpu().execution.sms;
  if (name == "cpu") return 0;
  return {};
}

FusionRules rules_of_device(const std::string& name, bool float16) {
  if (name == "auto" || name == "cpu") return onnxruntime_cpu_rules();
  if (name.starts_with("sim:")) return simulated_gpu(name.substr(4)).rules;
  if (name.starts_with("cuda:")) return load_fusion_rules("onnxruntime-cuda");
  if (name.starts_with("tensorrt:")) {
    FusionRules rules = load_fusion_rules("tensorrt");
    if (float16) rules.dtype = DataType::float16;
    return rules;
  }
  fail_usage("device \"{}\" is not known{}; known are auto, cpu, cuda:N, tensorrt:N and sim:NAME", name,
             did_you_mean(name, {"auto", "cpu", "cuda:0", "tensorrt:0"}));
}

std::vector<std::string> gpu_device_names(const std::string& cuda_library) {
  std::vector<std::string> names;
  try {
    for (const CudaGpu& gpu : cuda_gpus(cuda_library))
      for (const char* provider : {"cuda", "tensorrt"}) names.push_back(fmt::format("{}:{}", provider, gpu.ordinal));
  } catch (const Error&) {
    return {};
  }
  return names;
}

Device open_device(const std::string& name, const DeviceOptions& options) {
  static_cast<void>(rules_of_device(name));  // refuses what is not known
  if (name.starts_with("sim:")) return open_simulated(name.substr(4), options);
  if (name.starts_with("cuda:")) return open_gpu(name, Provider::cuda, options);
  if (name.starts_with("tensorrt:")) return open_gpu(name, Provider::tensorrt, options);
  return open_cpu(options);
}

}  // namespace tabjoule
