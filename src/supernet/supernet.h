// One set of weights for a whole search space (weight entanglement; AutoFormer, arXiv 2107.00651, section 3.2):
// the largest network's parameters, of which every smaller network trains and runs on the top-left slices.
#pragma once

#include <map>

#include "nn/training.h"
#include "space/search_space.h"

namespace tabjoule {

class Supernet {
 public:
  Supernet(SearchSpace space, NetworkShape shape, std::uint64_t seed);

  [[nodiscard]] const SearchSpace& space() const { return space_; }
  [[nodiscard]] const NetworkShape& shape() const { return shape_; }
  [[nodiscard]] Network network(const Architecture& architecture) const {
    return to_network(space_, architecture, shape_);
  }
  [[nodiscard]] ParameterStore& store() { return store_; }
  [[nodiscard]] const ParameterStore& store() const { return store_; }

 private:
  SearchSpace space_;
  NetworkShape shape_;
  ParameterStore store_;
};

/// Scores of architectures on the supernet's weights, each computed once. BatchNorm's running statistics are those of
/// whichever path came last, so they are first recomputed for the architecture on a sample of the training rows; they
/// alone of the supernet change.
class SupernetScorer {
 public:
  /// All must outlive the scorer.
  SupernetScorer(Supernet& supernet, const Samples& train, const Samples& validation, Metric metric, ThreadPool& pool);

  [[nodiscard]] double score(const Architecture& architecture);
  /// On the validation rows: what is scored.
  [[nodiscard]] Matrix predict(const Architecture& architecture);
  [[nodiscard]] std::size_t scored() const { return scores_.size(); }

 private:
  Supernet& supernet_;
  const Samples& train_;
  const Samples& validation_;
  Metric metric_;
  ThreadPool& pool_;
  RowIndices statistics_rows_;  // of train
  Evaluator evaluator_;
  std::map<Architecture, double> scores_;
};

}  // namespace tabjoule
