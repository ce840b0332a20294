// What Linux tells about the state of a processor or a Jetson board: temperatures, clocks, events of throttling.
#pragma once

#include <functional>
#include <string>

#include "power/power_sensor.h"

namespace tabjoule {

/// What is asked again and again; each answer's throttling is what happened since the answer before. Never throws.
using StateReader = std::function<DeviceState()>;

/// The processor: SYSFS/class/hwmon (coretemp, k10temp, zenpower, cpu_thermal) or the thermal zone x86_pkg_temp, the
/// fastest core's cpufreq clock, and Intel's thermal_throttle counters. `sysfs` is "/sys" but in tests.
[[nodiscard]] StateReader cpu_state_reader(const std::string& sysfs);

/// A Jetson's GPU: the thermal zone of the GPU, its devfreq clock, and the over-current events of SOCTHERM.
[[nodiscard]] StateReader jetson_state_reader(const std::string& sysfs);

}  // namespace tabjoule
