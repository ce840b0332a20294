#include "supernet/rank_correlation.h"

#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

int sign(double value) { return (value > 0) - (value < 0); }

}  // namespace

RankCorrelation kendall_tau_b(std::span<const double> truth, std::span<const double> scores, double noise) {
  if (truth.size() != scores.size())
    fail_internal("a rank correlation needs as many scores ({}) as true values ({})", scores.size(), truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (!std::isfinite(truth[i]) || !std::isfinite(scores[i])) fail_internal("value {} to be ranked is not finite", i);
  std::int64_t pairs = 0, balance = 0, truth_ties = 0, score_ties = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (noise > 0 && std::abs(truth[i] - truth[j]) <= noise) continue;
      const int a = sign(truth[i] - truth[j]);
      const int b = sign(scores[i] - scores[j]);
      ++pairs;
      balance += static_cast<std::int64_t>(a) * b;
      truth_ties += a == 0 ? 1 : 0;
      score_ties += b == 0 ? 1 : 0;
    }
  }
  const double norm = std::sqrt(static_cast<double>(pairs - truth_ties) * static_cast<double>(pairs - score_ties));
  return {norm > 0 ? static_cast<double>(balance) / norm : 0, pairs};
}

}  // namespace tabjoule
