// How well one list of scores orders what another list scores: what a supernet is chosen by.
#pragma once

#include <cstdint>
#include <span>

namespace tabjoule {

struct RankCorrelation {
  double tau = 0;          ///< -1 .. 1; 0 where a list orders nothing
  std::int64_t pairs = 0;  ///< that were compared
};

/// Kendall's tau-b (Kendall 1945): over the pairs of items, (concordant - discordant) / sqrt((pairs - ties in truth)
/// (pairs - ties in scores)). Pairs whose `truth` differs by no more than `noise` are left out where `noise` > 0: no
/// score can be asked to order those. Quadratic in the items. Errors (internal): lists of different lengths, a value
/// that is not finite.
[[nodiscard]] RankCorrelation kendall_tau_b(std::span<const double> truth, std::span<const double> scores,
                                            double noise = 0);

}  // namespace tabjoule
