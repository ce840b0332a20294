#include "supernet/supernet.h"

namespace tabjoule {

Supernet::Supernet(SearchSpace space, NetworkShape shape, std::uint64_t seed)
    : space_(std::move(space)), shape_(shape) {
  store_.add(network(largest(space_)), Rng(seed));
}

double SupernetScorer::score(const Architecture& architecture) {
  if (const auto known = scores_.find(architecture); known != scores_.end()) return known->second;
  const Matrix predictions = evaluator_.predict(supernet_.network(architecture), supernet_.store(), validation_);
  const double score = evaluate(metric_, block(predictions), validation_.truth());
  scores_.emplace(architecture, score);
  return score;
}

}  // namespace tabjoule
