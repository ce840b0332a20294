// Gaussian process regression (Rasmussen and Williams 2006, chapters 2 and 5): what trees cannot do with few samples,
// go on smoothly between them.
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

namespace tabjoule {

/// What the process believes before it sees a sample. Features are divided by their scale before distances are taken; a
/// scale of 0 leaves one out.
struct GaussianPrior {
  std::vector<double> scales;  ///< one a feature
  double noise = 0.1;          ///< variance of a sample of weight 1 around the function, as a share of the function's
};

class GaussianProcess {
 public:
  GaussianProcess() = default;

  /// The prior under which the targets are likeliest: marginal likelihood (section 5.4.1), its gradient followed by
  /// Rprop. features: (N, F) row-major; target, weight (positive): (N), N >= 2. Of many samples a seeded part decides.
  /// Deterministic.
  static GaussianPrior choose_prior(std::span<const float> features, std::span<const float> target,
                                    std::span<const float> weight);

  /// Matern covariance of degree 5/2; the mean of the targets is the mean far from all samples. Of more than kMostRows
  /// samples a seeded part is used. Deterministic.
  static GaussianProcess fit(std::span<const float> features, std::span<const float> target,
                             std::span<const float> weight, const GaussianPrior& prior);

  /// features: (F). Thread-safe. 0 without samples.
  [[nodiscard]] double predict(std::span<const float> features) const;

  static constexpr std::size_t kMostRows = 1500;

 private:
  Eigen::VectorXf factors_;  // 1 / scale of the features that count
  std::vector<int> columns_;
  Eigen::MatrixXf rows_;     // (counting features, N), scaled
  Eigen::VectorXf weights_;  // (N)
  double mean_ = 0;
};

}  // namespace tabjoule
