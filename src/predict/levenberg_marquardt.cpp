#include "predict/levenberg_marquardt.h"

#include <Eigen/Cholesky>
#include <cmath>
#include <utility>

namespace tabjoule {
namespace {

Eigen::MatrixXd slopes_at(const ResidualsAt& residuals, const Eigen::VectorXd& point, const Eigen::VectorXd& here) {
  constexpr double kDifference = 1e-6;
  Eigen::MatrixXd slopes(here.size(), point.size());
  Eigen::VectorXd moved = point;
  for (Eigen::Index i = 0; i < point.size(); ++i) {
    moved(i) += kDifference;
    slopes.col(i) = (residuals(moved) - here) / kDifference;
    moved(i) = point(i);
  }
  return slopes;
}

}  // namespace

double descend(const ResidualsAt& residuals, Eigen::VectorXd& point, int steps) {
  constexpr double kFirstDamping = 0.1, kLargestDamping = 1e4, kSettled = 1e-5;
  double damping = kFirstDamping;
  Eigen::VectorXd here = residuals(point);
  for (int step = 0; step < steps; ++step) {
    const Eigen::MatrixXd slopes = slopes_at(residuals, point, here);
    const Eigen::MatrixXd gram = slopes.transpose() * slopes;
    const Eigen::VectorXd down = -slopes.transpose() * here;
    const double before = here.squaredNorm();
    for (;; damping *= 4) {
      if (damping > kLargestDamping) return before;
      Eigen::MatrixXd damped = gram;
      damped.diagonal() *= 1 + damping;
      const Eigen::VectorXd moved = point + damped.ldlt().solve(down);
      Eigen::VectorXd there = residuals(moved);
      if (!(there.squaredNorm() < before)) continue;
      point = moved;
      here = std::move(there);
      damping /= 8;
      break;
    }
    if (here.squaredNorm() > (1 - kSettled) * before) break;
  }
  return here.squaredNorm();
}

double bent_residual(double error, double typical) {
  const double r = error / typical;
  // A model far off any sense still has to show the way back.
  if (!std::isfinite(r)) return 1e3;
  return std::copysign(std::sqrt(2 * (std::sqrt(1 + r * r) - 1)), r);
}

}  // namespace tabjoule
