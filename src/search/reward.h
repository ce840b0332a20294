// What a search maximises: accuracy and predicted joules in one number.
#pragma once

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

struct Reward {
  double energy_weight = 0.01;  ///< w, not negative; 0 ignores energy. least_energy does not ask for it
  double reference_energy_j = 1;
  RewardKind kind = RewardKind::weighted_sum;

  [[nodiscard]] double operator()(double utility, double energy_j) const;
};

}  // namespace tabjoule
