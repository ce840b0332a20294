#include "power/deconvolution.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {
namespace {

/// A symmetric positive definite band matrix: at(i, d) is element (i, i - d), 0 <= d <= bandwidth.
class BandMatrix {
 public:
  BandMatrix(std::size_t rows, std::size_t bandwidth) : rows_(rows), width_(bandwidth + 1), values_(rows * width_) {}

  double& at(std::size_t row, std::size_t below) { return values_[row * width_ + below]; }

  /// Solves A x = b by Cholesky's decomposition; b becomes x and the matrix its factor.
  void solve(std::vector<double>& b) {
    for (std::size_t i = 0; i < rows_; ++i) {
      const std::size_t reach = std::min(i, width_ - 1);
      for (std::size_t d = reach + 1; d-- > 0;) {
        const std::size_t j = i - d;
        double sum = at(i, d);
        const std::size_t first = std::max(i - reach, j - std::min(j, width_ - 1));
        for (std::size_t k = first; k < j; ++k) sum -= at(i, i - k) * at(j, j - k);
        at(i, d) = d == 0 ? std::sqrt(sum) : sum / at(j, 0);
      }
    }
    for (std::size_t i = 0; i < rows_; ++i) {
      for (std::size_t d = 1; d <= std::min(i, width_ - 1); ++d) b[i] -= at(i, d) * b[i - d];
      b[i] /= at(i, 0);
    }
    for (std::size_t i = rows_; i-- > 0;) {
      b[i] /= at(i, 0);
      for (std::size_t d = 1; d <= std::min(i, width_ - 1); ++d) b[i - d] -= at(i, d) * b[i];
    }
  }

 private:
  std::size_t rows_, width_;
  std::vector<double> values_;
};

/// Constants in units of the readings' range. Figures on the published traces hardly move between a third and three
/// times these (bench/README.md).
constexpr double kSmoothing = 3e-4;   // lambda
constexpr double kSmallest = 1.5e-3;  // below it a residual counts squared, and a jump of the power as none
constexpr int kIterations = 30;

class Problem {
 public:
  Problem(std::span<const double> readings_w, double window_cells)
      : readings_(readings_w), reach_(static_cast<std::size_t>(std::ceil(window_cells - 1e-9))) {
    weights_.assign(reach_, 1 / window_cells);
    weights_.front() = (window_cells - static_cast<double>(reach_ - 1)) / window_cells;
    double low = INFINITY, high = -INFINITY;
    for (const double reading : readings_) {
      if (std::isnan(reading)) continue;
      low = std::min(low, reading);
      high = std::max(high, reading);
    }
    range_w_ = std::max(high - low, 1e-6 * std::max(1.0, std::abs(high)));
  }

  [[nodiscard]] std::size_t cells() const { return readings_.size() + reach_ - 1; }

  /// The readings themselves, each in the middle of its window.
  [[nodiscard]] std::vector<double> first_guess() const {
    std::vector<double> power(cells());
    double last = NAN;
    for (std::size_t i = 0; i < power.size(); ++i) {
      const std::size_t k = std::min(i - std::min(i, reach_ / 2), readings_.size() - 1);
      if (!std::isnan(readings_[k])) last = readings_[k];
      power[i] = last;
    }
    for (std::size_t i = power.size(); i-- > 0;)  // what stands before the first reading
      if (std::isnan(power[i])) power[i] = i + 1 < power.size() ? power[i + 1] : 0;
    return power;
  }

  [[nodiscard]] std::vector<double> residuals(const std::vector<double>& power) const {
    std::vector<double> result(readings_.size());
    for (std::size_t k = 0; k < readings_.size(); ++k) {
      double mean = 0;
      for (std::size_t c = 0; c < reach_; ++c) mean += weights_[c] * power[k + c];
      result[k] = readings_[k] - mean;
    }
    return result;
  }

  [[nodiscard]] std::vector<double> improved(const std::vector<double>& power) const {
    const std::vector<double> missed = residuals(power);
    BandMatrix normal(cells(), reach_);
    std::vector<double> solution(cells());
    for (std::size_t k = 0; k < readings_.size(); ++k) {
      if (std::isnan(readings_[k])) continue;
      const double trust = 1 / std::max(1.0, std::abs(missed[k]) / (kSmallest * range_w_));
      for (std::size_t a = 0; a < reach_; ++a) {
        solution[k + a] += trust * weights_[a] * readings_[k];
        for (std::size_t b = 0; b <= a; ++b) normal.at(k + a, a - b) += trust * weights_[a] * weights_[b];
      }
    }
    for (std::size_t i = 0; i + 1 < cells(); ++i) {
      const double jump_w = std::max(std::abs(power[i + 1] - power[i]), kSmallest * range_w_);
      const double weight = kSmoothing * range_w_ / jump_w;
      normal.at(i, 0) += weight;
      normal.at(i + 1, 0) += weight;
      normal.at(i + 1, 1) -= weight;
    }
    normal.solve(solution);
    return solution;
  }

 private:
  std::span<const double> readings_;
  std::size_t reach_;
  std::vector<double> weights_;  // oldest cell first
  double range_w_ = 0;
};

}  // namespace

Deconvolution deconvolve(std::span<const double> readings_w, double window_cells) {
  const Problem problem(readings_w, window_cells);
  Deconvolution result{.power_w = problem.first_guess(), .residual_w = {}};
  for (int i = 0; i < kIterations; ++i) result.power_w = problem.improved(result.power_w);
  for (double& power : result.power_w) power = std::max(power, 0.0);
  result.residual_w = problem.residuals(result.power_w);
  return result;
}

}  // namespace tabjoule
