// One cost of one kernel type with its doubt: the cost model, how far to believe each of its members, and
// 90 % intervals from errors on samples that were held out.
#pragma once

#include <array>
#include <numeric>
#include <span>
#include <vector>

#include "predict/cost_model.h"

namespace tabjoule {

inline constexpr int kFolds = 5;
/// A fold per sample, 0 to kFolds - 1; equal keys share one.
[[nodiscard]] std::vector<int> make_folds(std::span<const KernelKey> keys);

/// By the machine's model of all samples, and by those of the samples outside each fold.
struct ProductCosts {
  ProductCost all;
  std::vector<ProductCost> without;
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

    [[nodiscard]] bool learnt() const { return CostModel::believes_learners(of); }
    [[nodiscard]] double log_value(const CostModel::Estimate& estimate) const {
      return std::inner_product(of.begin(), of.end(), estimate.logs.begin(), 0.0);
    }
  };

  CalibratedCost() = default;
  /// samples: at least one, targets positive. Cross-validation by their folds chooses the members' shares, of which the
  /// bases keep some where samples are few, and measures the errors. Intervals are normalised split-conformal
  /// (Lei et al., 2018, section 5.2): wider where the trees disagree. `products`: null of what is none.
  static CalibratedCost fit(const Terms& terms, const CostRows& samples, const ProductCosts* products,
                            ThreadPool& pool);

  /// `widened`: the interval is taken to this power (1 inside what was measured).
  [[nodiscard]] Value predict(const Terms& terms, const KernelKey& key, double widened = 1) const;

  /// Each sample as predicted by the model that has not seen its key.
  [[nodiscard]] const std::vector<double>& held_out() const { return held_out_; }

 private:
  CostModel model_;
  Shares shares_;
  double quantile_ = 0;  ///< 90 % of held-out |log errors| lie below quantile (offset + spread)
  double offset_ = 0;
  std::vector<double> held_out_;
};

/// How many parallel units the samples betray by the steps of their costs (Terms::processors), 0 for none: what
/// predicts one half of them best from the other. rows: at least one. Of few samples in half precision 16 is assumed.
[[nodiscard]] int find_processors(KernelType type, const CostRows& rows, ThreadPool& pool);

}  // namespace tabjoule
