#include "predict/gaussian_process.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>

#include "base/random.h"

namespace tabjoule {
namespace {

constexpr std::size_t kPriorRows = 100;  // enough to tell priors apart
constexpr double kFirstScale = 3;        // standard deviations of a feature
constexpr double kFirstNoise = 0.05;
constexpr double kSmallestScale = 0.1, kLargestScale = 1e3;
constexpr double kSmallestNoise = 1e-4, kLargestNoise = 10;
constexpr int kAscentSteps = 30;
constexpr int kMostNoisier = 8;                                             // times ten
constexpr double kFirstStep = 0.3, kLargestStep = 1, kSmallestStep = 1e-3;  // of logarithms

/// Rows of the samples that are used, in order.
std::vector<std::size_t> some_rows(std::size_t rows, std::size_t most) {
  std::vector<std::size_t> chosen(rows);
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  Rng(rows).keep_some(chosen, most);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

/// (F, N)
Eigen::MatrixXf columns_of(std::span<const float> features, const std::vector<std::size_t>& rows, std::size_t width) {
  Eigen::MatrixXf result(static_cast<Eigen::Index>(width), static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i)
    result.col(static_cast<Eigen::Index>(i)) =
        Eigen::Map<const Eigen::VectorXf>(features.data() + rows[i] * width, static_cast<Eigen::Index>(width));
  return result;
}

/// Matern 5/2 of squared distances, in place.
template <class Squares>
void covariance(Squares&& squares) {
  using Scalar = typename std::decay_t<Squares>::Scalar;
  const auto distance = (Scalar(5) * squares.max(Scalar(0))).sqrt().eval();
  squares = (1 + distance + distance.square() / 3) * (-distance).exp();
}

/// Squared distances of the columns of `x` (F, N).
Eigen::MatrixXd squared_distances(const Eigen::MatrixXd& x) {
  const Eigen::VectorXd norms = x.colwise().squaredNorm();
  Eigen::MatrixXd squares = -2 * x.transpose() * x;
  squares.colwise() += norms;
  squares.rowwise() += norms.transpose();
  return squares;
}

/// The samples that decide a prior, features in standard deviations, and how likely they are under one.
class Likelihood {
 public:
  Likelihood(std::span<const float> features, std::span<const float> target, std::span<const float> weight) {
    const std::size_t width = features.size() / target.size();
    const auto rows = some_rows(target.size(), kPriorRows);
    x_ = columns_of(features, rows, width).cast<double>().transpose();
    target_.resize(x_.rows());
    noise_.resize(x_.rows());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      target_(static_cast<Eigen::Index>(i)) = static_cast<double>(target[rows[i]]);
      noise_(static_cast<Eigen::Index>(i)) = 1 / static_cast<double>(weight[rows[i]]);
    }
    target_.array() -= target_.mean();
    x_.rowwise() -= x_.colwise().mean();
    deviations_ = x_.array().square().colwise().mean().sqrt().transpose();
    for (Eigen::Index f = 0; f < x_.cols(); ++f)
      if (deviations_(f) > 0) x_.col(f) /= deviations_(f);
  }

  [[nodiscard]] const Eigen::VectorXd& deviations() const { return deviations_; }

  /// Logarithm of the marginal likelihood at the function's best variance, less a constant, and its gradient by the
  /// logarithms of the scales (in standard deviations) and, last, of the noise. The lowest value where it cannot be
  /// computed.
  double operator()(const Eigen::VectorXd& logs, Eigen::VectorXd& gradient) const {
    const Eigen::Index rows = x_.rows(), features = x_.cols();
    const double noise = std::exp(logs(features));
    const Eigen::MatrixXd scaled = x_ * (-logs.head(features)).array().exp().matrix().asDiagonal();
    const Eigen::VectorXd norms = scaled.rowwise().squaredNorm();
    Eigen::MatrixXd squares = -2 * scaled * scaled.transpose();
    squares.colwise() += norms;
    squares.rowwise() += norms.transpose();
    const Eigen::ArrayXXd distance = (5 * squares.array().max(0)).sqrt();
    const Eigen::ArrayXXd decay = (-distance).exp();
    Eigen::MatrixXd matrix = (1 + distance + distance.square() / 3) * decay;
    matrix.diagonal() = Eigen::VectorXd::Ones(rows) + noise * noise_;
    const Eigen::LLT<Eigen::MatrixXd> factor(matrix);
    if (factor.info() != Eigen::Success) return std::numeric_limits<double>::lowest();
    const Eigen::VectorXd solved = factor.solve(target_);
    const double fit = std::max(target_.dot(solved), 1e-300);
    const auto n = static_cast<double>(rows);
    // d log p = trace(rise dK) / 2
    Eigen::MatrixXd rise = -factor.solve(Eigen::MatrixXd::Identity(rows, rows));
    rise += n / fit * solved * solved.transpose();
    gradient(features) = 0.5 * noise * rise.diagonal().dot(noise_);
    rise.array() *= 5.0 / 3.0 * (1 + distance) * decay;
    const Eigen::VectorXd sums = rise.rowwise().sum();
    const Eigen::MatrixXd product = rise * scaled;
    for (Eigen::Index f = 0; f < features; ++f)
      gradient(f) = scaled.col(f).cwiseAbs2().dot(sums) - scaled.col(f).dot(product.col(f));
    return -n / 2 * std::log(fit / n) - factor.matrixLLT().diagonal().array().log().sum();
  }

 private:
  Eigen::MatrixXd x_;  // (N, F)
  Eigen::VectorXd target_, noise_, deviations_;
};

}  // namespace

GaussianPrior GaussianProcess::choose_prior(std::span<const float> features, std::span<const float> target,
                                            std::span<const float> weight) {
  const Likelihood likelihood(features, target, weight);
  const Eigen::Index count = likelihood.deviations().size();
  Eigen::VectorXd low = Eigen::VectorXd::Constant(count + 1, std::log(kSmallestScale));
  Eigen::VectorXd high = Eigen::VectorXd::Constant(count + 1, std::log(kLargestScale));
  low(count) = std::log(kSmallestNoise);
  high(count) = std::log(kLargestNoise);
  Eigen::VectorXd at = Eigen::VectorXd::Constant(count + 1, std::log(kFirstScale));
  at(count) = std::log(kFirstNoise);
  Eigen::VectorXd step = Eigen::VectorXd::Constant(count + 1, kFirstStep);
  Eigen::VectorXd gradient = Eigen::VectorXd::Zero(count + 1), before = gradient, best = at;
  double best_value = std::numeric_limits<double>::lowest();
  for (int i = 0; i < kAscentSteps; ++i) {
    const double value = likelihood(at, gradient);
    if (value > best_value) {
      best_value = value;
      best = at;
    }
    for (Eigen::Index d = 0; d <= count; ++d) {
      const double turned = gradient(d) * before(d);
      if (turned > 0) step(d) = std::min(1.2 * step(d), kLargestStep);
      if (turned < 0) step(d) = std::max(0.5 * step(d), kSmallestStep);
      if (gradient(d) != 0) at(d) = std::clamp(at(d) + std::copysign(step(d), gradient(d)), low(d), high(d));
    }
    before = gradient;
  }
  GaussianPrior prior{{}, std::exp(best(count))};
  for (Eigen::Index f = 0; f < count; ++f) {
    const bool counts = likelihood.deviations()(f) > 0 && best(f) < high(f);
    prior.scales.push_back(counts ? std::exp(best(f)) * likelihood.deviations()(f) : 0);
  }
  return prior;
}

GaussianProcess GaussianProcess::fit(std::span<const float> features, std::span<const float> target,
                                     std::span<const float> weight, const GaussianPrior& prior) {
  GaussianProcess process;
  const std::size_t width = prior.scales.size();
  std::vector<float> factors;
  for (std::size_t f = 0; f < width; ++f) {
    if (prior.scales[f] <= 0) continue;
    process.columns_.push_back(static_cast<int>(f));
    factors.push_back(static_cast<float>(1 / prior.scales[f]));
  }
  process.factors_ = Eigen::Map<const Eigen::VectorXf>(factors.data(), static_cast<Eigen::Index>(factors.size()));
  const auto rows = some_rows(target.size(), kMostRows);
  const Eigen::MatrixXf all = columns_of(features, rows, width);
  process.rows_.resize(process.factors_.size(), all.cols());
  for (std::size_t c = 0; c < process.columns_.size(); ++c)
    process.rows_.row(static_cast<Eigen::Index>(c)) = all.row(process.columns_[c]) * factors[c];
  Eigen::MatrixXd matrix = squared_distances(process.rows_.cast<double>());
  covariance(matrix.array());
  Eigen::VectorXd y(all.cols()), noise(all.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    y(at) = target[rows[i]];
    noise(at) = prior.noise / weight[rows[i]];
  }
  process.mean_ = y.mean();
  y.array() -= process.mean_;
  // Samples that are nearly one need more noise than the prior has before their covariance can be factored.
  Eigen::LLT<Eigen::MatrixXd> factor;
  for (int i = 0; i < kMostNoisier; ++i) {
    matrix.diagonal() = Eigen::VectorXd::Ones(all.cols()) + noise;
    factor.compute(matrix);
    if (factor.info() == Eigen::Success) break;
    noise *= 10;
  }
  const Eigen::VectorXd weights = factor.solve(y);
  process.weights_.setZero(all.cols());
  if (factor.info() == Eigen::Success && weights.allFinite()) process.weights_ = weights.cast<float>();
  return process;
}

double GaussianProcess::predict(std::span<const float> features) const {
  if (weights_.size() == 0) return 0;
  Eigen::VectorXf x(factors_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c)
    x(static_cast<Eigen::Index>(c)) =
        features[static_cast<std::size_t>(columns_[c])] * factors_(static_cast<Eigen::Index>(c));
  Eigen::VectorXf near = (rows_.colwise() - x).colwise().squaredNorm();
  covariance(near.array());
  return mean_ + static_cast<double>(near.dot(weights_));
}

}  // namespace tabjoule
