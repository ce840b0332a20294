// A device as the rest of the program sees it: something that runs models and something that reads energy.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "kernel/detect.h"
#include "power/power_sensor.h"
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
  std::unique_ptr<Sensor> sensor;           ///< an energy counter; null where there is none
  std::unique_ptr<TraceRecorder> recorder;  ///< of power; preferred to the counter where there is one
  SensorModel power;                        ///< what the recorder's readings are corrected by
  std::unique_ptr<Clock> clock;
  std::function<DeviceState()> read_state;  ///< empty where nothing can be read

  /// Readings come at a period of their own: a trial must last for many of them.
  [[nodiscard]] bool reads_in_windows() const { return recorder || energy.update_period_s > 0; }
};

/// The kernels that `device`'s runtime makes of `graph`, in the type it computes in. Errors as detect_kernels.
[[nodiscard]] KernelGraph detect_kernels(const Device& device, const Graph& graph, std::int64_t batch);

struct DeviceOptions {
  double core_power_w = 0;  ///< of the CPU-time estimate; 0 takes the figure of devices/cpu.json
  std::string sysfs = "/sys";
  std::uint64_t seed = 0;  ///< of a simulated device's jitter and noise
};

/// "auto" and "cpu" are this machine's processor: RAPL where readable, else the CPU-time estimate. "sim:NAME" is a
/// simulated GPU (docs/simulated-devices.md).
/// Errors (usage): an unknown name (those known are listed); (device): one that is known and not here.
[[nodiscard]] Device open_device(const std::string& name, const DeviceOptions& options);

}  // namespace tabjoule
