// The true power of a device over time, constant between the moments it changes: what simulated devices produce, what
// a sensor model averages, and what tests hold a corrected trace against.
#pragma once

#include <cstddef>
#include <vector>

namespace tabjoule {

/// Power is `idle_w` before the first change. Not thread-safe.
class PowerSignal {
 public:
  /// Errors (usage): not finite.
  explicit PowerSignal(double idle_w);

  /// Power is `power_w` from `time_s` on. Errors (usage): a time before the last one, a value that is not finite.
  void set(double time_s, double power_w);

  [[nodiscard]] double power_w(double time_s) const;
  /// Exact. Errors (usage): to_s < from_s.
  [[nodiscard]] double energy_j(double from_s, double to_s) const;
  /// Mean over the `window_s` seconds that end at `time_s`; the power at that moment where the window is 0.
  [[nodiscard]] double mean_w(double time_s, double window_s) const;
  /// Behind a first-order lag: integral of P(t - a) exp(-a / lag) / lag over the ages a > 0.
  [[nodiscard]] double lagged_w(double time_s, double lag_s) const;

  /// Drops what changed before `time_s`, so that a device that runs for hours keeps only what its sensor still sees.
  /// Earlier power then reads as what it was at `time_s`.
  void forget_before(double time_s);

 private:
  [[nodiscard]] std::size_t changes_until(double time_s) const;
  [[nodiscard]] double energy_since_first_j(double time_s) const;

  double idle_w_;
  std::vector<double> time_s_, power_w_;
  std::vector<double> energy_j_;  // from the first change to each change
};

}  // namespace tabjoule
