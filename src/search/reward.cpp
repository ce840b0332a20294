#include "search/reward.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr std::array kNames{"weighted-sum", "absolute", "multiplicative", "least-energy"};
constexpr std::size_t kWeighing = 3;

}  // namespace

const char* to_string(RewardKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::vector<std::string> reward_kinds() { return {kNames.begin(), kNames.begin() + kWeighing}; }

RewardKind reward_kind_from(const std::string& name) {
  for (std::size_t i = 0; i < kWeighing; ++i)
    if (name == kNames[i]) return static_cast<RewardKind>(i);
  fail_usage("no reward is named \"{}\" (there are: {})", name, fmt::join(reward_kinds(), ", "));
}

Reward Reward::of_tenfold(RewardKind kind, double weight, double reference_energy_j) {
  if (!(weight >= 0)) fail_usage("--energy-weight must not be negative, it is {}", weight);
  if (kind == RewardKind::multiplicative && weight >= 1)
    fail_usage("--energy-weight {}: with --reward multiplicative it is a share of the score, below 1", weight);
  if (kind == RewardKind::absolute) return {weight / 9, reference_energy_j, kind};
  if (kind == RewardKind::multiplicative) return {-std::log10(1 - weight), reference_energy_j, kind};
  return {weight, reference_energy_j, kind};
}

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
