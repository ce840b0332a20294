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

struct SupernetOptions {
  /// Floating-point operations to spend. A budget of work, not of time, so that a run is the same on a slow day.
  double flop_budget = 4e12;
  int min_epochs = 4;
  int max_epochs = 60;
  int batch = 0;  ///< 0: default_batch(rows)
  AdamWOptions adamw;
  std::uint64_t seed = 0;
};

struct SupernetResult {
  int epochs = 0;
  std::int64_t steps = 0;
  std::vector<double> losses;  ///< mean of each epoch
};

/// Uniform path training: each batch goes through one architecture drawn uniformly. The learning rate falls to zero
/// along a cosine. Errors (internal): the loss is not finite.
SupernetResult train_supernet(Supernet& supernet, const Samples& train, const SupernetOptions& options,
                              ThreadPool& pool, const ProgressSink& progress);

/// Scores of architectures on the supernet's weights, each computed once.
class SupernetScorer {
 public:
  /// All must outlive the scorer.
  SupernetScorer(const Supernet& supernet, const Samples& validation, Metric metric, ThreadPool& pool)
      : supernet_(supernet), validation_(validation), metric_(metric), evaluator_(pool) {}

  [[nodiscard]] double score(const Architecture& architecture);
  [[nodiscard]] std::size_t scored() const { return scores_.size(); }

 private:
  const Supernet& supernet_;
  const Samples& validation_;
  Metric metric_;
  Evaluator evaluator_;
  std::map<Architecture, double> scores_;
};

}  // namespace tabjoule
