// The median of plain numbers.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

namespace tabjoule {

/// Of an even number the mean of the two in the middle. values: at least one, none NaN.
[[nodiscard]] inline double median_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return 0.5 * (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]);
}

}  // namespace tabjoule
