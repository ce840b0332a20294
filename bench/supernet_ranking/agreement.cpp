#include "supernet_ranking/agreement.h"

#include <algorithm>
#include <cmath>

#include "supernet/rank_correlation.h"

namespace tabjoule {

SeedNoise seed_noise(const StandaloneScores& alone, const RankingData& data, const SearchSpace& space,
                     const std::vector<Architecture>& architectures) {
  std::vector<double> first, second;
  for (const auto& architecture : architectures) {
    const std::string text = to_text(space, architecture);
    const StandaloneScore* a = alone.find(data.table.name, text, 0);
    const StandaloneScore* b = alone.find(data.table.name, text, 1);
    if (a == nullptr || b == nullptr) continue;
    first.push_back(a->test);
    second.push_back(b->test);
  }
  std::vector<double> differences;
  for (std::size_t i = 0; i < first.size(); ++i) differences.push_back(std::abs(first[i] - second[i]));
  std::sort(differences.begin(), differences.end());
  const std::size_t count = differences.size();
  const double median = count == 0 ? 0 : (differences[(count - 1) / 2] + differences[count / 2]) / 2;
  return {median, kendall_tau_b(first, second).tau, static_cast<int>(count)};
}

Agreement agreement(const std::vector<ScoredArchitecture>& scored, const SeedNoise& noise) {
  std::vector<double> alone, supernet;
  for (const auto& s : scored) {
    alone.push_back(s.alone);
    supernet.push_back(s.supernet);
  }
  const RankCorrelation all = kendall_tau_b(alone, supernet);
  const RankCorrelation beyond = kendall_tau_b(alone, supernet, noise.difference);
  const auto favourite = std::max_element(supernet.begin(), supernet.end()) - supernet.begin();
  std::vector<double> sorted = alone;
  std::sort(sorted.begin(), sorted.end());
  return {all.tau, beyond.tau,
          static_cast<double>(beyond.pairs) / static_cast<double>(std::max<std::int64_t>(all.pairs, 1)),
          sorted.back() - sorted[sorted.size() / 2], sorted.back() - alone[static_cast<std::size_t>(favourite)]};
}

}  // namespace tabjoule
