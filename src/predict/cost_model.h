// One cost (seconds or joules) of one kernel type: a roofline times exp(correction).
#pragma once

#include <Eigen/Core>
#include <span>

#include "predict/boosted_trees.h"
#include "predict/terms.h"

namespace tabjoule {

class CostModel {
 public:
  /// keys, target (positive), weight: one a sample. `corrected`: learn trees on what the roofline leaves over.
  static CostModel fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                       std::span<const double> weight, bool corrected);

  [[nodiscard]] double predict(const Terms& terms, const KernelKey& key) const;
  [[nodiscard]] double roofline(const Terms& terms, const KernelKey& key) const;

 private:
  Eigen::VectorXd weights_;
  double floor_ = 0;  ///< no kernel is free, even where every fitted weight is 0
  BoostedTrees trees_;
};

}  // namespace tabjoule
