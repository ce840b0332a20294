#include "nn/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "nn/testing.h"

namespace tabjoule::training_test {
namespace {

using namespace testing_nn;

TEST(TrainingStep, GivesTheSameBitsForAnyNumberOfThreads) {
  TokenColumns columns;
  columns.numeric = 6;
  columns.cls = true;
  for (const Network& network :
       {mlp(6, {40, 24}, 2, 0.3F), residual(6, 24, 40, 2, 0.3F), attentive(columns, 24, 4, 2, 0.3F)}) {
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
}

TEST(TrainingStep, InPartsIsTheStepOfTheWholeBatch) {
  // 700 rows of 7 tokens go through in three parts; the same rows one by one, each a batch of its own, give the same
  // gradient: AdamW's first moment after one step is 0.1 times it.
  TokenColumns columns;
  columns.numeric = 6;
  columns.cls = true;
  const Network network = attentive(columns, 8, 2, 2);
  const Samples samples = xor_samples(700, 6, 1);
  const RowIndices rows = first_rows(700);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(network, Rng(1));
  ParameterStore whole = store;
  const double loss = TrainingStep(whole, pool).run(network, samples, rows, {}, Rng(0));
  std::map<std::string, Eigen::MatrixXd> sums;
  double single_loss = 0;
  for (const std::uint32_t row : rows) {
    ParameterStore single = store;
    single_loss += TrainingStep(single, pool).run(network, samples, std::span(&row, 1), {}, Rng(0)) / 700;
    for (const auto& [name, p] : single.all()) {
      auto& sum = sums.try_emplace(name, Eigen::MatrixXd::Zero(p.value.rows(), p.value.cols())).first->second;
      sum += p.first_moment.cast<double>() / 700;
    }
  }
  EXPECT_NEAR(loss, single_loss, 1e-6);
  for (const auto& [name, p] : whole.all())
    EXPECT_LT((p.first_moment.cast<double>() - sums.at(name)).norm(), 1e-5 * (1e-3 + sums.at(name).norm())) << name;
}

TEST(TrainingStep, MovesTheRunningStatisticsATenthOfTheWayToTheBatchs) {
  const Network network{{input(3), batchnorm("norm", 0, 3), linear("head", 1, 3, 2)}};
  const Samples samples = xor_samples(300, 3, 1);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(network, Rng(1));
  TrainingStep(store, pool).run(network, samples, first_rows(300), {}, Rng(0));
  const Matrix mean = samples.x.colwise().mean();
  const Matrix variance = (samples.x.rowwise() - mean.row(0)).array().square().colwise().sum() / 299;
  EXPECT_TRUE(store.at("norm.mean").value.isApprox(0.1F * mean, 1e-5F));
  EXPECT_TRUE(store.at("norm.variance").value.isApprox(Matrix::Constant(1, 3, 0.9F) + 0.1F * variance, 1e-5F));
}

TEST(RecalibrateBatchnorm, GivesASliceTheStatisticsOfItsOwnValues) {
  const Network large = residual(6, 24, 40, 2, 0.3F);
  const Network small = residual(6, 12, 10, 2, 0.3F);
  const Samples samples = xor_samples(700, 6, 1);
  ThreadPool pool(2);
  ParameterStore store;
  store.add(large, Rng(1));
  TrainingStep step(store, pool);
  for (std::uint64_t i = 0; i < 5; ++i) step.run(large, samples, first_rows(256), {}, Rng(i));
  const ParameterStore before = store;
  recalibrate_batchnorm(small, store, samples, first_rows(600), 256, pool);
  const Matrix weight = store.at("in.weight").value.topRows(12);
  const Matrix bias = store.at("in.bias").value.leftCols(12);
  const Matrix values = (samples.x * weight.transpose()).rowwise() + bias.row(0);
  EXPECT_TRUE(store.at("a.norm.mean").value.leftCols(12).isApprox(values.topRows(512).colwise().mean(), 1e-4F));
  for (const auto& [name, p] : store.all()) {
    const bool statistic = name.ends_with(".mean") || name.ends_with(".variance");
    if (statistic) {
      EXPECT_NE(p.value.leftCols(12), before.at(name).value.leftCols(12)) << name;
      EXPECT_EQ(p.value.rightCols(p.value.cols() - 12), before.at(name).value.rightCols(p.value.cols() - 12)) << name;
    } else {
      EXPECT_EQ(p.value, before.at(name).value) << name;
    }
  }
  const Network without = mlp(6, {4}, 2);
  EXPECT_NO_THROW(recalibrate_batchnorm(without, store, samples, first_rows(600), 256, pool));
}

TEST(TrainingBytes, BoundTokensByPartsOfABatch) {
  TokenColumns wide;
  wide.numeric = 784;
  wide.cls = true;
  const Network network = attentive(wide, 64, 8, 10, 0.1F);
  EXPECT_LT(training_bytes(network, 256, 2), 400'000'000U);
  EXPECT_EQ(training_bytes(network, 256, 2), training_bytes(network, 1024, 2));
  EXPECT_GT(training_bytes(mlp(6, {512, 512}, 2), 256, 1), 16U * (6 * 512 + 512 * 512));
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
}  // namespace tabjoule::training_test
