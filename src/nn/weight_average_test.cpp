#include "nn/weight_average.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/testing.h"

namespace tabjoule::weight_average_test {
namespace {

using namespace testing_nn;

struct Averaged {
  Network network = mlp(2, {3}, 1);
  ParameterStore store;
  Averaged() { store.add(network, Rng(1)); }
  void set(float value) {
    for (auto& [name, p] : store.all()) p.value.setConstant(value);
  }
};

TEST(WeightAverage, IsTheRecursionOfItsDefinition) {
  Averaged a;
  a.set(4);
  WeightAverage average(a.network, a.store, 20);
  double expected = 4;
  for (int step = 1; step <= 100; ++step) {
    const float value = static_cast<float>(step % 7);
    a.set(value);
    average.update(a.store);
    const double decay = std::min(std::exp(-1.0 / 20), step / (step + 9.0));
    expected = decay * expected + (1 - decay) * static_cast<double>(value);
  }
  average.swap(a.store);
  for (const auto& [name, p] : a.store.all())
    for (Eigen::Index i = 0; i < p.value.size(); ++i) EXPECT_NEAR(p.value.data()[i], expected, 1e-5) << name;
}

TEST(WeightAverage, SwapsInAndOutWithoutALoss) {
  Averaged a;
  const Matrix before = a.store.at("hidden0.weight").value;
  WeightAverage average(a.network, a.store, 5);
  a.set(2);
  average.update(a.store);
  average.swap(a.store);
  EXPECT_NE(a.store.at("hidden0.weight").value, Matrix::Constant(3, 2, 2));
  average.swap(a.store);
  EXPECT_EQ(a.store.at("hidden0.weight").value, Matrix::Constant(3, 2, 2));
  EXPECT_NE(before, a.store.at("hidden0.weight").value);
}

}  // namespace
}  // namespace tabjoule::weight_average_test
