#include "pipeline/scaling_choice.h"

#include "pipeline/trained_model.h"

namespace tabjoule {
namespace {

/// Floating-point operations of one of the two trainings: a few seconds.
constexpr double kProbeFlops = 1.5e11;
constexpr int kProbeEpochs = 40;
constexpr int kProbePatience = 8;

double validation_loss(const PreparedData& data, std::uint64_t seed, ThreadPool& pool, const ProgressSink& progress) {
  const SearchSpace space = load_space("mlp");
  const Architecture probe = architecture_from_json(space, {{"depth", 2}, {"width", 128}});
  FinalTrainingOptions options;
  options.metric = data.train.task == Task::regression ? Metric::rmse : Metric::log_loss;
  options.flop_budget = kProbeFlops;
  options.recipe.max_epochs = kProbeEpochs;
  options.recipe.patience = kProbePatience;
  options.seed = seed;
  return train_architecture(space, probe, shape_of(data, 0.1F), data, options, pool, progress).score_validation;
}

}  // namespace

ScalingChoice choose_scaling(PreparedData& data, const PreprocessOptions& options, std::uint64_t seed, ThreadPool& pool,
                             const ProgressSink& progress) {
  ScalingChoice choice;
  if (data.preprocessor.numeric.empty()) return choice;
  const auto half = [&](double offset) {
    return [&progress, offset](const Progress& p) {
      if (progress) progress({"scaling", offset + p.fraction / 2, ""});
    };
  };
  PreprocessOptions with = options;
  with.encoding = CategoryEncoding::one_hot;  // the probe is an MLP
  with.scaling = Scaling::standard;
  preprocess(data, with, {});
  choice.loss_standard = validation_loss(data, seed, pool, half(0));
  with.scaling = Scaling::quantile;
  preprocess(data, with, {});
  choice.loss_quantile = validation_loss(data, seed, pool, half(0.5));
  if (*choice.loss_standard < *choice.loss_quantile) choice.scaling = Scaling::standard;
  if (choice.scaling != with.scaling || options.encoding != with.encoding) {
    with.scaling = choice.scaling;
    with.encoding = options.encoding;
    preprocess(data, with, {});
  }
  return choice;
}

}  // namespace tabjoule
