// Any power reading of Linux' hardware monitors: SYSFS/class/hwmon/hwmonN/{name, powerM_input or powerM_average (uW),
// powerM_label}. Power meters of servers, AMD GPUs, some boards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "power/power_sensor.h"

namespace tabjoule {

/// What can be asked for: "amdgpu/power1", "amdgpu/power1@3" where several monitors share a name (3: their number).
[[nodiscard]] std::vector<std::string> hwmon_channels(const std::string& sysfs);

/// Errors (usage): no such channel; (device): it cannot be read.
[[nodiscard]] std::unique_ptr<PowerSensor> make_hwmon_sensor(const std::string& sysfs, const std::string& channel);

[[nodiscard]] SensorStatus hwmon_status(const std::string& sysfs);

}  // namespace tabjoule
