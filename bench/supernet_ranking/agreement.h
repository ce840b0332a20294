// A supernet's scores beside those of the same architectures trained alone.
#pragma once

#include <string>
#include <vector>

#include "supernet/train_supernet.h"
#include "supernet_ranking/standalone.h"

namespace tabjoule {

/// One architecture, scored by both; more is better, so errors are negative.
struct ScoredArchitecture {
  std::string architecture;
  double alone = 0;     ///< on test rows, trained with seed 0
  double supernet = 0;  ///< on validation rows
};

/// How much two trainings of one architecture differ that differ in nothing but the seed.
struct SeedNoise {
  double difference = 0;  ///< median of the absolute ones; the mean square is that of the few deep narrow networks that
                          ///< one seed trains and the other does not
  double tau = 0;         ///< Kendall's tau-b of the two seeds' scores: what no supernet can be asked to pass by far
  int architectures = 0;
};

struct Agreement {
  double tau = 0;           ///< all pairs
  double tau_beyond = 0;    ///< pairs whose stand-alone scores differ by more than the seed noise
  double share_beyond = 0;  ///< of the pairs, how many those are
  double spread = 0;        ///< best stand-alone score less the median
  double regret = 0;        ///< best stand-alone score less that of the supernet's favourite
};

[[nodiscard]] SeedNoise seed_noise(const StandaloneScores& alone, const RankingData& data, const SearchSpace& space,
                                   const std::vector<Architecture>& architectures);

[[nodiscard]] Agreement agreement(const std::vector<ScoredArchitecture>& scored, const SeedNoise& noise);

}  // namespace tabjoule
