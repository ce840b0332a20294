#include "predict/core_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace tabjoule::core_product_test {
namespace {

using Samples = std::vector<CoreProduct::Sample>;

ProductShape product(double m, double n, double k) {
  ProductShape shape;
  shape.m = m;
  shape.n = n;
  shape.k = k;
  shape.input_elements = m * k;
  return shape;
}

/// A core written down on its own, block by block: 12 rows and 32 columns in registers, 64 multiplications a cycle, 4
/// cycles of latency, weights from 32 kB, 1 MB and memory, 3 GHz. Seconds.
double core_s(const ProductShape& p) {
  const double bytes = 4 * p.n * p.k;
  const double far = bytes > 1e6 ? 2 : bytes > 32e3 ? 1 : 0.5;  // cycles to load 16 weights
  double cycles = 900;
  for (double row = 0; row < p.m; row += 12) {
    const double rows = std::min(12.0, p.m - row);
    for (double column = 0; column < p.n; column += 32) {
      const double panels = std::min(2.0, std::ceil((p.n - column) / 16));
      cycles += 20 + p.k * std::max({4.0, rows * panels * 16 / 64, panels * (row == 0 ? far : 0.5)});
    }
  }
  cycles += p.m * p.n * (p.activated ? 0.4 : 0.2);
  return cycles / 3e9;
}

ProductShape random_shape(Rng& rng) {
  const auto size = [&](double least, double most) {
    return std::floor(least * std::pow(most / least, rng.uniform()));
  };
  ProductShape shape = product(rng.uniform() < 0.4 ? 1 : size(1, 600), size(2, 1100), size(4, 1100));
  shape.activated = rng.uniform() < 0.5;
  return shape;
}

Samples measured(int count, double noise, std::uint64_t seed) {
  Rng rng(seed);
  Samples samples;
  for (int i = 0; i < count; ++i) {
    const ProductShape shape = random_shape(rng);
    samples.push_back({shape, core_s(shape) * std::exp(noise * rng.normal()), 1});
  }
  return samples;
}

double mean_error(const CoreProduct& fitted) {
  Rng rng(1000);
  double sum = 0;
  for (int i = 0; i < 400; ++i) {
    const ProductShape shape = random_shape(rng);
    sum += std::abs(fitted.predict(shape) / core_s(shape) - 1) / 400;
  }
  return sum;
}

TEST(CoreProduct, FindsTheCoreInItsProducts) { EXPECT_LT(mean_error(CoreProduct::fit(measured(200, 0.01, 1))), 0.05); }

TEST(CoreProduct, TellsACoreFromTwentyProducts) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) sum += mean_error(CoreProduct::fit(measured(20, 0.02, seed))) / 5;
  EXPECT_LT(sum, 0.15);
}

TEST(CoreProduct, CostsTheSameInAnyUnit) {
  Samples seconds = measured(60, 0.02, 2), nanojoules = seconds;
  for (CoreProduct::Sample& sample : nanojoules) sample.cost *= 7e9;
  const CoreProduct first = CoreProduct::fit(seconds), second = CoreProduct::fit(nanojoules);
  for (const double size : {1.0, 30.0, 500.0})
    EXPECT_NEAR(second.predict(product(size, 100, 200)) / first.predict(product(size, 100, 200)), 7e9, 7e6);
}

TEST(CoreProduct, NeverFallsWhenASizeGrows) {
  const CoreProduct fitted = CoreProduct::fit(measured(80, 0.1, 3));
  Rng rng(4);
  for (int i = 0; i < 3000; ++i) {
    const ProductShape shape = random_shape(rng);
    for (double ProductShape::*size : {&ProductShape::m, &ProductShape::n, &ProductShape::k, &ProductShape::batch}) {
      ProductShape larger = shape;
      larger.*size += 1;
      larger.input_elements = larger.batch * larger.m * larger.k;
      EXPECT_GE(fitted.predict(larger), fitted.predict(shape) * (1 - 1e-9))
          << shape.m << " " << shape.n << " " << shape.k << " to " << larger.m << " " << larger.n << " " << larger.k;
    }
  }
}

TEST(CoreProduct, TakesTheVectorOnEitherSideUnlessWeightsArePacked) {
  const CoreProduct fitted = CoreProduct::fit(measured(80, 0.01, 5));
  ProductShape row = product(1, 300, 40), column = product(300, 1, 40);
  row.input_elements = column.input_elements = 12000;
  EXPECT_GT(fitted.predict(column), 1.2 * fitted.predict(row));  // a panel of which one column is used, 25 times
  row.constant = column.constant = false;
  EXPECT_EQ(fitted.predict(column), fitted.predict(row));
}

TEST(CoreProduct, BarelyHearsDisturbedSamplesAndThoseOfNoWeight) {
  Samples samples = measured(80, 0.01, 6);
  const double undisturbed = mean_error(CoreProduct::fit(samples));
  for (std::size_t i = 0; i < 4; ++i) samples[20 * i + 7].cost *= 3;
  EXPECT_LT(mean_error(CoreProduct::fit(samples)), undisturbed + 0.03);
  for (std::size_t i = 0; i < samples.size(); i += 2) {
    samples[i].cost *= 1e3;
    samples[i].weight = 1e-9;
  }
  EXPECT_LT(mean_error(CoreProduct::fit(samples)), undisturbed + 0.05);
}

TEST(CoreProduct, IsTheSameForTheSameSamplesAndGoesOnFromAnother) {
  const Samples samples = measured(400, 0.02, 7);
  const CoreProduct first = CoreProduct::fit(samples), second = CoreProduct::fit(samples);
  const ProductShape shape = product(30, 70, 90);
  EXPECT_EQ(first.predict(shape), second.predict(shape));
  const CoreProduct near = CoreProduct::fit(std::span(samples).first(100), &first);
  EXPECT_NEAR(near.predict(shape) / first.predict(shape), 1, 0.05);
  EXPECT_NE(near.predict(shape), first.predict(shape));
}

TEST(CoreProduct, StaysFiniteAtTheEdges) {
  for (const double size : {1.0, 1e6}) {
    const CoreProduct fitted = CoreProduct::fit(Samples{{product(size, size, size), 1e-6 * size, 1}});
    for (const double other : {1.0, 64.0, 1e7}) {
      const double cost = fitted.predict(product(other, other, other));
      EXPECT_TRUE(std::isfinite(cost) && cost > 0) << size << " " << other;
    }
  }
}

}  // namespace
}  // namespace tabjoule::core_product_test
