#include "nn/gradient_sum.h"

#include <gtest/gtest.h>

#include "nn/testing.h"

namespace tabjoule::gradient_sum_test {
namespace {

using namespace testing_nn;

const Network kLarge = mlp(4, {24, 24}, 2, 0.2F);
const Network kWide = mlp(4, {24}, 2);
const Network kSmall = mlp(4, {8, 8}, 2);

ParameterStore fresh() {
  ParameterStore store;
  store.add(kLarge, Rng(1));
  return store;
}

struct Summed {
  ParameterStore store = fresh();
  ThreadPool pool;
  TrainingStep step{store, pool};
  GradientSum sum{store};
  Samples samples = xor_samples(200, 4, 1);
  RowIndices batch = first_rows(150);

  explicit Summed(const std::vector<Network>& networks, int threads = 1) : pool(threads) {
    for (const Network& network : networks) step.accumulate(network, samples, batch, sum, Rng(7));
  }
};

TEST(GradientSum, OfOneNetworkUpdatesAsItsOwnStepDoes) {
  Summed summed({kLarge});
  summed.sum.update({}, summed.pool);
  ParameterStore store = fresh();
  TrainingStep(store, summed.pool).run(kLarge, summed.samples, summed.batch, {}, Rng(7));
  EXPECT_TRUE(same(summed.store, store));
}

TEST(GradientSum, AddsTheGradientsOfNetworksThatShareABlock) {
  Summed both({kLarge, kSmall}), large({kLarge}), small({kSmall});
  small.sum.touch(kLarge);
  for (const auto& layer : kLarge.layers) {
    for (const auto& ref : layer.parameters) {
      const Block total = both.sum.view(ref), a = large.sum.view(ref), b = small.sum.view(ref);
      for (int r = 0; r < ref.rows; ++r)
        for (int c = 0; c < ref.cols; ++c)
          EXPECT_NEAR(total.row(r)[c], a.row(r)[c] + b.row(r)[c], 1e-6) << ref.name << " " << r << " " << c;
    }
  }
}

TEST(GradientSum, LeavesWhatNoNetworkTouchedAsItWas) {
  Summed summed({kWide, kSmall});
  const ParameterStore before = fresh();
  summed.sum.update({}, summed.pool);
  // kWide and kSmall read hidden1's 8 x 8 block alone, and of the head all 24 columns.
  const auto changed = [&](const std::string& name, int r, int c) {
    return summed.store.at(name).value(r, c) != before.at(name).value(r, c);
  };
  int moved = 0;  // not every weight: the gradient of one behind a ReLU that is off is 0
  for (int r = 0; r < 24; ++r) {
    for (int c = 0; c < 24; ++c) {
      const bool read = r < 8 && c < 8;
      EXPECT_TRUE(read || !changed("hidden1.weight", r, c)) << r << " " << c;
      moved += changed("hidden1.weight", r, c) ? 1 : 0;
    }
    EXPECT_TRUE(r < 8 || !changed("hidden1.bias", 0, r)) << r;
  }
  EXPECT_GT(moved, 16);
  EXPECT_EQ(summed.store.at("hidden1.weight").second_moment(8, 3), 0);
  EXPECT_TRUE(changed("head.weight", 1, 23));
}

TEST(GradientSum, TouchesTheUnionOfBlocksAndNotItsHull) {
  // Blocks of 24 x 4 and of 8 x 24: the hull, 24 x 24, has a corner that belongs to neither.
  ParameterStore store;
  Network tall{{input(4), linear("a", 0, 4, 24)}}, wide{{input(24), linear("a", 0, 24, 8)}};
  Network hull{{input(24), linear("a", 0, 24, 24)}};
  store.add(hull, Rng(1));
  const Matrix before = store.at("a.weight").value;
  GradientSum sum(store);
  sum.touch(tall);
  sum.touch(wide);
  for (const Network* network : {&tall, &wide}) {
    const Block gradient = sum.view(network->layers[1].parameters[0]);
    for (int r = 0; r < gradient.rows; ++r) std::fill_n(gradient.row(r), gradient.cols, 1.0F);
  }
  ThreadPool pool(2);
  sum.update({}, pool);
  const Matrix& after = store.at("a.weight").value;
  for (int r = 0; r < 24; ++r)
    for (int c = 0; c < 24; ++c) EXPECT_EQ(after(r, c) != before(r, c), c < 4 || r < 8) << r << " " << c;
}

TEST(GradientSum, StartsAfreshAfterAnUpdate) {
  Summed summed({kLarge, kSmall});
  summed.sum.update({}, summed.pool);
  for (const auto& layer : kLarge.layers) {
    for (const auto& ref : layer.parameters) {
      const Block gradient = summed.sum.view(ref);
      for (int r = 0; r < ref.rows; ++r)
        for (int c = 0; c < ref.cols; ++c) EXPECT_EQ(gradient.row(r)[c], 0) << ref.name;
    }
  }
  const std::int64_t updates = summed.store.at("hidden0.weight").updates;
  summed.sum.update({}, summed.pool);
  EXPECT_EQ(summed.store.at("hidden0.weight").updates, updates) << "nothing was touched";
}

TEST(GradientSum, GivesTheSameBitsForAnyNumberOfThreads) {
  Summed one({kLarge, kWide, kSmall}, 1), two({kLarge, kWide, kSmall}, 2);
  one.sum.update({}, one.pool);
  two.sum.update({}, two.pool);
  EXPECT_TRUE(same(one.store, two.store));
}

TEST(Distillation, WritesTheOutputsOfTheBatch) {
  Summed summed({});
  Matrix outputs = Matrix::Zero(150, 2);
  summed.step.accumulate(kSmall, summed.samples, summed.batch, summed.sum, Rng(0), {{}, block(outputs)});
  const Matrix all = Evaluator(summed.pool).outputs(kSmall, summed.store, summed.samples.x);
  EXPECT_TRUE(outputs.isApprox(all.topRows(150), 1e-5F));
}

TEST(Distillation, TakesTheTeachersValuesAsTheTruth) {
  for (const bool regression : {false, true}) {
    Samples samples = regression ? curve_samples(150, 4, 1) : xor_samples(150, 4, 1);
    const Network network = mlp(4, {8}, regression ? 1 : 2);
    ParameterStore store;
    store.add(network, Rng(1));
    ThreadPool pool(1);
    TrainingStep step(store, pool);
    const RowIndices batch = first_rows(150);
    const Matrix own = Evaluator(pool).outputs(network, store, samples.x);
    GradientSum sum(store);
    step.accumulate(network, samples, batch, sum, Rng(0), {block(own), {}});
    const Block gradient = sum.view(network.layers[1].parameters[0]);
    for (int r = 0; r < 8; ++r)
      for (int c = 0; c < 4; ++c) EXPECT_NEAR(gradient.row(r)[c], 0, 1e-6) << "its own teacher: nothing to learn";
    step.accumulate(network, samples, batch, sum, Rng(0));
    float most = 0;
    for (int r = 0; r < 8; ++r) most = std::max(most, std::abs(gradient.row(r)[0]));
    EXPECT_GT(most, 1e-4);
  }
}

}  // namespace
}  // namespace tabjoule::gradient_sum_test
