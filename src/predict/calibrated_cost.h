// One cost of one kernel type with its doubt: the cost model, how far to believe each of its members, and
// 90 % intervals from errors on samples that were held out.
#pragma once

#include <array>
#include <numeric>
#include <span>
#include <vector>

#include "predict/cost_model.h"

namespace tabjoule {

/// The samples that tell one of the costs, column by column.
struct CostRows {
  std::vector<KernelKey> keys;
  std::vector<double> target, weight;
};

/// Of held-out samples in every interval.
inline constexpr double kIntervalCoverage = 0.9;

class CalibratedCost {
 public:
  struct Value {
    double value = 0, low = 0, high = 0;  ///< low and high: a 90 % interval
  };

  /// How much each member of the cost model is believed; their sum is 1.
  struct Shares {
    std::array<double, CostModel::kMembers> of{1};

    [[nodiscard]] bool learnt() const { return of[0] < 1; }
    [[nodiscard]] double log_value(const CostModel::Estimate& estimate) const {
      return std::inner_product(of.begin(), of.end(), estimate.logs.begin(), 0.0);
    }
  };

  CalibratedCost() = default;
  /// keys, target (positive), weight: one a sample, at least one. Five-fold cross-validation, equal keys held out
  /// together, chooses the members' shares, of which the roofline keeps one where samples are few, and measures the
  /// errors. Intervals are normalised split-conformal (Lei et al., 2018, section 5.2): wider where the trees disagree.
  static CalibratedCost fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                            std::span<const double> weight, ThreadPool& pool);

  /// `widened`: the interval is taken to this power (1 inside what was measured).
  [[nodiscard]] Value predict(const Terms& terms, const KernelKey& key, double widened = 1) const;

  /// Each sample as predicted by the model that has not seen its key, and which fold that was.
  [[nodiscard]] const std::vector<double>& held_out() const { return held_out_; }
  [[nodiscard]] const std::vector<int>& folds() const { return folds_; }

 private:
  CostModel model_;
  Shares shares_;
  double quantile_ = 0;  ///< 90 % of held-out |log errors| lie below quantile (offset + spread)
  double offset_ = 0;
  std::vector<double> held_out_;
  std::vector<int> folds_;
};

/// How many parallel units the samples betray by the steps of their costs (Terms::processors), 0 for none: what
/// predicts one half of them best from the other. keys: not empty. Of few samples in half precision 16 is assumed.
[[nodiscard]] int find_processors(KernelType type, std::span<const KernelKey> keys, std::span<const double> target,
                                  std::span<const double> weight, ThreadPool& pool);

}  // namespace tabjoule
