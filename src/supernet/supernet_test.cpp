#include "supernet/supernet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "nn/testing.h"

namespace tabjoule {
namespace {

using testing_nn::curve_samples;
using testing_nn::same;
using testing_nn::xor_samples;

SearchSpace space() {
  return space_from_json(Json::parse(R"({"format": "tabjoule-space", "version": 1, "name": "test", "family": "mlp",
    "decisions": [{"name": "depth", "choices": [1, 2, 3]}, {"name": "width", "choices": [8, 16, 24, 32]}]})"));
}

SupernetOptions options(int epochs) {
  SupernetOptions result;
  result.min_epochs = result.max_epochs = epochs;
  result.patience = 1000;
  result.batch = 50;
  result.adamw.learning_rate = 0.01;
  return result;
}

struct Trained {
  Supernet supernet{space(), {4, 2, 0}, 1};
  SupernetResult result;

  Trained(const Samples& train, const SupernetOptions& how, int threads) {
    ThreadPool pool(threads);
    result = train_supernet(supernet, train, train, how, pool, {});
  }
};

TEST(Supernet, HoldsTheParametersOfTheLargestNetworkAndNoMore) {
  const Supernet supernet(space(), {4, 2, 0}, 1);
  std::int64_t held = 0;
  for (const auto& [name, p] : supernet.store().all()) held += p.value.size();
  EXPECT_EQ(held, supernet.network(largest(supernet.space())).parameter_count());
}

TEST(TrainSupernet, LowersTheLossAndCountsItsSteps) {
  const Trained trained(xor_samples(1000, 4, 1), options(25), 2);
  EXPECT_EQ(trained.result.epochs, 25);
  EXPECT_EQ(trained.result.steps, 25 * 20);
  ASSERT_EQ(trained.result.losses.size(), 25U);
  EXPECT_NEAR(trained.result.losses.front(), 0.69, 0.05);  // log 2: nothing is known yet
  EXPECT_LT(trained.result.losses.back(), 0.35);
}

TEST(TrainSupernet, MakesEverySubNetworkBeatChance) {
  const Trained trained(xor_samples(1000, 4, 1), options(25), 2);
  const Samples validation = xor_samples(500, 4, 2);
  ThreadPool pool(2);
  SupernetScorer scorer(trained.supernet, validation, Metric::accuracy, pool);
  for (const auto& architecture : all_architectures(space()))
    EXPECT_GT(scorer.score(architecture), 0.7) << to_text(space(), architecture);
  EXPECT_GT(scorer.score(largest(space())), 0.9);
}

TEST(TrainSupernet, GivesTheSameBitsForASeedAndAnyNumberOfThreads) {
  const Samples samples = xor_samples(300, 4, 1);
  const Trained one(samples, options(3), 1);
  const Trained two(samples, options(3), 2);
  EXPECT_TRUE(same(one.supernet.store(), two.supernet.store()));
  EXPECT_EQ(one.result.losses, two.result.losses);
  SupernetOptions other = options(3);
  other.seed = 5;
  EXPECT_FALSE(same(one.supernet.store(), Trained(samples, other, 1).supernet.store()));
}

TEST(TrainSupernet, SpendsItsFlopBudgetBetweenTheFewestAndTheMostEpochs) {
  const Samples samples = xor_samples(100, 4, 1);
  SupernetOptions how = options(0);
  how.min_epochs = 2;
  how.max_epochs = 6;
  how.flop_budget = 0;
  EXPECT_EQ(Trained(samples, how, 1).result.epochs, 2);
  how.flop_budget = 1e15;
  EXPECT_EQ(Trained(samples, how, 1).result.epochs, 6);
  Supernet supernet(space(), {4, 2, 0}, 1);
  double mean = 0;
  for (const auto& a : all_architectures(space())) mean += static_cast<double>(supernet.network(a).flops()) / 12;
  how.max_epochs = 60;
  how.flop_budget = 20.5 * 3 * mean * 100;
  EXPECT_NEAR(Trained(samples, how, 1).result.epochs, 20, 3);  // the mean is estimated from a sample
}

TEST(TrainSupernet, StopsWhenTheProbesNoLongerImproveAndLeavesTheBestWeights) {
  Samples noise = xor_samples(60, 4, 1);
  Rng rng(3);
  for (auto& label : noise.labels) label = static_cast<std::int32_t>(rng.below(2));  // nothing to learn but the rows
  const Samples validation = xor_samples(400, 4, 2);
  SupernetOptions how = options(200);
  how.patience = 5;
  Supernet supernet(space(), {4, 2, 0}, 1);
  ThreadPool pool(1);
  const SupernetResult result = train_supernet(supernet, noise, validation, how, pool, {});
  EXPECT_LT(result.epochs, 200);
  EXPECT_EQ(result.epochs, result.best_epoch + 1 + how.patience);
  ASSERT_EQ(result.probe_scores.size(), static_cast<std::size_t>(result.epochs));
  EXPECT_EQ(result.probe_scores[static_cast<std::size_t>(result.best_epoch)],
            *std::max_element(result.probe_scores.begin(), result.probe_scores.end()));
}

TEST(TrainSupernet, ReportsProgressUpToOne) {
  Supernet supernet(space(), {4, 2, 0}, 1);
  ThreadPool pool(1);
  double last = 0;
  train_supernet(supernet, xor_samples(100, 4, 1), xor_samples(100, 4, 2), options(2), pool, [&](const Progress& p) {
    EXPECT_GT(p.fraction, last);
    last = p.fraction;
  });
  EXPECT_EQ(last, 1);
}

TEST(SupernetScorer, ScoresAnArchitectureOnce) {
  Supernet supernet(space(), {4, 2, 0}, 1);
  const Samples validation = xor_samples(200, 4, 2);
  ThreadPool pool(1);
  SupernetScorer scorer(supernet, validation, Metric::log_loss, pool);
  const double first = scorer.score(smallest(space()));
  EXPECT_EQ(scorer.scored(), 1U);
  for (auto& [name, p] : supernet.store().all()) p.value.setZero();  // a second evaluation would see this
  EXPECT_EQ(scorer.score(smallest(space())), first);
  EXPECT_EQ(scorer.scored(), 1U);
  EXPECT_NEAR(scorer.score(largest(space())), std::log(2.0), 1e-6);
  EXPECT_EQ(scorer.scored(), 2U);
}

TEST(SupernetScorer, ScoresRegressionInTheTargetsUnit) {
  Supernet supernet(space(), {4, 1, 0}, 1);
  for (auto& [name, p] : supernet.store().all()) p.value.setZero();  // predicts the mean, 23
  const Samples validation = curve_samples(300, 4, 2);
  ThreadPool pool(1);
  double squares = 0;
  for (const float v : validation.values) squares += (v - 23.0) * (v - 23.0) / 300;
  EXPECT_NEAR(SupernetScorer(supernet, validation, Metric::rmse, pool).score(smallest(space())), std::sqrt(squares),
              1e-5);
}

}  // namespace
}  // namespace tabjoule
