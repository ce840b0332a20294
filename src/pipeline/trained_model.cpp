#include "pipeline/trained_model.h"

#include <algorithm>

namespace tabjoule {
namespace {

constexpr int kMinEpochs = 3;
/// Where early stopping would hardly come into play, the learning rate is annealed instead.
constexpr int kFewEpochs = 30;

}  // namespace

TrainedModel train_architecture(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape,
                                const PreparedData& data, const FinalTrainingOptions& options, ThreadPool& pool,
                                const ProgressSink& progress) {
  TrainedModel model;
  model.architecture = architecture;
  model.network = to_network(space, architecture, shape);
  TrainOptions training;
  training.metric = options.metric;
  training.seed = options.seed;
  training.stop = options.stop;
  training.batch = options.recipe.batch;
  training.patience = options.recipe.patience;
  training.averaging_epochs = options.recipe.averaging_epochs;
  training.adamw.learning_rate = options.recipe.learning_rate;
  training.adamw.weight_decay = options.recipe.weight_decay;
  const Samples& rows = options.learnt != nullptr ? *options.learnt : data.train;
  const double epoch_flops = 3.0 * static_cast<double>(model.network.flops()) * static_cast<double>(rows.rows());
  const auto affordable = static_cast<int>(std::clamp<double>(options.flop_budget / epoch_flops, kMinEpochs, 1e6));
  training.max_epochs = std::min(affordable, options.recipe.max_epochs);
  training.anneal = affordable < std::min(kFewEpochs, options.recipe.max_epochs);
  model.training = train_network(model.network, model.store, rows, data.validation, training, pool, progress);
  model.score_validation = model.training.validation_score;
  const Matrix predictions = Evaluator(pool).predict(model.network, model.store, data.test);
  model.score_test = evaluate(options.metric, block(predictions), data.test.truth());
  return model;
}

}  // namespace tabjoule
