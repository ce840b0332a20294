#include "predict/tiled_product.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace tabjoule::tiled_product_test {
namespace {

using Costs = TiledProduct::Costs;
using Samples = std::vector<TiledProduct::Sample>;

ProductShape product(double m, double n, double k) {
  ProductShape shape;
  shape.m = m;
  shape.n = n;
  shape.k = k;
  shape.input_elements = m * k;
  shape.element_bytes = 2;
  return shape;
}

/// A GPU of 16 processors written down on its own: 40 TFLOP/s, 180 GB/s, 4 us a kernel. Its library has two tiles of
/// which the faster runs; what is larger than 3 MB of weights is read again for every 4 tiles down.
Costs gpu(const ProductShape& p) {
  Costs best{.time_s = 1, .energy_j = 0};
  for (const double columns : {64.0, 256.0}) {
    const double down = std::ceil(p.m / 128), tiles = down * std::ceil(p.n / columns);
    const double arithmetic_s = std::ceil(tiles / 16) * 16 * 128 * columns * 2 * (p.k + 100) / 40e12;
    const double weights = 2 * p.n * p.k;
    const double reads = weights > 3e6 ? std::ceil(down / 4) : 1;
    const double traffic = reads * weights + 2 * p.m * (p.k + p.n);
    const double tile_traffic = 2 * tiles * (128 + columns) * p.k;
    const double time_s = 4e-6 + std::max({arithmetic_s, traffic / 180e9, tile_traffic / 800e9});
    if (time_s >= best.time_s) continue;
    best = {time_s, 20 * time_s + 0.7e-12 * 2 * tiles * 128 * columns * p.k + 30e-12 * traffic + 2e-12 * tile_traffic};
  }
  return best;
}

ProductShape random_shape(Rng& rng) {
  const auto size = [&](std::uint64_t most) { return 64.0 * static_cast<double>(1 + rng.below(most)); };
  return product(size(24), size(96), size(96));
}

Samples measured(int count, double noise, std::uint64_t seed) {
  Rng rng(seed);
  Samples samples;
  for (int i = 0; i < count; ++i) {
    const ProductShape shape = random_shape(rng);
    const Costs costs = gpu(shape);
    samples.push_back(
        {shape, {costs.time_s * std::exp(noise * rng.normal()), costs.energy_j * std::exp(noise * rng.normal())}, 1});
  }
  return samples;
}

double mean_error(const TiledProduct& fitted, double Costs::*cost) {
  Rng rng(1000);
  double sum = 0;
  for (int i = 0; i < 400; ++i) {
    const ProductShape shape = random_shape(rng);
    sum += std::abs(fitted.predict(shape).mean.*cost / (gpu(shape).*cost) - 1) / 400;
  }
  return sum;
}

TEST(TiledProduct, FindsTheMachineInItsProducts) {
  const TiledProduct fitted = TiledProduct::fit(measured(150, 0.01, 1), 16);
  EXPECT_LT(mean_error(fitted, &Costs::time_s), 0.03);
  EXPECT_LT(mean_error(fitted, &Costs::energy_j), 0.03);
}

TEST(TiledProduct, TellsADeviceFromFiveProducts) {
  double time = 0, energy = 0;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const TiledProduct fitted = TiledProduct::fit(measured(5, 0.02, seed), 16);
    time += mean_error(fitted, &Costs::time_s) / 5;
    energy += mean_error(fitted, &Costs::energy_j) / 5;
  }
  EXPECT_LT(time, 0.1);
  EXPECT_LT(energy, 0.1);
}

TEST(TiledProduct, TakesOneCostAlone) {
  Samples energies = measured(60, 0.01, 2), times = energies;
  for (TiledProduct::Sample& sample : energies) sample.costs.time_s = 0;
  for (TiledProduct::Sample& sample : times) sample.costs.energy_j = 0;
  EXPECT_LT(mean_error(TiledProduct::fit(energies, 16), &Costs::energy_j), 0.05);
  EXPECT_LT(mean_error(TiledProduct::fit(times, 16), &Costs::time_s), 0.05);
}

