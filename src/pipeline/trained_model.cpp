#include "pipeline/trained_model.h"

namespace tabjoule {
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
  training.averaging_epochs = options.recipe.averaging_epochs;
  training.adamw.learning_rate = options.recipe.learning_rate;
  training.adamw.weight_decay = options.recipe.weight_decay;
  // A teacher's rows are many times the table's own: epochs stay as long as one over those.
  training.epochs_a_pass = static_cast<int>(data.learnt().rows() / data.train.rows());
  training.max_epochs = options.recipe.max_epochs * training.epochs_a_pass;
  training.patience = options.recipe.patience * training.epochs_a_pass;
  limit_epochs(training, model.network, data.learnt().rows(), options.flop_budget);
  model.training = train_network(model.network, model.store, data.learnt(), data.validation, training, pool, progress);
  model.score_validation = model.training.validation_score;
  const Matrix predictions = Evaluator(pool).predict(model.network, model.store, data.test);
  model.score_test = evaluate(options.metric, block(predictions), data.test.truth());
  return model;
}

}  // namespace tabjoule
