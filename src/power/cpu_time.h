// The stated estimate for machines without a readable sensor: CPU time of this process times the power of a busy
// core. It sees neither other processes nor idle power, memory and clock changes: figures from it are labelled
// `estimated` everywhere.
#pragma once

#include <memory>

#include "power/sensor.h"

namespace tabjoule {

/// Errors (usage): `core_power_w` is not positive and finite.
[[nodiscard]] std::unique_ptr<Sensor> make_cpu_time_sensor(double core_power_w);

}  // namespace tabjoule
