#include "predict/roofline.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "predict/nnls.h"

namespace tabjoule {
namespace {

constexpr int kFittingSteps = 40;
constexpr double kHuber = 1.345;         // 95 % efficient on normal residuals
constexpr double kMadToSigma = 1.4826;   // of a normal distribution
constexpr double kSmallestRatio = 1e-6;  // keeps the logarithm finite while a start is far off
constexpr double kSmallestSigma = 1e-3;  // below it, residuals are rounding and every sample counts fully

double median_of_magnitudes(const Eigen::VectorXd& values) {
  std::vector<double> sorted(values.data(), values.data() + values.size());
  for (double& value : sorted) value = std::abs(value);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

/// One weighted NNLS: rows (N, P) x = right (N).
Eigen::VectorXd solve(const Eigen::MatrixXd& rows, const Eigen::VectorXd& right, const Eigen::VectorXd& weight) {
  const Eigen::MatrixXd weighted = weight.asDiagonal() * rows;
  return nnls(rows.transpose() * weighted, weighted.transpose() * right);
}

/// log(predicted / measured).
Eigen::VectorXd log_ratio(const Eigen::MatrixXd& rows, const Eigen::VectorXd& x) {
  return (rows * x).unaryExpr([](double ratio) { return std::log(std::max(ratio, kSmallestRatio)); });
}

double huber_sum(const Eigen::VectorXd& residual, const Eigen::VectorXd& weight, double bend) {
  double sum = 0;
  for (Eigen::Index i = 0; i < residual.size(); ++i) {
    const double r = std::abs(residual(i));
    sum += weight(i) * (r <= bend ? 0.5 * r * r : bend * (r - 0.5 * bend));
  }
  return sum;
}

}  // namespace

Eigen::VectorXd fit_roofline(const Eigen::MatrixXd& terms, const Eigen::VectorXd& target,
                             const Eigen::VectorXd& weight) {
  // Rows divided by the target (relative error), columns by their length (FLOPs and constants differ by 10^9).
  const Eigen::MatrixXd relative = target.cwiseInverse().asDiagonal() * terms;
  const Eigen::VectorXd length = relative.colwise().norm().transpose().cwiseMax(1e-300);
  const Eigen::MatrixXd rows = relative * length.cwiseInverse().asDiagonal();
  const Eigen::VectorXd ones = Eigen::VectorXd::Ones(target.size());

  Eigen::VectorXd x = solve(rows, ones, weight);
  for (int step = 0; step < kFittingSteps; ++step) {
    const Eigen::VectorXd residual = log_ratio(rows, x);
    const Eigen::VectorXd ratio = (rows * x).cwiseMax(kSmallestRatio);
    const double bend = kHuber * std::max(kSmallestSigma, kMadToSigma * median_of_magnitudes(residual));
    const Eigen::VectorXd robust = weight.array() * (bend / residual.array().abs().max(bend));
    // log(rows x') ~ residual + rows (x' - x) / ratio = 0, and rows x / ratio = 1.
    const Eigen::MatrixXd tangent = ratio.cwiseInverse().asDiagonal() * rows;
    const Eigen::VectorXd next = solve(tangent, ones - residual, robust);
    const double before = huber_sum(residual, weight, bend);
    double share = 1;
    const auto cost_at = [&](double s) { return huber_sum(log_ratio(rows, (1 - s) * x + s * next), weight, bend); };
    while (share > 1e-3 && cost_at(share) > before) share /= 2;
    if (share <= 1e-3) break;
    const Eigen::VectorXd moved = share * (next - x);
    x += moved;
    if (moved.norm() <= 1e-10 * x.norm()) break;
  }
  return x.cwiseQuotient(length);
}

}  // namespace tabjoule
