#pragma once

namespace tabjoule {

/// The z below which a standard normal falls with probability p, 0 < p < 1; error below 1e-9. P. J. Acklam's
/// rational approximation (2003) and one step of Halley's method.
[[nodiscard]] double normal_quantile(double p);

}  // namespace tabjoule
