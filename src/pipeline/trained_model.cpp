#include "pipeline/trained_model.h"

#include <algorithm>

namespace tabjoule {
namespace {

constexpr int kMinEpochs = 3;
constexpr int kMaxEpochs = 200;
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
  const double epoch_flops = 3.0 * static_cast<double>(model.network.flops()) * static_cast<double>(data.train.rows());
  const double affordable = std::min(options.flop_budget / epoch_flops, 1e6);
  training.max_epochs = std::clamp(static_cast<int>(affordable), kMinEpochs, kMaxEpochs);
  training.anneal = training.max_epochs < kFewEpochs;
  model.training = train_network(model.network, model.store, data.train, data.validation, training, pool, progress);
  model.score_validation = model.training.validation_score;
  const Matrix predictions = Evaluator(pool).predict(model.network, model.store, data.test);
  model.score_test = evaluate(options.metric, block(predictions), data.test.truth());
  return model;
}

}  // namespace tabjoule
