#include "search/reward.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {

double Reward::operator()(double utility, double energy_j) const {
  const double relative = energy_j / reference_energy_j;
  if (kind == RewardKind::least_energy) return -std::log10(relative);
  if (energy_weight == 0) return utility;  // also where the energy is 0 or infinite
  switch (kind) {
    case RewardKind::absolute:
      return utility - energy_weight * std::max(0.0, relative - 1);
    case RewardKind::multiplicative:
      return utility * std::pow(relative, utility > 0 ? -energy_weight : energy_weight);
    default:
      return utility - energy_weight * std::log10(relative);
  }
}

}  // namespace tabjoule
