// Measuring by a sensor that reads in windows: power traces and slow energy counters. measure() chooses it.
//
// A trial keeps the device busy with the same model for many readings. Once the first window has passed, the power is
// that of the model repeated, whatever the window; energy of a run = mean power x time of a run. Trials begin at four
// phases of the sensor's period in turn, after pauses of random length (arXiv 2312.02741, section 5).
#pragma once

#include "profile/measure.h"

namespace tabjoule {

/// Of a model in one trial, by either way of measuring.
inline constexpr int kMostRuns = 1 << 24;

/// As measure(), which has checked the arguments.
[[nodiscard]] Measurement measure_in_windows(LoadedModel& model, std::int64_t batch, Device& device,
                                             const MeasureOptions& options);

}  // namespace tabjoule
