// A device as the rest of the program sees it: something that runs models and something that reads energy.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "power/sensor.h"
#include "runtime/runner.h"

namespace tabjoule {

struct Device {
  std::string name;         ///< "cpu"
  std::string fingerprint;  ///< processor, runtime and sensor: what a stored profile must match
  std::unique_ptr<Runner> runner;
  std::unique_ptr<Sensor> sensor;
  std::unique_ptr<Clock> clock;
};

struct DeviceOptions {
  double core_power_w = 0;  ///< of the CPU-time estimate; 0 takes the figure of devices/cpu.json
  std::string sysfs = "/sys";
};

/// "auto" and "cpu" are this machine's processor: RAPL where readable, else the CPU-time estimate.
/// Errors (usage): an unknown name (those known are listed); (device): one that is known and not here.
[[nodiscard]] Device open_device(const std::string& name, const DeviceOptions& options);

}  // namespace tabjoule
