// A network trained from scratch, with everything that is known of it.
#pragma once

#include <optional>

#include "nn/train_network.h"
#include "pipeline/prepared_data.h"
#include "predict/predictor.h"
#include "profile/measure.h"
#include "space/search_space.h"

namespace tabjoule {

struct TrainedModel {
  Architecture architecture;
  Network network;
  ParameterStore store;
  TrainResult training;
  double score_validation = 0;
  double score_test = 0;
};

/// How a network is trained to its end. `train` takes it as flags; the defaults, which `search` uses too, are those
/// that bench/README.md measures.
struct Recipe {
  double learning_rate = 1e-3;
  double weight_decay = 1e-5;
  int batch = 0;  ///< 0: default_batch(rows)
  int max_epochs = 200;
  int patience = 16;            ///< epochs without a better validation score
  double averaging_epochs = 5;  ///< 0: the weights themselves
};

struct FinalTrainingOptions {
  Metric metric = Metric::accuracy;
  double flop_budget = 3e12;  ///< bounds the epochs of a large network on a large table; 3 are always allowed
  std::uint64_t seed = 0;
  Recipe recipe;
  StopCheck stop = {};  ///< as TrainOptions::stop
};

/// Trains the architecture's network on what is learnt, stops early on validation, scores once on test.
[[nodiscard]] TrainedModel train_architecture(const SearchSpace& space, const Architecture& architecture,
                                              const NetworkShape& shape, const PreparedData& data,
                                              const FinalTrainingOptions& options, ThreadPool& pool,
                                              const ProgressSink& progress);

}  // namespace tabjoule
