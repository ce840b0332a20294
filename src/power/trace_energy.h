// From a trace of power to joules, with their doubt.
#pragma once

#include <cstdint>
#include <string>

#include "power/trace.h"

namespace tabjoule {

struct TraceEnergy {
  double energy_j = 0;
  double half_width_95_j = 0;
  std::int64_t samples = 0;    ///< of the trace inside the window
  std::string model = "none";  ///< kind of the sensor model that corrected the trace
};

/// Errors (input): fewer than 2 samples, as many powers as times not given, times that do not increase, values that
/// are not finite; the message names the sample.
void validate(const PowerTrace& trace);

/// Power between two samples by straight line. Errors (input): outside the trace.
[[nodiscard]] double power_at(const PowerTrace& trace, double time_s);

/// Trapezoids, both ends interpolated. The half-width takes what lies between two neighbours as one jump at an unknown
/// moment: uniformly distributed, it leaves a trapezoid wrong by a standard deviation of |dP| dt / sqrt(12), here taken
/// as independent from gap to gap and normal in sum. It knows nothing of a sensor that lags, averages or miscounts.
/// Errors (input): the window is empty or not inside the trace; what validate finds.
[[nodiscard]] TraceEnergy integrate(const PowerTrace& trace, double from_s, double to_s);

}  // namespace tabjoule
