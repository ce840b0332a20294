#include "power/sensors.h"

#include <dlfcn.h>

#include "power/cpu_time.h"
#include "power/device_facts.h"
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

/// Says whether the driver's library is here; reading it comes with the GPU devices.
SensorStatus nvml_status() {
  SensorStatus status{
      .name = "nvml", .description = "NVIDIA GPU energy through libnvidia-ml.so.1", .usable = false, .detail = {}};
  void* library = dlopen("libnvidia-ml.so.1", RTLD_LAZY | RTLD_LOCAL);
  status.detail = library != nullptr ? "the driver is here; this version of tabjoule does not read it yet"
                                     : "libnvidia-ml.so.1 is not here: install the NVIDIA driver where there is a GPU";
  if (library != nullptr) dlclose(library);
  return status;
}

}  // namespace

std::vector<SensorStatus> sensor_statuses(const std::string& sysfs) {
  return {rapl_status(sysfs), cpu_time_status(), nvml_status()};
}

}  // namespace tabjoule
