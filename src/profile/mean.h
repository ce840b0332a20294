// The mean of trials that are long enough for the central limit theorem, with Student's interval.
#pragma once

#include <cstddef>
#include <span>

namespace tabjoule {

struct MeanEstimate {
  double mean = 0;
  double half_width_95 = 0;  ///< infinite for a single value
};

/// The 97.5 % quantile of Student's distribution. `freedom` from 1.
[[nodiscard]] double student_975(std::size_t freedom);

/// values: not empty.
[[nodiscard]] MeanEstimate estimate_mean(std::span<const double> values);

}  // namespace tabjoule
