// All sensors this program knows, for `tabjoule devices`.
#pragma once

#include <string>
#include <vector>

#include "power/sensor.h"

namespace tabjoule {

/// Never throws for a sensor that cannot be used: its status says why. `sysfs` is "/sys" but in tests.
[[nodiscard]] std::vector<SensorStatus> sensor_statuses(const std::string& sysfs);

}  // namespace tabjoule
