// RAPL, the energy counters of Intel and AMD processors, through Linux' powercap files:
// SYSFS/class/powercap/intel-rapl:N[:M]/{name, energy_uj, max_energy_range_uj} (AMD uses the same names).
#pragma once

#include <memory>
#include <string>

#include "power/sensor.h"

namespace tabjoule {

/// The sum of all packages and of their dram domains. Other subdomains (core, uncore) are part of a package, and
/// psys covers the packages again: neither is counted. A counter wraps at its range (minutes to hours): read at
/// least once in that time. Errors (device): not there, or not readable; the message says what to do.
[[nodiscard]] std::unique_ptr<Sensor> make_rapl_sensor(const std::string& sysfs);

[[nodiscard]] SensorStatus rapl_status(const std::string& sysfs);

}  // namespace tabjoule
