#include "nn/parameter_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/testing.h"

namespace tabjoule::parameter_store_test {
namespace {

using namespace testing_nn;

TEST(ParameterStore, InitialisesByNameWhateverTheOrder) {
  const Network large = mlp(4, {8, 8}, 3);
  Network reversed = large;
  std::reverse(reversed.layers.begin(), reversed.layers.end());
  ParameterStore a;
  ParameterStore b;
  a.add(large, Rng(1));
  b.add(reversed, Rng(1));
  EXPECT_TRUE(same(a, b));
  EXPECT_NE(a.at("hidden0.weight").value.topRows(1).leftCols(4), a.at("hidden1.weight").value.topRows(1).leftCols(4));
}

TEST(ParameterStore, OtherSeedsGiveOtherValues) {
  ParameterStore a;
  ParameterStore b;
  a.add(mlp(4, {8}, 3), Rng(1));
  b.add(mlp(4, {8}, 3), Rng(2));
  EXPECT_FALSE(same(a, b));
}

TEST(ParameterStore, StartsUniformWithinTheInverseRootOfFanIn) {
  ParameterStore store;
  store.add(mlp(100, {200}, 3), Rng(1));
  const Matrix& weight = store.at("hidden0.weight").value;
  EXPECT_LE(weight.cwiseAbs().maxCoeff(), 0.1F);
  EXPECT_GT(weight.maxCoeff(), 0.0999F);
  EXPECT_LT(weight.minCoeff(), -0.0999F);
  EXPECT_NEAR(weight.mean(), 0, 0.002);
  EXPECT_NEAR(weight.squaredNorm() / static_cast<float>(weight.size()), 0.01 / 3, 1e-4);
  EXPECT_LE(store.at("hidden0.bias").value.cwiseAbs().maxCoeff(), 0.1F);
}

TEST(ParameterStore, KnowsZerosAndOnesAndWhatDecays) {
  Network network = mlp(3, {}, 2);
  network.layers[1].parameters[0].init = Init::ones;
  network.layers[1].parameters[1].init = Init::zeros;
  ParameterStore store;
  store.add(network, Rng(1));
  EXPECT_EQ(store.at("head.weight").value, Matrix::Ones(2, 3));
  EXPECT_EQ(store.at("head.bias").value, Matrix::Zero(1, 2));
  EXPECT_TRUE(store.at("head.weight").decay);
  EXPECT_FALSE(store.at("head.bias").decay);
}

TEST(ParameterStore, KeepsWhatItHoldsWhenAnotherNetworkNamesIt) {
  ParameterStore store;
  store.add(mlp(4, {8}, 3), Rng(1));
  ParameterStore before = store;
  store.add(mlp(4, {6}, 3), Rng(2));
  EXPECT_TRUE(same(store, before));
}

TEST(ParameterStore, RefusesANetworkThatNeedsMoreThanItHolds) {
  ParameterStore store;
  store.add(mlp(4, {6}, 3), Rng(1));
  try {
    store.add(mlp(4, {8}, 3), Rng(1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "parameter \"hidden0.weight\" is held as (6, 4), the network needs (8, 4)");
  }
  EXPECT_THROW((void)store.at("nothing"), Error);
}

TEST(ParameterStore, ViewsAreTheTopLeftBlockItself) {
  ParameterStore store;
  store.add(mlp(4, {8}, 3), Rng(1));
  Matrix& whole = store.at("hidden0.weight").value;
  const Block view = store.view({"hidden0.weight", 5, 2, Init::zeros, 1, true});
  EXPECT_EQ(view.data, whole.data());
  EXPECT_EQ(view.rows, 5);
  EXPECT_EQ(view.cols, 2);
  view.row(4)[1] = 42;
  EXPECT_EQ(whole(4, 1), 42);
}

}  // namespace
}  // namespace tabjoule::parameter_store_test
