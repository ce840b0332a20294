#include "predict/calibrated_cost.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/random.h"

namespace tabjoule {
namespace {

constexpr std::size_t kCorrectionMinimum = 12;
constexpr double kFewSamplesFactor = 1.5;
constexpr double kSmallestError = 1e-4;
constexpr double kLargestDoubt = 7;  // a factor of 1,000: nothing is known, and a larger one need not stay finite
constexpr int kRounds = 10;
constexpr double kBaseSamples = 10;   // of so many samples the bases keep at least half
constexpr double kWorthwhile = 0.97;  // any correction must take at least 3 % off the mean error

// Streaming multiprocessors of devices that people have: Jetsons 8 and 16, RTX 28 to 142, A100 108, H100 and H200
// 114 and 132.
constexpr int kProcessors[] = {0, 8, 16, 28, 46, 68, 82, 108, 114, 132, 142};
constexpr int kSmallGpu = 16;
constexpr std::size_t kProcessorsMinimum = 20;
constexpr std::size_t kHalf = 150;  // samples that are enough to tell them apart
constexpr double kClearlyBetter = 0.95;

template <class Chosen>
CostRows rows_where(const CostRows& all, Chosen chosen) {
  CostRows rows;
  for (std::size_t i = 0; i < all.keys.size(); ++i) {
    if (!chosen(i)) continue;
    rows.keys.push_back(all.keys[i]);
    rows.target.push_back(all.target[i]);
    rows.weight.push_back(all.weight[i]);
    if (!all.tiles.empty()) rows.tiles.push_back(all.tiles[i]);
  }
  return rows;
}

struct Fitted {
  CostModel model;                            ///< of all samples
  std::vector<CostModel::Estimate> held_out;  ///< a sample, of the model that has not seen its fold
};

Fitted fit_with_folds(const Terms& terms, const CostRows& all, const ProductCosts* products,
                      const CostModel::Priors* priors, ThreadPool& pool) {
  Fitted fitted{{}, std::vector<CostModel::Estimate>(all.keys.size())};
  const std::set<int> used(all.folds.begin(), all.folds.end());
  const std::vector<int> folds(used.begin(), used.end());
  const ProductCost* product_of_all = products != nullptr ? &products->all : nullptr;
  pool.run(1 + static_cast<int>(folds.size()), [&](int task) {
    if (task == 0) {
      fitted.model = CostModel::fit(terms, all, product_of_all, priors);
      return;
    }
    const int fold = folds[static_cast<std::size_t>(task - 1)];
    const bool alone = folds.size() == 1;  // can only be judged on itself
    const CostRows rows = rows_where(all, [&](std::size_t i) { return all.folds[i] != fold || alone; });
    const ProductCost* product =
        alone || products == nullptr ? product_of_all : &products->without[static_cast<std::size_t>(fold)];
    const CostModel model = CostModel::fit(terms, rows, product, priors);
    for (std::size_t i = 0; i < all.folds.size(); ++i)
      if (all.folds[i] == fold) fitted.held_out[i] = model.estimate(terms, all.keys[i]);
  });
  return fitted;
}

/// Ensemble selection (Caruana et al. 2004) by mean held-out error: members are taken one after the other, again and
/// again, each time the one that helps the mean of those taken most. The bases alone unless that clearly
/// helps: the roofline, or it and the machine's model, weighed by the inverse squares of their errors.
CalibratedCost::Shares choose_shares(const std::vector<CostModel::Estimate>& estimates, std::span<const double> target,
                                     bool product, bool learnable) {
  const auto error = [&](const CalibratedCost::Shares& shares) {
    double sum = 0;
    for (std::size_t i = 0; i < target.size(); ++i)
      sum += std::abs(shares.log_value(estimates[i]) - std::log(target[i]));
    return sum;
  };
  CalibratedCost::Shares base;
  if (product) {
    CalibratedCost::Shares of_product;
    of_product.of = {};
    of_product.of[CostModel::kProductMember] = 1;
    const double doubt = std::pow(error(of_product), 2), roofline_doubt = std::pow(error(base), 2) + 1e-12;
    base.of[0] = doubt / (doubt + roofline_doubt);
    base.of[CostModel::kProductMember] = roofline_doubt / (doubt + roofline_doubt);
  }
  if (!learnable) return base;
  CalibratedCost::Shares best = base, taken;
  double best_error = kWorthwhile * error(best);
  taken.of.fill(0);
  for (int round = 0; round < kRounds; ++round) {
    CalibratedCost::Shares next;
    double next_error = std::numeric_limits<double>::max();
    for (std::size_t member = 0; member < CostModel::kMembers; ++member) {
      CalibratedCost::Shares with = taken;
      for (double& share : with.of) share *= static_cast<double>(round) / (round + 1);
      with.of[member] += 1.0 / (round + 1);
      if (const double e = error(with); e < next_error) {
        next_error = e;
        next = with;
      }
    }
    taken = next;
    if (next_error < best_error) {
      best_error = next_error;
      best = next;
    }
  }
  // Bases of a fold's few samples are worse than that of all, which lets the learners seem better than they are.
  const auto n = static_cast<double>(target.size());
  const double kept = n * n / (n * n + kBaseSamples * kBaseSamples);
  for (std::size_t member = 0; member < CostModel::kMembers; ++member)
    best.of[member] = kept * best.of[member] + (1 - kept) * base.of[member];
  return best;
}

/// Split-conformal quantile: a new sample of the same kind scores below it with probability 0.9.
double conformal_quantile(std::vector<double> scores) {
  std::sort(scores.begin(), scores.end());
  const double rank = std::ceil(kIntervalCoverage * static_cast<double>(scores.size() + 1));
  // Fewer than 9 samples hold no such quantile: the largest error, and half of it again.
  if (rank > static_cast<double>(scores.size())) return kFewSamplesFactor * scores.back();
  return scores[static_cast<std::size_t>(rank) - 1];
}

}  // namespace

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

CalibratedCost CalibratedCost::fit(const Terms& terms, const CostRows& samples, const ProductCosts* products,
                                   ThreadPool& pool) {
  CalibratedCost cost;
  const auto& [keys, target, weight, tiles, folds] = samples;
  std::optional<CostModel::Priors> priors;
  if (keys.size() >= kCorrectionMinimum)
    priors = CostModel::choose_priors(terms, samples, products != nullptr ? &products->all : nullptr, pool);
  auto [model, estimates] = fit_with_folds(terms, samples, products, priors ? &*priors : nullptr, pool);
  cost.shares_ = choose_shares(estimates, target, products != nullptr, priors.has_value());
  cost.model_ = std::move(model);
  cost.model_.forget_without(cost.shares_.of);

  const auto rows = static_cast<double>(keys.size());
  std::vector<double> errors;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double log_value = cost.shares_.log_value(estimates[i]);
    cost.held_out_.push_back(std::exp(log_value));
    errors.push_back(std::abs(log_value - std::log(target[i])));
  }
  // The mean, not the median: where most errors are tiny and some are not, the few must not count for thousands of it.
  cost.offset_ = std::max(kSmallestError, std::accumulate(errors.begin(), errors.end(), 0.0) / rows);
  for (std::size_t i = 0; i < errors.size(); ++i)
    errors[i] /= cost.offset_ + (cost.shares_.learnt() ? estimates[i].spread : 0);
  // The members' shares were chosen by these very errors, which therefore flatter a little where they are few.
  const double absent = products == nullptr ? 2 : tiles.empty() ? 1 : 0;
  const double members = static_cast<double>(CostModel::kMembers) - absent;
  const double flattered = cost.shares_.learnt() ? members / rows : 0;
  cost.quantile_ = (1 + flattered) * conformal_quantile(std::move(errors));
  return cost;
}

