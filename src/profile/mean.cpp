#include "profile/mean.h"

#include <array>
#include <cmath>
#include <limits>

namespace tabjoule {
double student_975(std::size_t freedom) {
  static constexpr std::array<double, 30> kQuantiles = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
                                                        2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
                                                        2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639,
                                                        2.0595,  2.0555, 2.0518, 2.0484, 2.0452, 2.0423};
  if (freedom <= kQuantiles.size()) return kQuantiles[freedom - 1];
  constexpr double kNormal = 1.959964;  // with the first terms of the expansion in 1 / freedom (Cornish and Fisher)
  const double n = static_cast<double>(freedom);
  return kNormal + (std::pow(kNormal, 3) + kNormal) / (4 * n);
}

MeanEstimate estimate_mean(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  MeanEstimate estimate;
  for (const double value : values) estimate.mean += value / n;
  if (values.size() < 2) return {estimate.mean, std::numeric_limits<double>::infinity()};
  double squares = 0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.half_width_95 = student_975(values.size() - 1) * std::sqrt(squares / (n - 1) / n);
  return estimate;
}

}  // namespace tabjoule
