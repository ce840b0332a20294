// The final training of a network, with its dropout, learning rate and weight decay found by successive halving
// (Jamieson and Talwalkar, 2016): what the search left open, since it depends on the architecture.
#pragma once

#include <filesystem>

#include "pipeline/search_point.h"
#include "pipeline/trained_model.h"

namespace tabjoule {

struct TuningOptions {
  Metric metric = Metric::accuracy;
  double flop_budget = 3e12;  ///< of all trainings together
  float dropout = 0.1F;       ///< where nothing is tuned
  std::uint64_t seed = 0;
  StopCheck stop = {};  ///< ends the training in progress with its best epoch; nothing further begins
};

/// A network trained to its end, with the recipe that was found.
struct TrainedPoint {
  SearchPoint point;
  TrainedModel model;
  Recipe recipe;
  float dropout = 0;
  std::vector<double> left_out;  ///< left_out_scores on validation
};

/// Four recipes are trained for a sixth of what a training gets, the two best to the end, and the better one on
/// validation is kept: 2 2/3 trainings. A budget that does not last for 15 epochs each goes into one training by the
/// first recipe, the default.
[[nodiscard]] TrainedPoint train_tuned(const SearchSpace& space, const SearchPoint& point, const NetworkShape& shape,
                                       const PreparedData& data, const TuningOptions& options, ThreadPool& pool,
                                       const ProgressSink& progress);

/// Operations that `train_tuned` can make use of.
[[nodiscard]] double tuning_need(const Network& network, std::size_t rows);

/// A file of a run's checkpoint (docs/run-directory.md): what is known of the point, then its weights.
void write_trained(const std::filesystem::path& file, const TrainedPoint& trained);
/// Without the weights if `with_weights` is false: `model` then holds scores and course alone. Errors (input): damaged,
/// of another version.
[[nodiscard]] TrainedPoint read_trained(const std::filesystem::path& file, const SearchSpace& space,
                                        const NetworkShape& shape, bool with_weights);

}  // namespace tabjoule
