// What it costs a kernel that the weights of its network do not stay in the nearest cache. A kernel is measured
// among a few copies of itself (copies_to_measure); a network brings other weights, more or fewer. The extra cost
// per byte of weights is a curve over the network's weight bytes, measured on one kernel at a few row counts.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "profile/profile.h"

namespace tabjoule {

/// Seconds and joules, together or per byte.
struct Crowd {
  double time_s = 0;
  double energy_j = 0;
};

class Crowding {
 public:
  Crowding() = default;
  /// No sample: no correction.
  explicit Crowding(std::span<const CrowdingSample> samples);

  /// Per byte of the kernel's weights, beyond weights that stay near. Never falls when `weight_bytes` grows;
  /// constant beyond what was measured. m: rows of the kernel, between measured ones interpolated in log m.
  [[nodiscard]] Crowd per_byte(double m, double weight_bytes) const;

  /// As it was when `key`, of type linear, was measured alone; nothing for other types.
  [[nodiscard]] Crowd per_byte_as_measured(const KernelKey& key) const;

 private:
  struct Point {
    double log_bytes = 0;
    Crowd per_byte;
  };
  std::map<double, std::vector<Point>> curves_;  ///< by log m
};

/// Bytes of a kernel's weights; 0 for types whose cost does not follow the curve.
[[nodiscard]] double crowded_bytes(const KernelKey& key);

/// The cost of a kernel when its bytes cost `here` and not `measured` extra; never below a third of what it was.
[[nodiscard]] Crowd adjusted(const Crowd& cost, double bytes, const Crowd& here, const Crowd& measured);

}  // namespace tabjoule
