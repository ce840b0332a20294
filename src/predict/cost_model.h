// One cost (seconds or joules) of one kernel type: a roofline times exp(correction).
#pragma once

#include <Eigen/Core>
#include <span>

#include "predict/extra_trees.h"
#include "predict/terms.h"

namespace tabjoule {

class CostModel {
 public:
  /// In the logarithm: what the physics says, what the trees add to it, how much the trees disagree.
  struct Estimate {
    double log_roofline = 0;
    double correction = 0;
    double spread = 0;
  };

  CostModel() = default;
  /// keys, target (positive), weight: one a sample. `corrected`: learn trees on what the roofline leaves over.
  static CostModel fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                       std::span<const double> weight, bool corrected);

  [[nodiscard]] Estimate estimate(const Terms& terms, const KernelKey& key) const;
  [[nodiscard]] double roofline(const Terms& terms, const KernelKey& key) const;
  void drop_correction() { trees_ = {}; }

 private:
  Eigen::VectorXd weights_;
  double floor_ = 0;  ///< no kernel is free, even where every fitted weight is 0
  ExtraTrees trees_;
};

}  // namespace tabjoule
