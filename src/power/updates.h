// The moments at which a sensor said something new. Polling sees them late and often twice; the update period is the
// sensor's own, so all changes together give its grid far more exactly than any one of them.
#pragma once

#include <vector>

#include "power/trace.h"

namespace tabjoule {

/// Reading `reading_w[k]` appeared at `time_s[k]`; an update during which nobody looked is left out.
struct Updates {
  double period_s = 0;
  std::vector<double> time_s;
  std::vector<double> reading_w;
};

/// The mean time between changes of the reading, of those within half of their median; 0 where nearly every sample is
/// new (the sensor is faster than the polling) or where fewer than 4 changes were seen.
[[nodiscard]] double update_period_of(const PowerTrace& trace);

/// The grid of period `expected_period_s` (corrected by up to 2 %) and the phase that agree best with the changes: the
/// largest |sum exp(2 pi i t / T)| over the times t of the changes, each halfway between the samples around it.
/// `expected_period_s` 0: every sample is an update. A valid trace (power/trace_energy.h).
[[nodiscard]] Updates find_updates(const PowerTrace& trace, double expected_period_s);

}  // namespace tabjoule
