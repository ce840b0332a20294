// A power trace: what a sensor said and when. The way in for files is read_trace (power/trace_file.h), for live
// sensors a TraceRecorder, for the true power correct (power/correct.h), for energy integrate (power/trace_energy.h).
#pragma once

#include <cstdint>
#include <vector>

namespace tabjoule {

/// Times strictly increase, on the clock of whoever recorded it. Nothing is interpolated: where the sampler came late
/// there is a gap, counted in `late`.
struct PowerTrace {
  std::vector<double> time_s;
  std::vector<double> power_w;  ///< as many as times, as the sensor read it
  std::int64_t late = 0;        ///< samples that came more than half a period after their time, or not at all

  [[nodiscard]] std::size_t size() const { return time_s.size(); }
};

/// Records what a power sensor says while something else runs. Not thread-safe.
class TraceRecorder {
 public:
  virtual ~TraceRecorder() = default;
  /// Errors (usage): already started; (device): the sensor cannot be read.
  virtual void start() = 0;
  /// The trace from start() on, so far; recording ends. Errors (device): the sensor failed on the way; what was read
  /// before is lost with the measurement, not with what was measured earlier.
  [[nodiscard]] virtual PowerTrace stop() = 0;
};

}  // namespace tabjoule
