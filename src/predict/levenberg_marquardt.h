// Least squares of few parameters under a prior, where derivatives are not worth writing down.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <functional>

namespace tabjoule {

/// (R) residuals of a point (P): what is sought is the least sum of their squares. Those of a Gaussian prior, the point
/// itself in standard deviations, should be among them: they keep the normal equations well conditioned.
using ResidualsAt = std::function<Eigen::VectorXd(const Eigen::VectorXd& point)>;

/// Levenberg-Marquardt from `point`: damped Gauss-Newton steps, of which none raises the sum of squares, until it falls
/// no longer. Slopes are forward differences of 1e-6. Returns the sum of squares where it ends.
double descend(const ResidualsAt& residuals, Eigen::VectorXd& point, int steps);

/// A residual whose square is the pseudo-Huber loss of `error`: quadratic well below `typical`, linear far beyond. What
/// is not finite is very wrong.
[[nodiscard]] double bent_residual(double error, double typical);

/// Normal and independent.
template <std::size_t kCount>
struct NormalPrior {
  std::array<double, kCount> mean{}, deviation{};

  void set(std::size_t parameter, double value, double spread) {
    mean[parameter] = value;
    deviation[parameter] = spread;
  }
  /// From distances in standard deviations.
  [[nodiscard]] std::array<double, kCount> at(const Eigen::VectorXd& z) const {
    std::array<double, kCount> p{};
    for (std::size_t i = 0; i < kCount; ++i) p[i] = mean[i] + deviation[i] * z(static_cast<Eigen::Index>(i));
    return p;
  }
  [[nodiscard]] Eigen::VectorXd distance(const std::array<double, kCount>& p) const {
    Eigen::VectorXd z(kCount);
    for (std::size_t i = 0; i < kCount; ++i) z(static_cast<Eigen::Index>(i)) = (p[i] - mean[i]) / deviation[i];
    return z;
  }
};

}  // namespace tabjoule
