// The sensor of a simulated device: what a real one would have shown of a true power, with its averaging, its sampling
// and its errors (power/sensor_model.h), and noise. The ways in are make_simulated_recorder and make_simulated_counter.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/json.h"
#include "power/power_signal.h"
#include "power/sensor.h"
#include "power/sensor_model.h"
#include "power/trace.h"

namespace tabjoule {

struct SimulatedSensorFacts {
  std::string name;  ///< "ina3221 (simulated)"
  std::string description;
  SensorModel model;            ///< but for its phase, which the seed draws
  double noise_w = 0;           ///< standard deviation of a reading, before it is rounded
  double counter_period_s = 0;  ///< of the energy counter; 0: there is none
  double counter_quantum_j = 0;
};

/// From the member "sensor" of a device's file (docs/simulated-devices.md). Errors (input): a member absent or out of
/// its range.
[[nodiscard]] SimulatedSensorFacts simulated_sensor_facts(const Json& json);

/// Readings of a simulated power sensor.
class SimulatedSensor {
 public:
  /// `power` must outlive it, and reach what is read.
  SimulatedSensor(const SimulatedSensorFacts& facts, const PowerSignal& power, std::uint64_t seed);

  [[nodiscard]] const SimulatedSensorFacts& facts() const { return facts_; }
  [[nodiscard]] double time_s(std::int64_t reading) const;  ///< when it appears
  /// The first reading at or after `time_s`.
  [[nodiscard]] std::int64_t first_from(double time_s) const;
  /// The same whenever it is asked for.
  [[nodiscard]] double power_w(std::int64_t reading) const;

 private:
  SimulatedSensorFacts facts_;
  const PowerSignal& power_;
  std::uint64_t seed_;
};

/// Its readings as a trace. `clock` is the virtual one; it and `sensor` must outlive the recorder.
[[nodiscard]] std::unique_ptr<TraceRecorder> make_simulated_recorder(const SimulatedSensor& sensor, Clock& clock);

/// An energy counter that advances every counter period by what the sensor's gain and offset make of the true energy;
/// it sees all of the time, as NVML's does. Needs facts with a counter.
[[nodiscard]] std::unique_ptr<Sensor> make_simulated_counter(const SimulatedSensorFacts& facts,
                                                             const PowerSignal& power, Clock& clock);

}  // namespace tabjoule
