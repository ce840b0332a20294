// A device as the rest of the program sees it: something that runs models and something that reads energy.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernel/detect.h"
#include "power/cuda_driver.h"
#include "power/nvml.h"
#include "power/power_sensor.h"
#include "profile/pace.h"
#include "runtime/runner.h"
#include "runtime/simulation.h"

namespace tabjoule {

struct Device {
  std::string name;                        ///< "cpu", "sim:a100"
  std::string fingerprint;                 ///< processor, runtime and sensor: what a stored profile must match
  FusionRules rules;                       ///< of its runtime, and what that computes float32 models in
  SensorInfo energy;                       ///< where its energy figures come from: the sensor's or the recorder's
  std::unique_ptr<Simulation> simulation;  ///< of simulated devices only: virtual time and the truth
  std::unique_ptr<Runner> runner;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<Sensor> sensor;             ///< an energy counter; null where there is none
  std::unique_ptr<PowerSensor> power_sensor;  ///< what the recorder reads; null where that has no sensor of its own
  std::unique_ptr<TraceRecorder> recorder;    ///< of power; preferred to the counter where there is one
  SensorModel power;                          ///< what the readings, or the counter's steps, are corrected by
  std::function<DeviceState()> read_state;    ///< empty where nothing can be read
  std::unique_ptr<Pace> pace;                 ///< of a processor whose sensor can be read at any time, else null

  /// Streaming multiprocessors of a GPU, 0 of a processor, where they are known.
  [[nodiscard]] std::optional<int> processors() const;
  /// Readings come at a period of their own: a trial must last for many of them.
  [[nodiscard]] bool reads_in_windows() const { return recorder || energy.update_period_s > 0; }
};

/// The kernels that `device`'s runtime makes of `graph`, in the type it computes in. Errors as detect_kernels.
[[nodiscard]] KernelGraph detect_kernels(const Device& device, const Graph& graph, std::int64_t batch);

struct DeviceOptions {
  double core_power_w = 0;  ///< of the CPU-time estimate; 0 takes the figure of devices/cpu.json
  std::string sysfs = "/sys";
  std::uint64_t seed = 0;                   ///< of a simulated device's jitter and noise
  int threads = 1;                          ///< of the processor, in the runtime
  bool float16 = true;                      ///< what TensorRT may compute in
  std::filesystem::path engine_cache = {};  ///< TensorRT's engines; empty: built each time
  /// sensor_names() has what can be asked for; empty: the best one here.
  std::string sensor = {};
  std::optional<SensorModel> sensor_model = {};  ///< in place of what is published about the sensor
  // The outside world; tests bring their own.
  std::string nvml = kNvmlLibrary;
  std::string cuda = kCudaLibrary;
  std::function<std::unique_ptr<Runner>(const RunnerOptions&)> make_runner = make_onnxruntime_runner;
  std::function<std::unique_ptr<Clock>()> make_clock = [] { return std::make_unique<SystemClock>(); };
};

/// "auto" and "cpu" are this machine's processor: RAPL where readable, else the CPU-time estimate. "cuda:N" and
/// "tensorrt:N" are CUDA's GPU N in ONNX Runtime: NVML's energy counter where there is one, else its instant power,
/// else its power usage; on Jetson the board's INA3221, else its first hardware monitor that reads power. "sim:NAME" is
/// a simulated GPU (docs/simulated-devices.md). Errors (usage): an unknown name (those known are listed); (device): one
/// that is known and not here, or its sensor cannot be read.
[[nodiscard]] Device open_device(const std::string& name, const DeviceOptions& options);

/// The fusion rules of the runtime that a device runs; the device need not be here. Errors (usage): an unknown name.
[[nodiscard]] FusionRules rules_of_device(const std::string& name, bool float16 = true);

/// "cuda:0" and "tensorrt:0" for each GPU that CUDA shows; empty where there is no driver or GPU.
[[nodiscard]] std::vector<std::string> gpu_device_names(const std::string& cuda_library = kCudaLibrary);

}  // namespace tabjoule
