#include "power/sensors.h"

#include "power/cpu_time.h"
#include "power/device_facts.h"
#include "power/hwmon.h"
#include "power/ina3221.h"
#include "power/nvml.h"
#include "power/rapl.h"

namespace tabjoule {
namespace {

SensorStatus cpu_time_status() {
  const auto sensor = make_cpu_time_sensor(default_core_power_w());
  return {.name = sensor->info().name,
          .description = sensor->info().description,
          .usable = true,
          .detail = "an estimate: always there, used where nothing can be measured"};
}

}  // namespace

std::vector<SensorStatus> sensor_statuses(const std::string& sysfs) {
  return {nvml_status(), ina3221_status(sysfs), rapl_status(sysfs), hwmon_status(sysfs), cpu_time_status()};
}

}  // namespace tabjoule
