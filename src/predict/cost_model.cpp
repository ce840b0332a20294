#include "predict/cost_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "predict/roofline.h"

namespace tabjoule {
namespace {

// A residual beyond e^1 is a disturbed sample; trees must not chase it.
constexpr double kLargestResidual = 1;
constexpr int kMostTerms = 96;

Eigen::MatrixXd term_matrix(const Terms& terms, std::span<const KernelKey> keys) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(keys.size()), terms.count());
  std::vector<double> row(static_cast<std::size_t>(terms.count()));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    terms.write(keys[i], row);
    matrix.row(static_cast<Eigen::Index>(i)) = Eigen::Map<const Eigen::RowVectorXd>(row.data(), terms.count());
  }
  return matrix;
}

Eigen::VectorXd vector(std::span<const double> values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

CostModel CostModel::fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                         std::span<const double> weight, bool corrected) {
  CostModel model;
  model.weights_ = fit_roofline(term_matrix(terms, keys), vector(target), vector(weight));
  model.floor_ = 0.1 * *std::min_element(target.begin(), target.end());
  if (!corrected) return model;
  std::vector<float> features;
  std::vector<float> residual;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::vector<float> row = terms.features(keys[i]);
    features.insert(features.end(), row.begin(), row.end());
    const double r = std::log(target[i] / model.roofline(terms, keys[i]));
    residual.push_back(static_cast<float>(std::clamp(r, -kLargestResidual, kLargestResidual)));
  }
  model.trees_ = ExtraTrees::fit(features, residual, std::vector<float>(weight.begin(), weight.end()), {});
  return model;
}

double CostModel::roofline(const Terms& terms, const KernelKey& key) const {
  double row[kMostTerms];
  const auto count = static_cast<std::size_t>(terms.count());
  terms.write(key, {row, count});
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += row[i] * weights_(static_cast<Eigen::Index>(i));
  return std::max(sum, floor_);
}

CostModel::Estimate CostModel::estimate(const Terms& terms, const KernelKey& key) const {
  Estimate estimate{std::log(roofline(terms, key)), 0, 0};
  if (trees_.empty()) return estimate;
  const ExtraTrees::Estimate trees = trees_.predict(terms.features(key));
  estimate.correction = trees.mean;
  estimate.spread = trees.spread;
  return estimate;
}

}  // namespace tabjoule
