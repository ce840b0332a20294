#include "nn/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/testing.h"

namespace tabjoule {
namespace {

using namespace testing_nn;

TEST(TrainingStep, GivesTheSameBitsForAnyNumberOfThreads) {
  const Network network = mlp(6, {40, 24}, 2, 0.3F);
  const Samples samples = xor_samples(700, 6, 1);
  std::vector<ParameterStore> stores;
  std::vector<double> losses;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    ParameterStore store;
    store.add(network, Rng(1));
    TrainingStep step(store, pool);
    for (std::uint64_t i = 0; i < 5; ++i) losses.push_back(step.run(network, samples, first_rows(513), {}, Rng(i)));
    stores.push_back(std::move(store));
  }
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(losses[i], losses[i + 5]);
    EXPECT_EQ(losses[i], losses[i + 10]);
  }
  EXPECT_TRUE(same(stores[0], stores[1]));
  EXPECT_TRUE(same(stores[0], stores[2]));
}

TEST(TrainingStep, ReportsTheMeanLossBeforeTheUpdate) {
  const Network network = mlp(3, {}, 2);
  const Samples samples = xor_samples(300, 3, 1);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(network, Rng(1));
  for (auto& [name, p] : store.all()) p.value.setZero();
  EXPECT_NEAR(TrainingStep(store, pool).run(network, samples, first_rows(300), {}, Rng(0)), std::log(2.0), 1e-6);
  EXPECT_FALSE(store.at("head.weight").value.isZero());
}

TEST(TrainingStep, DropsOtherValuesInEveryShardOfABatch) {
  const Network network = mlp(6, {16}, 2, 0.5F);
  Samples samples = xor_samples(128, 6, 1);
  for (int r = 1; r < 128; ++r) samples.x.row(r) = samples.x.row(0);
  samples.labels.assign(128, 0);
  const auto loss_of = [&](int rows) {
    ThreadPool pool(1);
    ParameterStore store;
    store.add(network, Rng(1));
    return TrainingStep(store, pool).run(network, samples, first_rows(rows), {}, Rng(0));
  };
  EXPECT_GT(std::abs(loss_of(64) - loss_of(128)), 1e-4);  // equal where the second 64 rows repeat the first one's masks
}

TEST(TrainingStep, ThroughASliceTouchesOnlyTheBlockAndItsMoments) {
  const Network large = mlp(6, {32, 32}, 2);
  const Network small = mlp(6, {12}, 2);
  const Samples samples = xor_samples(300, 6, 1);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(large, Rng(1));
  TrainingStep step(store, pool);
  step.run(large, samples, first_rows(300), {}, Rng(0));
  const ParameterStore before = store;
  step.run(small, samples, first_rows(300), {}, Rng(0));
  for (const auto& [name, old] : before.all()) {
    const Parameter& now = store.at(name);
    int rows = 0;
    int cols = 0;
    for (const auto& layer : small.layers)
      for (const auto& ref : layer.parameters)
        if (ref.name == name) rows = ref.rows, cols = ref.cols;
    for (Eigen::Index r = 0; r < old.value.rows(); ++r) {
      for (Eigen::Index c = 0; c < old.value.cols(); ++c) {
        if (r < rows && c < cols) continue;
        ASSERT_EQ(now.value(r, c), old.value(r, c)) << name;
        ASSERT_EQ(now.first_moment(r, c), old.first_moment(r, c)) << name;
        ASSERT_EQ(now.second_moment(r, c), old.second_moment(r, c)) << name;
      }
    }
    EXPECT_EQ(now.updates, old.updates + (rows > 0 ? 1 : 0));
    if (rows > 0) {
      EXPECT_NE(now.value.topLeftCorner(rows, cols), old.value.topLeftCorner(rows, cols)) << name;
    }
  }
}

TEST(TrainingStep, OnASliceEqualsTheStepOnACopiedSmallStore) {
  const Network large = mlp(6, {32, 32}, 2);
  const Network small = mlp(6, {12, 20}, 2);
  const Samples samples = xor_samples(300, 6, 1);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(large, Rng(1));
  ParameterStore copies;
  copies.add(small, Rng(2));
  for (const auto& layer : small.layers)
    for (const auto& ref : layer.parameters)
      copies.at(ref.name).value = store.at(ref.name).value.topLeftCorner(ref.rows, ref.cols);
  TrainingStep on_slice(store, pool);
  TrainingStep on_copy(copies, pool);
  for (std::uint64_t i = 0; i < 4; ++i)
    EXPECT_EQ(on_slice.run(small, samples, first_rows(300), {}, Rng(i)),
              on_copy.run(small, samples, first_rows(300), {}, Rng(i)));
  for (const auto& layer : small.layers)
    for (const auto& ref : layer.parameters)
      EXPECT_EQ(copies.at(ref.name).value, store.at(ref.name).value.topLeftCorner(ref.rows, ref.cols));
}

TEST(TrainingStep, RefusesRowsOfAnotherWidth) {
  const Network network = mlp(4, {8}, 2);
  ThreadPool pool(1);
  ParameterStore store;
  store.add(network, Rng(1));
  try {
    TrainingStep(store, pool).run(network, xor_samples(20, 3, 1), first_rows(20), {}, Rng(0));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the network takes 4 features, the rows have 3");
  }
  EXPECT_THROW((void)Evaluator(pool).outputs(network, store, Matrix(2, 5)), Error);
}

TEST(Evaluator, GivesTheSameBitsForAnyNumberOfThreadsAndAnyCutOfTheRows) {
  const Network network = mlp(6, {40, 24}, 3);
  ParameterStore store;
  store.add(network, Rng(1));
  const Matrix x = random_matrix(1000, 6, 2);
  ThreadPool one(1);
  const Matrix expected = Evaluator(one).outputs(network, store, x);
  for (const int threads : {2, 3}) {
    ThreadPool pool(threads);
    EXPECT_EQ(Evaluator(pool).outputs(network, store, x), expected);
  }
  EXPECT_EQ(Evaluator(one).outputs(network, store, x.topRows(0)).rows(), 0);
}

TEST(Evaluator, PredictsProbabilitiesOrValuesInTheTargetsUnit) {
  ThreadPool pool(1);
  ParameterStore store;
  const Network classifier = mlp(6, {8}, 2);
  store.add(classifier, Rng(1));
  const Matrix p = Evaluator(pool).predict(classifier, store, xor_samples(30, 6, 1));
  for (Eigen::Index r = 0; r < 30; ++r) EXPECT_NEAR(p.row(r).sum(), 1, 1e-6);
  const Network regressor = mlp(6, {8}, 1);
  ParameterStore zero;
  zero.add(regressor, Rng(1));
  for (auto& [name, parameter] : zero.all()) parameter.value.setZero();
  zero.at("head.bias").value(0, 0) = 2;
  EXPECT_EQ(Evaluator(pool).predict(regressor, zero, curve_samples(5, 6, 1)), Matrix::Constant(5, 1, 2 * 6.5F + 23));
}

TEST(DefaultBatch, IsAPowerOfTwoFrom16To256ThatGrowsWithTheTable) {
  EXPECT_EQ(default_batch(0), 16);
  EXPECT_EQ(default_batch(1000), 16);
  EXPECT_EQ(default_batch(5000), 64);
  EXPECT_EQ(default_batch(1000000), 256);
}

}  // namespace
}  // namespace tabjoule
