#include "nn/train_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/testing.h"

namespace tabjoule::train_network_test {
namespace {

using namespace testing_nn;

struct Trained {
  TrainResult result;
  ParameterStore store;
};

Trained train(const Network& network, const Samples& samples, const Samples& validation, const TrainOptions& options,
              int threads = 1) {
  ThreadPool pool(threads);
  Trained trained;
  trained.result = train_network(network, trained.store, samples, validation, options, pool, {});
  return trained;
}

TEST(TrainNetwork, LearnsAnExclusiveOr) {
  TrainOptions options;
  options.adamw.learning_rate = 0.01;
  const Samples validation = xor_samples(500, 4, 2);
  const Trained trained = train(mlp(4, {32, 32}, 2), xor_samples(1500, 4, 1), validation, options, 2);
  EXPECT_GT(trained.result.validation_score, 0.95);
  EXPECT_LT(trained.result.losses.back(), trained.result.losses.front() / 3);
  const Trained linear = train(mlp(4, {}, 2), xor_samples(1500, 4, 1), validation, options, 2);
  EXPECT_LT(linear.result.validation_score, 0.65);  // the task needs the hidden layers
}

TEST(TrainNetwork, LearnsARegressionInTheTargetsUnit) {
  TrainOptions options;
  options.metric = Metric::rmse;
  options.adamw.learning_rate = 0.01;
  const Trained trained = train(mlp(4, {32, 32}, 1), curve_samples(1500, 4, 1), curve_samples(500, 4, 2), options, 2);
  EXPECT_LT(trained.result.validation_score, 0.5);  // the target's standard deviation is 6.5
}

TEST(TrainNetwork, LearnsWhatItIsTaughtInsteadOfTheLabels) {
  TrainOptions options;
  options.adamw.learning_rate = 0.01;
  Samples taught = xor_samples(1500, 4, 1);
  taught.taught = Matrix::Zero(1500, 2);
  for (Eigen::Index r = 0; r < 1500; ++r) taught.taught(r, taught.labels[static_cast<std::size_t>(r)]) = 8;
  taught.labels.assign(1500, 0);
  EXPECT_GT(train(mlp(4, {32, 32}, 2), taught, xor_samples(500, 4, 2), options, 2).result.validation_score, 0.95);

  options.metric = Metric::rmse;
  Samples values = curve_samples(1500, 4, 1);
  values.taught.resize(1500, 1);
  for (Eigen::Index r = 0; r < 1500; ++r)
    values.taught(r, 0) = (values.values[static_cast<std::size_t>(r)] - values.target_mean) / values.target_std;
  values.values.assign(1500, values.target_mean);
  EXPECT_LT(train(mlp(4, {32, 32}, 1), values, curve_samples(500, 4, 2), options, 2).result.validation_score, 0.5);
}

TEST(TrainNetwork, GivesTheSameBitsForAnyNumberOfThreads) {
  const Network network = mlp(5, {24}, 2, 0.2F);
  TrainOptions options;
  options.max_epochs = 5;
  options.batch = 200;
  const Samples samples = xor_samples(900, 5, 1);
  const Trained one = train(network, samples, xor_samples(300, 5, 2), options, 1);
  for (const int threads : {2, 3}) {
    const Trained other = train(network, samples, xor_samples(300, 5, 2), options, threads);
    EXPECT_TRUE(same(one.store, other.store));
    EXPECT_EQ(one.result.losses, other.result.losses);
    EXPECT_EQ(one.result.validation_scores, other.result.validation_scores);
  }
}

TEST(TrainNetwork, RepeatsForASeedAndDiffersForAnother) {
  const Network network = mlp(5, {16}, 2, 0.2F);
  TrainOptions options;
  options.max_epochs = 3;
  const Samples samples = xor_samples(300, 5, 1);
  const auto with_seed = [&](std::uint64_t seed) {
    options.seed = seed;
    return train(network, samples, samples, options);
  };
  const Trained first = with_seed(1);
  EXPECT_TRUE(same(first.store, with_seed(1).store));
  EXPECT_FALSE(same(first.store, with_seed(2).store));
}

TEST(TrainNetwork, EndsWhenToldToWithTheBestEpochSoFar) {
  const Network network = mlp(5, {16}, 2);
  const Samples samples = xor_samples(320, 5, 1);
  TrainOptions options;
  options.batch = 32;
  options.max_epochs = 50;
  int asked = 0;
  options.stop = [&] { return ++asked > 25; };  // in the middle of the third epoch of 10 steps
  const Trained stopped = train(network, samples, samples, options);
  EXPECT_EQ(stopped.result.epochs, 3);
  EXPECT_EQ(stopped.result.losses.size(), 3U);
  options.stop = [] { return true; };
  EXPECT_EQ(train(network, samples, samples, options).result.epochs, 1);
}

TEST(TrainNetwork, StopsEarlyAndLeavesTheWeightsOfTheBestEpoch) {
  Samples noise = xor_samples(100, 5, 1);  // labels that cannot be learnt: validation gets worse with time
  Rng rng(9);
  for (auto& label : noise.labels) label = static_cast<std::int32_t>(rng.below(2));
  const Samples validation = xor_samples(200, 5, 2);
  TrainOptions options;
  options.metric = Metric::log_loss;
  options.patience = 7;
  options.adamw.learning_rate = 0.02;
  const Network network = mlp(5, {32}, 2);
  const Trained trained = train(network, noise, validation, options);
  const auto& scores = trained.result.validation_scores;
  const auto best = std::min_element(scores.begin(), scores.end());
  EXPECT_GT(trained.result.best_epoch, 0);
  EXPECT_EQ(trained.result.best_epoch, best - scores.begin());
  EXPECT_EQ(trained.result.validation_score, *best);
  EXPECT_EQ(trained.result.epochs, trained.result.best_epoch + 1 + options.patience);
  EXPECT_EQ(trained.result.losses.size(), scores.size());
  EXPECT_LT(*best, scores.back());
  ThreadPool pool(1);
  const Matrix p = Evaluator(pool).predict(network, trained.store, validation);
  EXPECT_EQ(evaluate(Metric::log_loss, block(p), validation.truth()), *best);
}

TEST(TrainNetwork, WithAveragingScoresAndLeavesTheAverage) {
  TrainOptions options;
  options.metric = Metric::rmse;
  options.max_epochs = 25;
  options.adamw.learning_rate = 0.02;  // large: the weights themselves jump about
  const Network network = mlp(4, {32}, 1);
  const Samples samples = curve_samples(600, 4, 1);
  const Samples validation = curve_samples(300, 4, 2);
  const Trained plain = train(network, samples, validation, options);
  options.averaging_epochs = 3;
  const Trained averaged = train(network, samples, validation, options);
  EXPECT_EQ(averaged.result.losses, plain.result.losses);  // training itself does not see the average
  EXPECT_LT(averaged.result.validation_score, plain.result.validation_score);
  ThreadPool pool(1);
  const Matrix p = Evaluator(pool).predict(network, averaged.store, validation);
  EXPECT_EQ(evaluate(Metric::rmse, block(p), validation.truth()), averaged.result.validation_score);
}

TEST(TrainNetwork, SeesEachRowOnceInTheEpochsOfAPass) {
  TrainOptions options;
  options.batch = 8;
  options.max_epochs = 3;
  options.adamw = {.learning_rate = 0, .weight_decay = 0};  // so that a row's loss is the same in every epoch
  const Samples samples = xor_samples(100, 4, 1);
  const std::vector<double> whole = train(mlp(4, {8}, 2), samples, samples, options).result.losses;
  options.epochs_a_pass = 3;
  const std::vector<double> parts = train(mlp(4, {8}, 2), samples, samples, options).result.losses;
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_NE(parts[0], parts[1]);
  EXPECT_NEAR((33 * parts[0] + 33 * parts[1] + 34 * parts[2]) / 100, whole[0], 1e-6);
}

TEST(TrainNetwork, WithClassWeightsPredictsTheRareClassMoreOften) {
  Samples samples = xor_samples(600, 4, 1);
  Rng rng(3);
  for (auto& label : samples.labels) label = rng.uniform() < 0.1 ? 1 : 0;  // nothing to learn but the shares
  TrainOptions options;
  options.metric = Metric::log_loss;
  options.max_epochs = 20;
  options.adamw.learning_rate = 0.02;
  const auto mean_rare = [&] {
    const Trained trained = train(mlp(4, {}, 2), samples, samples, options);
    ThreadPool pool(1);
    return Evaluator(pool).predict(mlp(4, {}, 2), trained.store, samples).col(1).mean();
  };
  options.patience = 100;
  EXPECT_NEAR(mean_rare(), 0.1, 0.05);
  samples.loss.class_weights = balanced_class_weights(samples.labels, 2);
  options.metric = Metric::balanced_accuracy;
  EXPECT_NEAR(mean_rare(), 0.5, 0.08);
}

TEST(TrainNetwork, SaysThatTrainingDiverged) {
  TrainOptions options;
  options.adamw.learning_rate = 1e30;
  try {
    train(mlp(4, {8, 8}, 1), curve_samples(200, 4, 1), curve_samples(50, 4, 2), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::internal);
    EXPECT_THAT(error.what(), testing::HasSubstr("training diverged in epoch 1"));
  }
}

TEST(TrainNetwork, TellsItsProgressAndCanBeStoppedByIt) {
  ThreadPool pool(1);
  ParameterStore store;
  TrainOptions options;
  options.max_epochs = 4;
  std::vector<double> fractions;
  const Samples samples = xor_samples(100, 4, 1);
  train_network(mlp(4, {8}, 2), store, samples, samples, options, pool,
                [&](const Progress& p) { fractions.push_back(p.fraction); });
  EXPECT_EQ(fractions.size(), 4U * 7 + 1);  // before each of 7 steps an epoch, and at the end
  EXPECT_TRUE(std::is_sorted(fractions.begin(), fractions.end()));
  EXPECT_EQ(fractions.front(), 0);
  EXPECT_EQ(fractions.back(), 1);
  EXPECT_THROW(train_network(mlp(4, {8}, 2), store, samples, samples, options, pool,
                             [](const Progress&) { throw std::runtime_error("stop"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace tabjoule::train_network_test
