#include "profile/median.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/median.h"

namespace tabjoule {
namespace {

/// The largest j with P(Binomial(n, 1/2) < j) <= 2.5 %; 0 if there is none.
int interval_rank(int n) {
  double log_probability = -n * std::log(2.0);  // of exactly i below
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    sum += std::exp(log_probability);
    if (sum > 0.025) return i;
    log_probability += std::log(static_cast<double>(n - i) / (i + 1));
  }
  return 0;
}

}  // namespace

MedianEstimate estimate_median(std::span<const double> values) {
  MedianEstimate estimate;
  estimate.median = median_of(values);
  estimate.high_95 = estimate.half_width_95 = std::numeric_limits<double>::infinity();
  estimate.low_95 = -estimate.high_95;
  const auto n = values.size();
  if (n < kFewestTrials) return estimate;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(interval_rank(static_cast<int>(n)));
  estimate.low_95 = sorted[rank - 1];
  estimate.high_95 = sorted[n - rank];
  estimate.half_width_95 = 0.5 * (estimate.high_95 - estimate.low_95);
  estimate.drift = median_of(values.subspan(n / 2)) - median_of(values.first(n / 2));
  return estimate;
}

}  // namespace tabjoule