CalibratedCost::Value CalibratedCost::predict(const Terms& terms, const KernelKey& key, double widened) const {
  const CostModel::Estimate estimate = model_.estimate(terms, key);
  const double value = std::exp(shares_.log_value(estimate));
  const double doubt = widened * quantile_ * (offset_ + (shares_.learnt() ? estimate.spread : 0));
  const double factor = std::exp(std::min(doubt, kLargestDoubt));
  return {value, value / factor, value * factor};
}

int find_processors(KernelType type, const CostRows& rows, ThreadPool& pool) {
  const auto& keys = rows.keys;
  const auto& target = rows.target;
  // Half precision is computed by GPUs: tiles there are, whatever their number of processors.
  const DataType dtype = keys.front().dtype;
  const bool tiled = dtype == DataType::float16 || dtype == DataType::bfloat16;
  if (keys.size() < kProcessorsMinimum) return tiled ? kSmallGpu : 0;
  std::vector<int> part(keys.size());
  for (std::size_t i = 0; i < part.size(); ++i) part[i] = i < 2 * kHalf ? static_cast<int>(i % 2) : 2;
  Rng(keys.size()).shuffle(std::span(part));
  std::array<double, std::size(kProcessors)> errors{};
  pool.run(static_cast<int>(errors.size()), [&](int task) {
    const Terms terms(type, keys, kProcessors[task]);
    for (const int half : {0, 1}) {
      const CostRows learnt = rows_where(rows, [&](std::size_t i) { return part[i] == half; });
      const CostModel model = CostModel::fit(terms, learnt, nullptr, nullptr);
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (part[i] == 1 - half)
          errors[static_cast<std::size_t>(task)] += std::abs(std::log(model.roofline(terms, keys[i]) / target[i]));
    }
  });
  int best = 0;
  double best_error = std::numeric_limits<double>::max();
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const int processors = kProcessors[i];
    if (tiled && processors == 0) continue;
    if (errors[i] < (best == 0 ? kClearlyBetter : 1) * best_error || processors == 0) {
      best = processors;
      best_error = errors[i];
    }
  }
  return best;
}

}  // namespace tabjoule
