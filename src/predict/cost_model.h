// One cost (seconds or joules) of one kernel type: rooflines, and what learners add to their logarithms.
#pragma once

#include <Eigen/Core>
#include <array>
#include <span>

#include "base/thread_pool.h"
#include "predict/extra_trees.h"
#include "predict/gaussian_process.h"
#include "predict/terms.h"

namespace tabjoule {

/// Two rooflines, of all terms (Terms::few_count of them where samples are few) and of the plain ones. The first knows
/// the device better and is rougher where it errs, the second leaves over something smooth for learners to learn; which
/// is better the samples must tell.
class CostModel {
 public:
  static constexpr std::size_t kMembers = 5;  ///< roofline; trees and process on it; trees and process on the plain one

  /// What each member predicts, as a logarithm, and how much the trees of the first disagree.
  struct Estimate {
    std::array<double, kMembers> logs{};
    double spread = 0;
  };

  /// Of the processes on the two rooflines.
  using Priors = std::array<GaussianPrior, 2>;

  CostModel() = default;
  /// keys, target (positive), weight: one a sample. Without `priors` nothing is learnt on the rooflines: every member
  /// is the first one.
  static CostModel fit(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                       std::span<const double> weight, const Priors* priors);
  static Priors choose_priors(const Terms& terms, std::span<const KernelKey> keys, std::span<const double> target,
                              std::span<const double> weight, ThreadPool& pool);
  /// Members of share 0 are not needed again: they predict what their roofline does, and take no time. Only the first
  /// trees stay for their spread, where any learner has a share.
  void forget_without(const std::array<double, kMembers>& shares);

  [[nodiscard]] Estimate estimate(const Terms& terms, const KernelKey& key) const;
  /// Of all terms.
  [[nodiscard]] double roofline(const Terms& terms, const KernelKey& key) const;

 private:
  struct Learnt {
    Eigen::VectorXd weights;  // of the first terms; the others count nothing
    ExtraTrees trees;
    GaussianProcess process;
  };

  std::array<Learnt, 2> parts_;
  double floor_ = 0;  ///< no kernel is free, even where every fitted weight is 0
};

}  // namespace tabjoule
