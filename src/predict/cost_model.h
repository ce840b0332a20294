// One cost (seconds or joules) of one kernel type: rooflines, and what learners add to their logarithms.
#pragma once

#include <Eigen/Core>
#include <array>
#include <optional>
#include <span>

#include "base/thread_pool.h"
#include "predict/cost_rows.h"
#include "predict/extra_trees.h"
#include "predict/gaussian_process.h"
#include "predict/product_cost.h"
#include "predict/terms.h"
#include "predict/tile_choice.h"

namespace tabjoule {

/// Two bases: the roofline of all terms (Terms::few_count of them where samples are few), and of products the machine's
/// model, else the roofline of the plain terms, which leaves over something smooth for learners to learn. On each base
/// trees and a Gaussian process; where samples tell their tiles, one more learns those. Whom to believe the samples
/// must tell.
class CostModel {
 public:
  static constexpr std::size_t kBases = 2;
  /// Of each base itself, trees on it, a process on it; the choice of tiles.
  static constexpr std::size_t kMembers = 3 * kBases + 1;
  static constexpr std::size_t kProductMember = 3, kTileMember = 6;

  /// What each member predicts, as a logarithm, and how much the trees of the first disagree.
  struct Estimate {
    std::array<double, kMembers> logs{};
    double spread = 0;
  };

  /// Of the processes on the bases.
  using Priors = std::array<GaussianPrior, kBases>;

  CostModel() = default;
  /// Without `priors` nothing is learnt on the bases. Members that there are not, and a roofline of plain terms by
  /// itself, are the first one.
  static CostModel fit(const Terms& terms, const CostRows& rows, const ProductCost* product, const Priors* priors);
  static Priors choose_priors(const Terms& terms, const CostRows& rows, const ProductCost* product, ThreadPool& pool);
  /// Whether trees or a process have a share.
  [[nodiscard]] static bool believes_learners(const std::array<double, kMembers>& shares);
  /// Members of share 0 are not needed again: they predict what their base does, and take no time. Only the first
  /// trees stay for their spread, where any learner has a share.
  void forget_without(const std::array<double, kMembers>& shares);

  [[nodiscard]] Estimate estimate(const Terms& terms, const KernelKey& key) const;
  /// Of all terms.
  [[nodiscard]] double roofline(const Terms& terms, const KernelKey& key) const;

 private:
  struct Learnt {
    ExtraTrees trees;
    GaussianProcess process;
  };

  Eigen::VectorXd roofline_;  ///< weights of the first terms; the others count nothing
  Eigen::VectorXd plain_;     ///< likewise; empty where there is a product
  std::optional<ProductCost> product_;
  std::array<Learnt, kBases> learnt_;
  TileChoice tiles_;
  double floor_ = 0;  ///< no kernel is free, even where every fitted weight is 0
};

}  // namespace tabjoule
