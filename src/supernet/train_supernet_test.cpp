#include "supernet/train_supernet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "supernet/testing.h"

namespace tabjoule::train_supernet_test {
namespace {

using namespace testing_supernet;
using testing_nn::same;
using testing_nn::xor_samples;

TEST(TrainSupernet, LowersTheLossAndCountsItsSteps) {
  const Trained trained(xor_samples(1000, 4, 1), options(25), 2);
  EXPECT_EQ(trained.result.epochs, 25);
  EXPECT_EQ(trained.result.steps, 25 * 20);
  ASSERT_EQ(trained.result.losses.size(), 25U);
  EXPECT_NEAR(trained.result.losses.front(), 0.69, 0.05);  // log 2: nothing is known yet
  EXPECT_LT(trained.result.losses.back(), 0.35);
}

TEST(TrainSupernet, MakesEverySubNetworkBeatChance) {
  Trained trained(xor_samples(1000, 4, 1), options(25), 2);
  const Samples validation = xor_samples(500, 4, 2);
  ThreadPool pool(2);
  SupernetScorer scorer(trained.supernet, validation, validation, Metric::accuracy, pool);
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

TEST(TrainSupernet, StopsWhenToldToWithTheBestWeightsSoFar) {
  const Samples train = xor_samples(500, 4, 1);
  SupernetOptions how = options(50);
  int asked = 0;
  how.stop = [&] { return ++asked > 34; };  // after each step, and between epochs: in the fourth epoch of 10 steps
  const Trained stopped(train, how, 1);
  EXPECT_EQ(stopped.result.steps, 32);
  EXPECT_EQ(stopped.result.epochs, 4);
  ASSERT_EQ(stopped.result.losses.size(), 4U);
  ASSERT_EQ(stopped.result.probe_scores.size(), 4U);
  how.stop = [] { return true; };
  EXPECT_EQ(Trained(train, how, 1).result.steps, 1) << "a step at least, so that there are weights to keep";
}

TEST(TrainSupernet, LearnsWithEveryWayOfSamplingPaths) {
  const Samples train = xor_samples(1000, 4, 1);
  const Samples validation = xor_samples(500, 4, 2);
  ThreadPool pool(2);
  for (const PathSampling sampling : {PathSampling::uniform, PathSampling::prior, PathSampling::mixed,
                                      PathSampling::sandwich, PathSampling::policy}) {
    SupernetOptions how = options(15);
    how.paths.sampling = sampling;
    how.paths.policy = [](Rng& rng) { return rng.below(2) == 0 ? largest(space()) : smallest(space()); };
    Trained trained(train, how, 2);
    EXPECT_GT(SupernetScorer(trained.supernet, train, validation, Metric::accuracy, pool).score(largest(space())), 0.9)
        << to_string(sampling);
  }
}

TEST(TrainSupernet, DistilsFromTheLargestNetwork) {
  SupernetOptions how = options(15);
  how.paths.sampling = PathSampling::sandwich;
  const Samples train = xor_samples(1000, 4, 1);
  const Trained plain(train, how, 1);
  how.distil = true;
  Trained distilled(train, how, 1);
  EXPECT_FALSE(same(plain.supernet.store(), distilled.supernet.store()));
  ThreadPool pool(1);
  const Samples validation = xor_samples(500, 4, 2);
  EXPECT_GT(SupernetScorer(distilled.supernet, train, validation, Metric::accuracy, pool).score(smallest(space())),
            0.8);
  how.paths.sampling = PathSampling::prior;
  EXPECT_THROW(Trained(train, how, 1), Error);
}

TEST(TrainSupernet, SumsASandwichToTheSameBitsOnAnyNumberOfThreads) {
  SupernetOptions how = options(2);
  how.paths.sampling = PathSampling::sandwich;
  how.distil = true;
  const Samples train = xor_samples(300, 4, 1);
  EXPECT_TRUE(same(Trained(train, how, 1).supernet.store(), Trained(train, how, 2).supernet.store()));
}

TEST(TrainSupernet, CountsEveryPathOfASandwichAgainstTheBudget) {
  const Samples train = xor_samples(100, 4, 1);
  SupernetOptions how = options(0);
  how.min_epochs = 1;
  how.max_epochs = 1000;
  how.paths.sampling = PathSampling::sandwich;
  how.paths.drawn = 0;
  const Supernet supernet(space(), {4, 2, 0.1F}, 1);
  const auto flops = supernet.network(largest(space())).flops() + supernet.network(smallest(space())).flops();
  how.flop_budget = 7.5 * 3 * static_cast<double>(flops) * 100;
  EXPECT_EQ(Trained(train, how, 1).result.epochs, 7);
}

}  // namespace
}  // namespace tabjoule::train_supernet_test
