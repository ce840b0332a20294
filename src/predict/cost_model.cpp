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
  struct OfBase {
    std::vector<float> features;  // (N, F)
    std::vector<float> left;
  };
  std::array<OfBase, CostModel::kBases> bases;
  std::vector<float> weight;
};

void append(std::vector<float>& to, const std::vector<float>& more) { to.insert(to.end(), more.begin(), more.end()); }

/// Of all terms, or of the few where samples are few.
Eigen::VectorXd fit_most(const Terms& terms, const Eigen::MatrixXd& matrix, std::span<const double> target,
                         std::span<const double> weight) {
  const bool few = std::ssize(target) < kSamplesATerm * terms.count();
  return fit_roofline(matrix.leftCols(few ? terms.few_count() : terms.count()), vector(target), vector(weight));
}

Eigen::VectorXd fit_plain(const Terms& terms, const Eigen::MatrixXd& matrix, std::span<const double> target,
                          std::span<const double> weight) {
  return fit_roofline(matrix.leftCols(terms.plain_count()), vector(target), vector(weight));
}

/// `product`: null for a second base of `plain` terms, which without weights cost nothing.
Residuals residuals(const Terms& terms, const CostRows& rows, const Eigen::MatrixXd& matrix,
                    const Eigen::VectorXd& roofline, const Eigen::VectorXd& plain, const ProductCost* product) {
  Residuals result;
  const double floor = floor_of(rows.target);
  const auto costs_of = [&](const Eigen::VectorXd& weights) -> Eigen::VectorXd {
    return matrix.leftCols(weights.size()) * weights;
  };
  const Eigen::VectorXd first = costs_of(roofline);
  Eigen::VectorXd second = costs_of(plain);
  for (std::size_t i = 0; i < rows.keys.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    std::vector<float> row = terms.features(rows.keys[i]);
    append(result.bases[0].features, row);
    if (product != nullptr) {
      const ProductCost::Estimate machine = product->of(*product_shape(rows.keys[i]));
      second(at) = machine.cost;
      if (machine.on_tiles) machine.on_tiles->append_features(row);
    }
    append(result.bases[1].features, row);
    const auto left = [&](double cost) {
      return static_cast<float>(
          std::clamp(std::log(rows.target[i] / std::max(cost, floor)), -kLargestResidual, kLargestResidual));
    };
    result.bases[0].left.push_back(left(first(at)));
    result.bases[1].left.push_back(left(second(at)));
  }
  result.weight.assign(rows.weight.begin(), rows.weight.end());
  return result;
}

}  // namespace

CostModel CostModel::fit(const Terms& terms, const CostRows& rows, const ProductCost* product, const Priors* priors) {
  CostModel model;
  const auto& [keys, target, weight, tiles, folds] = rows;
  const Eigen::MatrixXd matrix = term_matrix(terms, keys);
  model.floor_ = floor_of(target);
  model.roofline_ = fit_most(terms, matrix, target, weight);
  if (product != nullptr) model.product_ = *product;
  if (priors == nullptr) return model;
  if (product == nullptr) model.plain_ = fit_plain(terms, matrix, target, weight);
  const Residuals left = residuals(terms, rows, matrix, model.roofline_, model.plain_, product);
  for (std::size_t i = 0; i < kBases; ++i) {
    const auto& [features, target_left] = left.bases[i];
    model.learnt_[i] = {ExtraTrees::fit(features, target_left, left.weight, {}),
                        GaussianProcess::fit(features, target_left, left.weight, (*priors)[i])};
  }
  if (product != nullptr && product->tiled() != nullptr && !tiles.empty())
    model.tiles_ = TileChoice::fit(*product->tiled(), rows, left.bases[0].features);
  return model;
}

CostModel::Priors CostModel::choose_priors(const Terms& terms, const CostRows& rows, const ProductCost* product,
                                           ThreadPool& pool) {
  const auto& [keys, target, weight, tiles, folds] = rows;
  const Eigen::MatrixXd matrix = term_matrix(terms, keys);
  const Eigen::VectorXd plain = product == nullptr ? fit_plain(terms, matrix, target, weight) : Eigen::VectorXd();
  const Residuals left = residuals(terms, rows, matrix, fit_most(terms, matrix, target, weight), plain, product);
  Priors priors;
  pool.run(static_cast<int>(kBases), [&](int task) {
    const auto& base = left.bases[static_cast<std::size_t>(task)];
    priors[static_cast<std::size_t>(task)] = GaussianProcess::choose_prior(base.features, base.left, left.weight);
  });
  return priors;
}

bool CostModel::believes_learners(const std::array<double, kMembers>& shares) {
  return shares[1] > 0 || shares[2] > 0 || shares[4] > 0 || shares[5] > 0 || shares[kTileMember] > 0;
}

void CostModel::forget_without(const std::array<double, kMembers>& shares) {
  for (std::size_t base = 0; base < kBases; ++base) {
    if (shares[3 * base + 1] == 0 && !(base == 0 && believes_learners(shares))) learnt_[base].trees = {};
    if (shares[3 * base + 2] == 0) learnt_[base].process = {};
  }
  if (shares[kTileMember] == 0) tiles_ = {};
}

double CostModel::roofline(const Terms& terms, const KernelKey& key) const {
  double row[kMostTerms];
  const std::span<double> written(row, static_cast<std::size_t>(terms.count()));
  terms.write(key, written);
  return cost_of(written, roofline_, floor_);
}

CostModel::Estimate CostModel::estimate(const Terms& terms, const KernelKey& key) const {
  double row[kMostTerms];
  const std::span<double> written(row, static_cast<std::size_t>(terms.count()));
  terms.write(key, written);
  const double roofline = std::log(cost_of(written, roofline_, floor_));
  ProductCost::Estimate on_machine;
  if (product_) on_machine = product_->of(*product_shape(key));
  const auto& on_tiles = on_machine.on_tiles;
  const double machine = product_ ? std::log(std::max(on_machine.cost, floor_)) : roofline;
  Estimate estimate;
  estimate.logs = {roofline, roofline, roofline, machine, machine, machine, machine};
  if (learnt_[0].trees.empty()) return estimate;
  const double second = product_ ? machine : std::log(cost_of(written, plain_, floor_));
  std::vector<float> features = terms.features(key);
  const ExtraTrees::Estimate trees = learnt_[0].trees.predict(features);
  estimate.spread = trees.spread;
  estimate.logs[1] = roofline + trees.mean;
  estimate.logs[2] = roofline + learnt_[0].process.predict(features);
  if (!tiles_.empty()) estimate.logs[kTileMember] = tiles_.log_cost(*product_->tiled(), key, *on_tiles, features);
  if (on_tiles) on_tiles->append_features(features);
  estimate.logs[4] = second + learnt_[1].trees.predict(features).mean;
  estimate.logs[5] = second + learnt_[1].process.predict(features);
  return estimate;
}

}  // namespace tabjoule
