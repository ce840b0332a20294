// What a search maximises: accuracy and predicted joules in one number. docs/search.md compares them.
#pragma once

#include <string>
#include <vector>

namespace tabjoule {

/// Every one rises or stays with utility and falls or stays with energy, over all of their range.
enum class RewardKind {
  weighted_sum,    ///< utility - w log10(E / E0): what one gives for ten times less energy is w, on every scale
  absolute,        ///< utility - w max(0, E / E0 - 1). TuNAS (arXiv 2008.06120) has |E / E0 - 1|, which pays for joules
                   ///< below the target; here nothing is paid for there
  multiplicative,  ///< utility (E / E0)^-w, MnasNet (arXiv 1807.11626); a utility below 0 is divided by it instead, or
                   ///< more energy would raise it
  least_energy,    ///< -log10(E / E0): for a limit on the utility
};

[[nodiscard]] const char* to_string(RewardKind kind);
/// Of those that weigh both: "weighted-sum", "absolute", "multiplicative". Errors (usage): unknown.
[[nodiscard]] RewardKind reward_kind_from(const std::string& name);
[[nodiscard]] std::vector<std::string> reward_kinds();

struct Reward {
  double energy_weight = 0.01;  ///< w, not negative; 0 ignores energy. least_energy does not ask for it
  double reference_energy_j = 1;
  RewardKind kind = RewardKind::weighted_sum;

  /// Of the weight that users give: what ten times `reference_energy_j` costs, in utility (multiplicative: the share of
  /// the utility it costs). Errors (usage): negative, or a share of 1 or more.
  [[nodiscard]] static Reward of_tenfold(RewardKind kind, double weight, double reference_energy_j);

  [[nodiscard]] double operator()(double utility, double energy_j) const;
};

}  // namespace tabjoule
