// A whole run of training: epochs, early stopping, averaged weights.
#pragma once

#include <vector>

#include "nn/training.h"

namespace tabjoule {

struct TrainOptions {
  Metric metric = Metric::accuracy;
  int max_epochs = 100;
  int patience = 16;  ///< epochs without a better validation score (RTDL's recipe)
  /// An epoch is one of so many equal parts of the training rows, and so many epochs see each row once: with the many
  /// rows of a teacher validation is asked as often as with the table's own.
  int epochs_a_pass = 1;
  int batch = 0;  ///< 0: default_batch(rows)
  AdamWOptions adamw;
  bool anneal = false;  ///< let the learning rate fall to zero along a cosine over max_epochs; else it is constant
  /// Score and keep an exponential moving average of the weights over about this many epochs instead of the weights
  /// themselves (nn/weight_average.h); 0: the weights themselves.
  double averaging_epochs = 0;
  std::uint64_t seed = 0;
  StopCheck stop =
      {};  ///< ends training early, asked before every step but the first, which is always done; empty: never
};

/// Floating-point operations of an epoch on `rows` rows, forward and backward counted as three forwards.
[[nodiscard]] double epoch_flops(const Network& network, std::size_t rows);

/// `rows`: of a pass. Bounds the epochs by what `flop_budget` affords, 3 at least. Where early stopping would hardly
/// come into play, the learning rate is annealed instead.
void limit_epochs(TrainOptions& options, const Network& network, std::size_t rows, double flop_budget);

struct TrainResult {
  int epochs = 0;
  int best_epoch = 0;
  double validation_score = 0;
  std::vector<double> validation_scores;  ///< one an epoch
  std::vector<double> losses;
};

/// Trains `network` in `store` until the validation score stops improving; leaves the best epoch's weights. Errors
/// (internal): the loss is not finite. `progress` is called before every step.
TrainResult train_network(const Network& network, ParameterStore& store, const Samples& train,
                          const Samples& validation, const TrainOptions& options, ThreadPool& pool,
                          const ProgressSink& progress);

}  // namespace tabjoule
