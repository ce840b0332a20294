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
  int patience = 8;                  ///< epochs without a better mean validation score of the probes
  Metric metric = Metric::accuracy;  ///< of that score
  int batch = 0;                     ///< 0: default_batch(rows)
  AdamWOptions adamw;
  std::uint64_t seed = 0;
};

struct SupernetResult {
  int epochs = 0;
  std::int64_t steps = 0;
  int best_epoch = 0;
  std::vector<double> losses;        ///< mean of each epoch
  std::vector<double> probe_scores;  ///< mean utility of the probes after each epoch
};

/// Path training: each batch goes through one architecture drawn from the space's prior. The learning rate falls to
/// zero along a cosine over the epochs that the budget allows. After each epoch a few probes (the smallest network, the
/// largest, some drawn from the prior) are scored on `validation`; training ends when their mean stops improving and
/// leaves the best epoch's weights, since shared weights overfit a small table as a single network's do. Errors
/// (internal): the loss is not finite.
SupernetResult train_supernet(Supernet& supernet, const Samples& train, const Samples& validation,
                              const SupernetOptions& options, ThreadPool& pool, const ProgressSink& progress);

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
