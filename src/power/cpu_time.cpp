#include "power/cpu_time.h"

#include <time.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace tabjoule {
namespace {

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

class CpuTimeSensor final : public Sensor {
 public:
  explicit CpuTimeSensor(double core_power_w) : core_power_w_(core_power_w) {
    timespec resolution{};
    clock_getres(CLOCK_PROCESS_CPUTIME_ID, &resolution);
    info_ = {.name = "cpu-time",
             .description = fmt::format("CPU time of this process times {:g} W per core (an estimate)", core_power_w),
             .source = EnergySource::estimated,
             .domains = {"process"},
             .resolution_j = seconds(resolution) * core_power_w};
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_energy_j() override {
    timespec now{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
      fail_device("the process's CPU time cannot be read: {}", std::strerror(errno));
    return seconds(now) * core_power_w_;
  }

 private:
  double core_power_w_;
  SensorInfo info_;
};

}  // namespace

std::unique_ptr<Sensor> make_cpu_time_sensor(double core_power_w) {
  if (!(core_power_w > 0) || !std::isfinite(core_power_w))
    fail_usage("the power of a core must be a positive number of watts, got {}", core_power_w);
  return std::make_unique<CpuTimeSensor>(core_power_w);
}

}  // namespace tabjoule
