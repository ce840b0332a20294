// One step of training a Network, and its outputs for many rows. A whole run of training is train_network.h.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/progress.h"
#include "base/thread_pool.h"
#include "nn/adamw.h"
#include "nn/executor.h"
#include "nn/gradient_sum.h"
#include "nn/loss.h"
#include "nn/metrics.h"
#include "table/dataset.h"

namespace tabjoule {

/// Preprocessed rows with what is to be predicted.
struct Samples {
  Matrix x;                          ///< (N, F)
  std::vector<std::int32_t> labels;  ///< (N) classification
  std::vector<float> values;         ///< (N) regression, in the target's own unit
  Task task = Task::regression;
  float target_mean = 0, target_std = 1;  ///< regression: networks see (value - mean) / std
  LossOptions loss;                       ///< classification: what training makes of the labels
  /// (N, K): what training learns instead of labels and values, as a network's raw outputs: logits, whose softmax is
  /// the target, or standardised values. Empty: the truth itself.
  Matrix taught = {};

  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(x.rows()); }
  [[nodiscard]] Truth truth() const { return {labels, values}; }
};

/// Learning from another network's outputs on the same batch: logits, whose softmax is the target, or values.
struct Distillation {
  ConstBlock teacher = {};  ///< (B, K); without data: the samples' own truth
  Block outputs = {};       ///< (B, K), where this network's outputs are written; without data: nowhere
};

/// One optimiser step after another on a store. The work is cut by the shapes alone, so that the result is the same for
/// any number of threads. A network and batch no larger than earlier ones allocate nothing.
///
/// Where a network has tokens, the batch goes through in parts that fit in the cache, and gradients are summed over
/// them: memory does not grow with the batch. BatchNorm needs the batch in one piece.
class TrainingStep {
 public:
  TrainingStep(ParameterStore& store, ThreadPool& pool) : store_(store), pool_(pool) {}

  /// Loss averaged over the batch, before the update. `rng` seeds the dropout of this step.
  double run(const Network& network, const Samples& samples, std::span<const std::uint32_t> batch,
             const AdamWOptions& options, const Rng& rng);

  /// Adds the gradients to `sum`, which is of the same store, and updates nothing. Returns the loss as `run` does.
  /// `distillation` says whose outputs count as truth, and where this network's go.
  double accumulate(const Network& network, const Samples& samples, std::span<const std::uint32_t> batch,
                    GradientSum& sum, const Rng& rng, const Distillation& distillation = {});

 private:
  struct Job {
    const Network* network;
    const Samples* samples;
    std::span<const std::uint32_t> batch;
    const AdamWOptions* options;  // null where gradients are summed
    const Rng* rng;
    GradientSum* sum;
    Distillation distillation;
    int first = 0;   // row of the batch where the part in work begins
    int part = 0;    // its number
    int shards = 0;  // of a part
    int parts = 0;
  };
  /// One tile of a layer's parameters and where its gradient lies.
  struct TileWork {
    std::size_t layer;
    int index;
    Tile tile;
    std::array<Parameter*, 3> parameters;
    std::array<AdamWStep, 3> steps;
    std::size_t offset, floats;
  };
  double backpropagate(const Job& job);
  void run_part(int first, int rows);
  void forward_loss_backward(int shard);
  void fill_input(const Pass& pass);
  double loss_of(const Pass& pass);
  void cut_tiles();
  void update_tile(int index);

  ParameterStore& store_;
  ThreadPool& pool_;
  Executor executor_;
  std::vector<double> losses_;        // of each shard of each part
  std::vector<std::int32_t> labels_;  // of the batch, in its order
  std::vector<float> values_;
  Matrix taught_;
  std::vector<TileWork> tiles_;
  std::vector<float> gradients_;  // of every tile where a batch has parts, else of the tiles in work, one a thread
  std::size_t largest_tile_ = 0;
  Job job_{};
};

/// Resident bytes that training `network` takes beyond its samples: parameters with AdamW's moments, the best epoch's
/// copy, values and gradients of a part of a batch, and those of an evaluation on `threads` threads.
[[nodiscard]] std::size_t training_bytes(const Network& network, int batch, int threads);
/// More than this is worth telling before training begins.
inline constexpr std::size_t kToldTrainingBytes = std::size_t{1} << 30;

/// Sets the running statistics of `network`'s BatchNorms (its slices of them) to the means over batches of `rows` of
/// `samples`, nothing dropped: what a network that shares its weights with others needs before it is judged
/// (BigNAS, arXiv 2003.11142, section 3.3). Does nothing for a network without BatchNorm. Every batch is `batch` rows;
/// a last one of fewer is left out where there is a whole one.
void recalibrate_batchnorm(const Network& network, ParameterStore& store, const Samples& samples,
                           std::span<const std::uint32_t> rows, int batch, ThreadPool& pool);

/// Network outputs as predictions: (N, K) probabilities, or (N, 1) values in the target's own unit.
class Evaluator {
 public:
  explicit Evaluator(ThreadPool& pool) : pool_(pool), executors_(static_cast<std::size_t>(pool.threads())) {}
  [[nodiscard]] Matrix predict(const Network& network, const ParameterStore& store, const Samples& samples);
  /// Raw outputs (N, K): logits or standardised values.
  [[nodiscard]] Matrix outputs(const Network& network, const ParameterStore& store, const Matrix& x);

 private:
  ThreadPool& pool_;
  std::vector<Executor> executors_;
};

/// A power of two from 16 to 256 that gives a small table enough steps an epoch.
[[nodiscard]] int default_batch(std::size_t rows);

/// The learning rate when a share `done` of the steps is done: a half cosine from `learning_rate` to 0.
[[nodiscard]] double annealed(double learning_rate, double done);

}  // namespace tabjoule
