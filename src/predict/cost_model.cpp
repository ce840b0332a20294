#include "predict/cost_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "predict/roofline.h"

namespace tabjoule {
namespace {

// A residual beyond e^1.5 is a disturbed sample; trees must not chase it.
constexpr double kLargestResidual = 1.5;
constexpr int kMostTerms = 96;
constexpr std::ptrdiff_t kSamplesATerm = 2;  // for all terms; fewer samples fit few

Eigen::MatrixXd term_matrix(const Terms& terms, std::span<const KernelKey> keys) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(keys.size()), terms.count());
  std::vector<double> row(static_cast<std::size_t>(terms.count()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    terms.write(keys[i], row);
    matrix.row(static_cast<Eigen::Index>(i)) = Eigen::Map<const Eigen::RowVectorXd>(row.data(), terms.count());
  }
  return matrix;
}

/// Over the first terms, as many as there are weights.
double cost_of(std::span<const double> terms, const Eigen::VectorXd& weights, double floor) {
  double sum = 0;
  for (Eigen::Index i = 0; i < weights.size(); ++i) sum += terms[static_cast<std::size_t>(i)] * weights(i);
  return std::max(sum, floor);
}

Eigen::VectorXd vector(std::span<const double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

double floor_of(std::span<const double> target) { return 0.1 * *std::min_element(target.begin(), target.end()); }

/// What the learners are given.
struct Residuals {
  std::vector<float> features;  // (N, F)
  std::array<std::vector<float>, 2> left;
  std::vector<float> weight;
};

Residuals residuals(const Terms& terms, std::span<const KernelKey> keys, const Eigen::MatrixXd& matrix,
                    std::span<const double> target, std::span<const double> weight,
                    const std::array<Eigen::VectorXd, 2>& weights) {
  Residuals result;
  for (const KernelKey& key : keys) {
    const std::vector<float> row = terms.features(key);
    result.features.insert(result.features.end(), row.begin(), row.end());
  }
  for (std::size_t part = 0; part < 2; ++part) {
    const Eigen::VectorXd costs = matrix.leftCols(weights[part].size()) * weights[part];
    for (std::size_t i = 0; i < target.size(); ++i) {
      const double cost = std::max(costs(static_cast<Eigen::Index>(i)), floor_of(target));
      result.left[part].push_back(
          static_cast<float>(std::clamp(std::log(target[i] / cost), -kLargestResidual, kLargestResidual)));
    }
  }
  result.weight.assign(weight.begin(), weight.end());
  return result;
}

/// Of all terms, or of the few where samples are few.
Eigen::VectorXd fit_most(const Terms& terms, const Eigen::MatrixXd& matrix, std::span<const double> target,
                         std::span<const double> weight) {
  const bool few = std::ssize(target) < kSamplesATerm * terms.count();
  return fit_roofline(matrix.leftCols(few ? terms.few_count() : terms.count()), vector(target), vector(weight));
}

std::array<Eigen::VectorXd, 2> fit_rooflines(const Terms& terms, const Eigen::MatrixXd& matrix,
                                             std::span<const double> target, std::span<const double> weight) {
  return {fit_most(terms, matrix, target, weight),
          fit_roofline(matrix.leftCols(terms.plain_count()), vector(target), vector(weight))};
}

}  // namespace

CostModel CostModel::fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                         std::span<const double> weight, const Priors* priors) {
  CostModel model;
  const Eigen::MatrixXd matrix = term_matrix(terms, keys);
  model.floor_ = floor_of(target);
  if (priors == nullptr) {
    model.parts_[0].weights = fit_most(terms, matrix, target, weight);
    return model;
  }
  const auto weights = fit_rooflines(terms, matrix, target, weight);
  const Residuals left = residuals(terms, keys, matrix, target, weight, weights);
  for (std::size_t part = 0; part < 2; ++part)
    model.parts_[part] = {weights[part], ExtraTrees::fit(left.features, left.left[part], left.weight, {}),
                          GaussianProcess::fit(left.features, left.left[part], left.weight, (*priors)[part])};
  return model;
}

CostModel::Priors CostModel::choose_priors(const Terms& terms, std::span<const KernelKey> keys,
                                           std::span<const double> target, std::span<const double> weight,
                                           ThreadPool& pool) {
  const Eigen::MatrixXd matrix = term_matrix(terms, keys);
  const Residuals left = residuals(terms, keys, matrix, target, weight, fit_rooflines(terms, matrix, target, weight));
  Priors priors;
  pool.run(static_cast<int>(priors.size()), [&](int task) {
    const auto part = static_cast<std::size_t>(task);
    priors[part] = GaussianProcess::choose_prior(left.features, left.left[part], left.weight);
  });
  return priors;
}

void CostModel::forget_without(const std::array<double, kMembers>& shares) {
  const bool learnt = shares[0] < 1;
  for (std::size_t part = 0; part < 2; ++part) {
    if (shares[1 + 2 * part] == 0 && !(learnt && part == 0)) parts_[part].trees = {};
    if (shares[2 + 2 * part] == 0) parts_[part].process = {};
  }
}

double CostModel::roofline(const Terms& terms, const KernelKey& key) const {
  double row[kMostTerms];
  const std::span<double> written(row, static_cast<std::size_t>(terms.count()));
  terms.write(key, written);
  return cost_of(written, parts_[0].weights, floor_);
}

CostModel::Estimate CostModel::estimate(const Terms& terms, const KernelKey& key) const {
  double row[kMostTerms];
  const std::span<double> written(row, static_cast<std::size_t>(terms.count()));
  terms.write(key, written);
  Estimate estimate;
  estimate.logs.fill(std::log(cost_of(written, parts_[0].weights, floor_)));
  if (parts_[0].trees.empty()) return estimate;
  const std::vector<float> features = terms.features(key);
  for (std::size_t part = 0; part < 2; ++part) {
    const double log_roofline = std::log(cost_of(written, parts_[part].weights, floor_));
    const ExtraTrees::Estimate trees = parts_[part].trees.predict(features);
    estimate.logs[1 + 2 * part] = log_roofline + trees.mean;
    estimate.logs[2 + 2 * part] = log_roofline + parts_[part].process.predict(features);
    if (part == 0) estimate.spread = trees.spread;
  }
  return estimate;
}

}  // namespace tabjoule
