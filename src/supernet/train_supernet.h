// Trains a supernet: path by path, within a budget of work, resumable.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "supernet/path_sampling.h"
#include "supernet/supernet.h"

namespace tabjoule {

struct SupernetOptions {
  /// Floating-point operations to spend. A budget of work, not of time, so that a run is the same on a slow day.
  double flop_budget = 4e12;
  int min_epochs = 4;
  int max_epochs = 60;
  int patience = 8;                  ///< epochs without a better mean validation score of the probes
  Metric metric = Metric::accuracy;  ///< of that score
  int batch = 0;                     ///< 0: default_batch(rows)
  AdamWOptions adamw;
  PathOptions paths;
  /// Sandwich: the paths behind the largest learn its outputs instead of the truth (in-place distillation; BigNAS,
  /// arXiv 2003.11142, section 3.1).
  bool distil = false;
  std::uint64_t seed = 0;
  /// Where the state of training is kept (docs/checkpoint-format.md); empty: nowhere. Where the file exists, training
  /// goes on from it and ends with the same bits as if it had never stopped.
  std::filesystem::path checkpoint = {};
  /// Ends training before the budget does, at the next step; asked after every step. Empty: never.
  StopCheck stop = {};
  double checkpoint_interval_s = 30;  ///< between two writes at the ends of epochs; the end of training always writes
};

/// Mean forward operations a row over the paths of a step, of a fixed sample of steps.
[[nodiscard]] double mean_path_flops(const SearchSpace& space, const NetworkShape& shape, const PathOptions& options);

struct SupernetResult {
  int epochs = 0;
  std::int64_t steps = 0;
  int best_epoch = 0;
  std::vector<double> losses;        ///< mean of each epoch's paths
  std::vector<double> probe_scores;  ///< mean utility of the probes after each epoch
};

/// What training has come to after some epochs; the supernet's store holds the weights and moments. Random streams
/// follow from seed, epoch and step, so that the epoch is their state.
struct SupernetState {
  SupernetResult result;
  std::map<std::string, Matrix> best;  ///< the weights of the best epoch
};

/// Path training: each batch goes through the paths that `options.paths` draws. The learning rate falls to zero along
/// a cosine over the epochs that the budget allows. After each epoch a few probes (the smallest network and some drawn
/// from the prior) are scored on `validation`; training ends when their mean stops improving and leaves the
/// best epoch's weights, since shared weights overfit a small table as a single network's do.
/// Errors (usage): distillation without a sandwich, or a policy that is absent; (input): the checkpoint is damaged, of
/// another version, or of another space, table or options; (internal): the loss is not finite.
SupernetResult train_supernet(Supernet& supernet, const Samples& train, const Samples& validation,
                              const SupernetOptions& options, ThreadPool& pool, const ProgressSink& progress);

}  // namespace tabjoule
