// Finds a sensor's model from a load that was switched on and off while the sensor was read.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/interval.h"
#include "power/sensor_model.h"

namespace tabjoule {

/// The load runs (or not) from `time_s` on. Times increase, on the clock of the trace.
struct LoadMark {
  double time_s = 0;
  bool on = false;
};

struct GainOffset {
  double gain = 1;
  double offset_w = 0;
  std::string source;  ///< "card rtx-3090"
};

struct Calibration {
  SensorModel model;
  double residual_w = 0;  ///< standard deviation of the readings around the model, outliers left out
  std::int64_t updates = 0;
  std::optional<Interval> constant_95_s;  ///< of window or lag; none where the model has neither
  std::optional<Interval> delay_95_s;
  std::string gain_source;  ///< "meter", the card's, or "assumed": nothing was known and gain 1, offset 0 taken
  /// What is left unexplained by the best model of each kind (W, by SensorKind); how clearly the kind was told.
  std::array<double, 4> residual_by_kind_w{};
};

/// Every kind is fitted over its constant and its delay; the readings are linear in what the sensor has seen, so gain
/// and offset follow by Huber regression. The simplest kind within 2 units of the best Bayesian information criterion
/// wins. What the sensor has seen comes from `meter` where there is one, else from the load marks, taken as steps
/// between two levels. Gain and offset come from the meter, else from `card`, else they are 1 and 0. Intervals of the
/// constants are where the profile of the cost stays under its minimum times (1 + 3.84 / independent updates).
/// Errors (input): invalid traces, marks that do not increase or never switch inside the trace, fewer than 8 updates,
/// readings that do not follow the load.
[[nodiscard]] Calibration calibrate(const PowerTrace& readings, const std::vector<LoadMark>& load,
                                    const PowerTrace* meter, const std::optional<GainOffset>& card);

/// The model's file with a "calibration" member: docs/sensor-model-format.md.
[[nodiscard]] Json to_json(const Calibration& calibration);

}  // namespace tabjoule
