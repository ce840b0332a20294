#include "predict/calibrated_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/random.h"

namespace tabjoule {
namespace {

constexpr int kFolds = 5;
constexpr std::size_t kCorrectionMinimum = 12;
constexpr double kCoverage = 0.9;
constexpr double kFewSamplesFactor = 1.5;
constexpr double kSmallestError = 1e-4;
constexpr double kShares[] = {0, 0.25, 0.5, 0.75, 1};
constexpr double kWorthwhile = 0.97;  // any correction must take at least 3 % off the mean error

// Streaming multiprocessors of devices that people have: Jetsons 8 and 16, RTX 28 to 142, A100 108, H100 and H200
// 114 and 132.
constexpr int kProcessors[] = {0, 8, 16, 28, 46, 68, 82, 108, 114, 132, 142};
constexpr int kSmallGpu = 16;
constexpr std::size_t kProcessorsMinimum = 20;
constexpr std::size_t kHalf = 150;  // samples that are enough to tell them apart
constexpr double kClearlyBetter = 0.95;

/// The samples, column by column.
struct Rows {
  std::vector<KernelKey> keys;
  std::vector<double> target, weight;
};

template <class Chosen>
Rows rows_where(std::span<const KernelKey> keys, std::span<const double> target, std::span<const double> weight,
                Chosen chosen) {
  Rows rows;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!chosen(i)) continue;
    rows.keys.push_back(keys[i]);
    rows.target.push_back(target[i]);
    rows.weight.push_back(weight[i]);
  }
  return rows;
}

/// A fold per sample; equal keys share one. Fewer than 5 folds where there are fewer keys.
std::vector<int> make_folds(std::span<const KernelKey> keys) {
  std::map<KernelKey, int> fold_of;
  for (const KernelKey& key : keys) fold_of[key] = 0;
  std::vector<int> order(fold_of.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i) % kFolds;
  Rng(order.size()).shuffle(std::span(order));
  std::size_t next = 0;
  for (auto& [key, fold] : fold_of) fold = order[next++];
  std::vector<int> folds;
  folds.reserve(keys.size());
  for (const KernelKey& key : keys) folds.push_back(fold_of[key]);
  return folds;
}

std::vector<CostModel::Estimate> held_out_estimates(const Terms& terms, std::span<const KernelKey> keys,
                                                    std::span<const double> target, std::span<const double> weight,
                                                    const std::vector<int>& folds, bool corrected) {
  std::vector<CostModel::Estimate> estimates(keys.size());
  const int count = *std::max_element(folds.begin(), folds.end()) + 1;
  for (int fold = 0; fold < count; ++fold) {
    // A single shape can only be judged on itself.
    const Rows rows = rows_where(keys, target, weight, [&](std::size_t i) { return folds[i] != fold || count == 1; });
    const CostModel model = CostModel::fit(terms, rows.keys, rows.target, rows.weight, corrected);
    for (std::size_t i = 0; i < folds.size(); ++i)
      if (folds[i] == fold) estimates[i] = model.estimate(terms, keys[i]);
  }
  return estimates;
}

/// The share of the correction with the smallest mean held-out error; none unless it clearly helps.
double best_share(const std::vector<CostModel::Estimate>& estimates, std::span<const double> target) {
  double best = 0;
  double best_error = std::numeric_limits<double>::max();
  for (const double share : kShares) {
    double error = 0;
    for (std::size_t i = 0; i < target.size(); ++i)
      error += std::abs(estimates[i].log_roofline + share * estimates[i].correction - std::log(target[i]));
    if (error < (best == 0 ? kWorthwhile : 1) * best_error || share == 0) {
      best = share;
      best_error = error;
    }
  }
  return best;
}

/// Split-conformal quantile: a new sample of the same kind scores below it with probability 0.9.
double conformal_quantile(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const double rank = std::ceil(kCoverage * static_cast<double>(scores.size() + 1));
  // Fewer than 9 samples hold no such quantile: the largest error, and half of it again.
  if (rank > static_cast<double>(scores.size())) return kFewSamplesFactor * scores.back();
  return scores[static_cast<std::size_t>(rank) - 1];
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

CalibratedCost CalibratedCost::fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                                   std::span<const double> weight) {
  CalibratedCost cost;
  cost.folds_ = make_folds(keys);
  const bool learnable = keys.size() >= kCorrectionMinimum;
  const auto estimates = held_out_estimates(terms, keys, target, weight, cost.folds_, learnable);
  cost.share_ = learnable ? best_share(estimates, target) : 0;
  cost.model_ = CostModel::fit(terms, keys, target, weight, cost.share_ > 0);

  std::vector<double> errors;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double log_value = estimates[i].log_roofline + cost.share_ * estimates[i].correction;
    cost.held_out_.push_back(std::exp(log_value));
    errors.push_back(std::abs(log_value - std::log(target[i])));
  }
  cost.offset_ = std::max(kSmallestError, median(errors));
  for (std::size_t i = 0; i < errors.size(); ++i)
    errors[i] /= cost.offset_ + (cost.share_ > 0 ? estimates[i].spread : 0);
  cost.quantile_ = conformal_quantile(std::move(errors));
  return cost;
}

CalibratedCost::Value CalibratedCost::predict(const Terms& terms, const KernelKey& key, double widened) const {
  const CostModel::Estimate estimate = model_.estimate(terms, key);
  const double value = std::exp(estimate.log_roofline + share_ * estimate.correction);
  const double factor = std::exp(widened * quantile_ * (offset_ + (share_ > 0 ? estimate.spread : 0)));
  return {value, value / factor, value * factor};
}

int find_processors(KernelType type, std::span<const KernelKey> keys, std::span<const double> target,
                    std::span<const double> weight) {
  // Half precision is computed by GPUs: tiles there are, whatever their number of processors.
  const DataType dtype = keys.front().dtype;
  const bool tiled = dtype == DataType::float16 || dtype == DataType::bfloat16;
  if (keys.size() < kProcessorsMinimum) return tiled ? kSmallGpu : 0;
  std::vector<int> part(keys.size());
  for (std::size_t i = 0; i < part.size(); ++i) part[i] = i < 2 * kHalf ? static_cast<int>(i % 2) : 2;
  Rng(keys.size()).shuffle(std::span(part));
  int best = 0;
  double best_error = std::numeric_limits<double>::max();
  for (const int processors : kProcessors) {
    if (tiled && processors == 0) continue;
    const Terms terms(type, keys, processors);
    double error = 0;
    for (const int half : {0, 1}) {
      const Rows rows = rows_where(keys, target, weight, [&](std::size_t i) { return part[i] == half; });
      const CostModel model = CostModel::fit(terms, rows.keys, rows.target, rows.weight, false);
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (part[i] == 1 - half) error += std::abs(std::log(model.roofline(terms, keys[i]) / target[i]));
    }
    if (error < (best == 0 ? kClearlyBetter : 1) * best_error || processors == 0) {
      best = processors;
      best_error = error;
    }
  }
  return best;
}

}  // namespace tabjoule
