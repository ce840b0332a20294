// The median of trials and how far it can be trusted.
//
// Why the median: a disturbed trial (another process, an interrupt, a clock change) is far off and on one side;
// the median does not move until half of the trials are disturbed. Why order statistics for its interval: the
// number of trials below the true median is Binomial(n, 1/2) whatever the trials' distribution, so
// [x_(j), x_(n+1-j)] holds it with a probability that needs no normal distribution and no variance (David and
// Nagaraja, Order Statistics, section 7.1).
#pragma once

#include <span>

namespace tabjoule {

/// Below this many trials no pair of order statistics covers the median with 95 %.
inline constexpr int kFewestTrials = 6;

struct MedianEstimate {
  double median = 0;
  double low_95 = 0;  ///< the 95 % interval; infinite below kFewestTrials
  double high_95 = 0;
  double half_width_95 = 0;  ///< half of its length
  double drift = 0;          ///< median of the second half of the trials minus that of the first
};

/// values: in the order in which they were measured; not empty.
[[nodiscard]] MedianEstimate estimate_median(std::span<const double> values);

}  // namespace tabjoule
