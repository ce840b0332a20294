// What a power sensor makes of the true power: reading_w is the sensor (simulated sensors and tests use it). The way
// back, from a recorded trace to the true power, is power/correct.h.
//
// Kinds and constants as measured on more than 70 cards by Yang, Adamek and Armour, "Part-time Power Measurements"
// (SC'24, arXiv 2312.02741); the exponential lag after Burtscher, Zecena and Zong (GPGPU-7, 2014).
#pragma once

#include <span>

#include "base/json.h"
#include "power/power_signal.h"
#include "power/trace.h"

namespace tabjoule {

enum class SensorKind {
  none,      ///< what it says is the power of that moment
  lag,       ///< first-order exponential lag
  boxcar,    ///< mean over a window at least as long as the update period: late, but nothing is missed
  part_time  ///< mean over a window shorter than the update period: blind for the rest of it
};

[[nodiscard]] const char* to_string(SensorKind kind);

/// reading = round(gain * seen + offset_w, quantum_w), new every update_period_s, where `seen` is the power behind the
/// lag or its mean over the window, delay_s before the update.
struct SensorModel {
  SensorKind kind = SensorKind::none;
  double update_period_s = 0;  ///< 0: every read is new
  double window_s = 0;         ///< boxcar, part_time
  double lag_s = 0;            ///< lag: time constant
  double delay_s = 0;          ///< from the end of what a reading covers to the moment it appears
  double phase_s = 0;          ///< an update happens at phase_s + any multiple of update_period_s; differs from run to
                               ///< run, so that correct finds it anew in each trace
  double gain = 1;
  double offset_w = 0;
  double quantum_w = 0;  ///< step of the reading; 0 where finer than matters
  /// Half 95 % intervals of what calibration found; 0 where not known.
  double gain_half_width_95 = 0;
  double offset_half_width_95_w = 0;
};

/// Errors (usage): a constant out of range, a kind without its constant, a part-time window longer than the period.
void validate(const SensorModel& model);

/// docs/sensor-model-format.md. `from_json` errors (input): unknown version, kind or member, a value out of range.
[[nodiscard]] Json to_json(const SensorModel& model);
[[nodiscard]] SensorModel sensor_model_from_json(const Json& json);

/// What the sensor says when read at `time_s`. Deterministic: noise is the caller's.
[[nodiscard]] double reading_w(const SensorModel& model, const PowerSignal& power, double time_s);

/// Reads at each of `times_s` (increasing).
[[nodiscard]] PowerTrace read_trace_of(const SensorModel& model, const PowerSignal& power,
                                       std::span<const double> times_s);

}  // namespace tabjoule
