// What sensors of each kind would have seen of a known power: the columns that a calibration regresses readings on.
#pragma once

#include <vector>

#include "power/calibrate.h"
#include "power/trace.h"

namespace tabjoule {

/// A known power, constant between its times; before the first as at the first.
class KnownPower {
 public:
  /// From a reference meter: a sample holds until the next; samples closer than `least_s` are averaged.
  KnownPower(const PowerTrace& meter, double least_s);
  /// 1 while the load runs, 0 else.
  explicit KnownPower(const std::vector<LoadMark>& load);

  /// At each of `times_s`, increasing: the power itself, its mean over the last `constant_s` (boxcar, part_time), or
  /// the power behind a lag of `constant_s`.
  [[nodiscard]] std::vector<double> seen(SensorKind kind, double constant_s, const std::vector<double>& times_s) const;

 private:
  void sum_up();
  [[nodiscard]] std::size_t piece_at(double time_s) const;
  [[nodiscard]] double energy_j(double time_s) const;
  [[nodiscard]] std::vector<double> lagged(double lag_s, const std::vector<double>& times_s) const;

  std::vector<double> time_s_, power_w_, energy_j_;
};

}  // namespace tabjoule
