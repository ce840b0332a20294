// Sensors that say power, not energy, and what turns them into traces and joules.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "power/sensor.h"
#include "power/sensor_model.h"
#include "power/trace.h"

namespace tabjoule {

/// Not thread-safe. read errors (device): the sensor cannot be read any more, or says what cannot be.
class PowerSensor {
 public:
  virtual ~PowerSensor() = default;
  [[nodiscard]] virtual const SensorInfo& info() const = 0;
  [[nodiscard]] virtual double read_power_w() = 0;
};

/// What else a device says about itself while it is measured; empty where it does not say.
struct DeviceState {
  std::optional<double> temperature_c = {};
  std::optional<double> core_clock_hz = {};
  std::optional<double> memory_clock_hz = {};
  std::optional<double> power_limit_w = {};
  std::vector<std::string> throttling = {};  ///< reasons: "power cap", "thermal (hardware)"
};

/// Readings no device has: negative, not finite, or 100 kW and more. Errors (device); the message names the sensor.
double plausible_w(double power_w, const std::string& sensor);

/// Samples `sensor` every `period_s` on a thread of its own between start and stop. A sample that comes more than half
/// a period late is taken when it comes and counted in PowerTrace::late; those it made impossible are left out and
/// counted too. `sensor` and `clock` (thread-safe) outlive the recorder; nobody else reads the sensor meanwhile.
[[nodiscard]] std::unique_ptr<TraceRecorder> make_thread_recorder(PowerSensor& sensor, Clock& clock, double period_s);

/// Whether every reading of `trace` is the same, to the last digit: a sensor that has stopped.
[[nodiscard]] bool is_frozen(const PowerTrace& trace);

/// A power sensor as a counter of energy: samples every `period_s` on a thread from its making to its end and sums the
/// readings, gain and offset of `model` undone. Lag and window stay: the sum is late by them, which trials many times
/// longer do not see; for shorter ones record a trace and correct it (power/correct.h). read_energy_j errors (device):
/// the sensor failed since it was made. `clock` is thread-safe.
[[nodiscard]] std::unique_ptr<Sensor> make_counting_sensor(std::unique_ptr<PowerSensor> sensor,
                                                           std::shared_ptr<Clock> clock, const SensorModel& model,
                                                           double period_s);

}  // namespace tabjoule
