// INA3221, the three-channel power monitors on Jetson boards, through sysfs:
// - JetPack 5 and newer: SYSFS/bus/i2c/drivers/ina3221/BUS-ADDRESS/hwmon/hwmonN/{inM_label, inM_input (mV),
//   currM_input (mA)}, M = 1..3 (in7 is the sum of the shunt voltages: not a rail);
// - JetPack 4: SYSFS/bus/i2c/drivers/ina3221x/BUS-ADDRESS/iio:deviceN/{rail_name_M, in_powerM_input (mW)}, M = 0..2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "power/power_sensor.h"

namespace tabjoule {

/// One channel's name as the board calls it ("VDD_GPU_SOC").
[[nodiscard]] std::vector<std::string> ina3221_rails(const std::string& sysfs);

/// The rail asked for; with an empty name the board's total rail (VDD_IN or POM_5V_IN: Orin Nano and NX, TX2, Nano),
/// else the sum of all rails (AGX Orin, AGX Xavier), whose description names what no rail covers. A read costs about
/// 0.55 ms a register, two registers a rail. Errors (device): no such monitor, not readable; (usage): no such rail.
[[nodiscard]] std::unique_ptr<PowerSensor> make_ina3221_sensor(const std::string& sysfs, const std::string& rail);

[[nodiscard]] SensorStatus ina3221_status(const std::string& sysfs);

}  // namespace tabjoule