TEST(TiledProduct, FindsAlongWhichSideNamesPutATilesFirstSide) {
  for (const bool first_along_n : {false, true}) {
    Samples samples = measured(60, 0.01, 7);
    for (TiledProduct::Sample& sample : samples) {
      // The tile that gpu() takes: the narrow one where the wide one leaves processors idle.
      const double down = std::ceil(sample.shape.m / 128);
      const bool wide = std::ceil(down * std::ceil(sample.shape.n / 256) / 16) * 256 <=
                        std::ceil(down * std::ceil(sample.shape.n / 64) / 16) * 64;
      const int columns = wide ? 256 : 64;
      sample.tile = first_along_n ? OutputTile{columns, 128} : OutputTile{128, columns};
    }
    const TiledProduct fitted = TiledProduct::fit(samples, 16);
    const auto as_named = fitted.index_of({128, 256}), turned = fitted.index_of({256, 128});
    ASSERT_TRUE(as_named && turned);
    const TiledProduct::OnTiles one_row = fitted.predict(product(128, 256 * 16, 4096));
    // 128 rows leave half of a tile of 256 idle.
    EXPECT_EQ(one_row.each[*as_named].time_s < one_row.each[*turned].time_s, !first_along_n);
    EXPECT_LT(mean_error(fitted, &Costs::energy_j), 0.04);
    EXPECT_FALSE(fitted.index_of({24, 24}));
  }
}

TEST(TiledProduct, ReadsWeightsAgainForFurtherColumnsOfTiles) {
  const TiledProduct fitted = TiledProduct::fit(measured(150, 0.01, 3), 16);
  const auto slower = [&](double m) {  // than four tiles down, a row
    const auto rate = [](double rows, double time_s) { return time_s / rows; };
    return rate(m, fitted.predict(product(m, 4096, 4096)).mean.time_s) /
           rate(512, fitted.predict(product(512, 4096, 4096)).mean.time_s);
  };
  EXPECT_GT(slower(640), 1.05);
  EXPECT_LT(slower(1024), 1.05);
}

TEST(TiledProduct, BarelyHearsDisturbedSamplesAndThoseOfNoWeight) {
  Samples samples = measured(60, 0.01, 4);
  const double undisturbed = mean_error(TiledProduct::fit(samples, 16), &Costs::energy_j);
  for (std::size_t i = 0; i < 3; ++i) samples[20 * i].costs.energy_j *= 5;
  EXPECT_LT(mean_error(TiledProduct::fit(samples, 16), &Costs::energy_j), undisturbed + 0.02);
  for (std::size_t i = 1; i < samples.size(); i += 2) {
    samples[i].costs = {1e3 * samples[i].costs.time_s, 1e3 * samples[i].costs.energy_j};
    samples[i].weight = 1e-9;
  }
  EXPECT_LT(mean_error(TiledProduct::fit(samples, 16), &Costs::energy_j), undisturbed + 0.03);
}

TEST(TiledProduct, DealsBatchesOutTogether) {
  const TiledProduct fitted = TiledProduct::fit(measured(100, 0.01, 5), 16);
  ProductShape batched = product(128, 256, 512);
  const double one = fitted.predict(batched).mean.time_s;
  batched.batch = 16;
  batched.input_elements *= 16;
  // Its tiles keep all processors busy; those of one do not.
  EXPECT_LT(fitted.predict(batched).mean.time_s, 8 * one);
  EXPECT_GT(fitted.predict(batched).mean.energy_j, fitted.predict(product(128, 256, 512)).mean.energy_j);
}

TEST(TiledProduct, IsTheSameForTheSameSamplesAndGoesOnFromAnother) {
  const Samples samples = measured(400, 0.02, 6);
  const TiledProduct first = TiledProduct::fit(samples, 16), second = TiledProduct::fit(samples, 16);
  const ProductShape shape = product(300, 700, 900);
  EXPECT_EQ(first.predict(shape).mean.energy_j, second.predict(shape).mean.energy_j);
  const TiledProduct near = TiledProduct::fit(std::span(samples).first(100), 16, &first);
  EXPECT_NEAR(near.predict(shape).mean.energy_j / first.predict(shape).mean.energy_j, 1, 0.05);
  EXPECT_NE(near.predict(shape).mean.energy_j, first.predict(shape).mean.energy_j);
}

TEST(TiledProduct, StaysFiniteAtTheEdges) {
  for (const double size : {1.0, 1e6}) {
    Samples one{{product(size, size, size), {1e-6 * size, 1e-5 * size}, 1}};
    const TiledProduct fitted = TiledProduct::fit(one, 132);
    for (const double other : {1.0, 64.0, 1e7}) {
      std::vector<float> features;
      const TiledProduct::OnTiles on_tiles = fitted.predict(product(other, other, other));
      on_tiles.append_features(features);
      const Costs& costs = on_tiles.mean;
      EXPECT_TRUE(std::isfinite(costs.time_s) && costs.time_s > 0) << size << " " << other;
      EXPECT_TRUE(std::isfinite(costs.energy_j) && costs.energy_j > 0) << size << " " << other;
      EXPECT_TRUE(std::all_of(features.begin(), features.end(), [](float value) { return std::isfinite(value); }));
    }
  }
}

}  // namespace
}  // namespace tabjoule::tiled_product_test
