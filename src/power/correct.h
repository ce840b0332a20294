// From what a sensor said to the true power, and to the energy of a window with its doubt.
#pragma once

#include "power/sensor_model.h"
#include "power/trace_energy.h"

namespace tabjoule {

/// The true power behind `readings`, as far as the sensor lets it through:
/// - gain, offset and delay are taken out of every kind;
/// - `none`: one sample an update;
/// - `lag`: power constant between updates, P_k = (y_k - y_(k-1) e) / (1 - e) with e = exp(-dt / lag): what Burtscher's
///   y + lag dy/dt becomes for finite steps;
/// - `boxcar`: power/deconvolution.h on cells of one update period; a cell whose power lies between its neighbours' is
///   taken as one jump, placed where the cell's mean says (subcell resolution, Harten 1989);
/// - `part_time`: the mean of each window at the window's middle; between the windows nobody knows.
/// Where power is constant by pieces, a step is two samples a nanosecond apart.
/// Errors (usage): an invalid model; (input): an invalid trace, or one shorter than the window.
[[nodiscard]] PowerTrace correct(const PowerTrace& readings, const SensorModel& model);

/// The energy from from_s to to_s of the corrected trace. The half-width adds, in squares: jumps between the samples
/// (`none`, `part_time`, as integrate does), how far a jump near either end of the window may lie from where it was
/// placed, the scatter of the readings around the solution, and the intervals of gain and offset. Errors (input): as
/// correct and integrate.
[[nodiscard]] TraceEnergy energy_of(const PowerTrace& readings, const SensorModel& model, double from_s, double to_s);

}  // namespace tabjoule
