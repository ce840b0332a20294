#include "predict/tile_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"
#include "predict/predictor.h"

namespace tabjoule::tile_choice_test {
namespace {

/// A GPU of 16 processors whose library takes the wide tile where n is at least 2 m, though it makes the product 12 %
/// dearer than what the work costs; `narrow` and `wide` as the library names them.
KernelSample measured(Rng& rng, bool first_along_n, bool named) {
  const auto size = [&](std::uint64_t most) { return 128 * static_cast<std::int64_t>(1 + rng.below(most)); };
  KernelSample sample{{KernelType::linear, {size(16), size(32), size(32)}, "", DataType::float16}, 0, 0, 1, "made up"};
  const std::int64_t m = sample.key.shape[0], n = sample.key.shape[1], k = sample.key.shape[2];
  const bool wide = n >= 2 * m;
  const double rows = 128, columns = wide ? 256 : 64;
  const double tiles = std::ceil(static_cast<double>(m) / rows) * std::ceil(static_cast<double>(n) / columns);
  const double time_s = 5e-6 + std::ceil(tiles / 16) * 16 * rows * columns * 2 * static_cast<double>(k + 100) / 40e12;
  sample.time_s = time_s;
  sample.energy_j = 30 * time_s * (wide ? 1.12 : 1) * std::exp(0.005 * rng.normal());
  if (named)
    sample.implementation = wide ? (first_along_n ? "gemm_256x128_32x3" : "gemm_128x256_32x3")
                                 : (first_along_n ? "gemm_64x128_32x6" : "gemm_128x64_32x6");
  return sample;
}

double error(bool first_along_n, bool named) {
  DeviceProfile profile;
  profile.processors = 16;
  Rng rng(1);
  for (int i = 0; i < 80; ++i) profile.samples.push_back(measured(rng, first_along_n, named));
  const Predictor predictor = Predictor::fit(profile);
  double sum = 0;
  for (int i = 0; i < 200; ++i) {
    const KernelSample fresh = measured(rng, first_along_n, false);
    sum += std::abs(predictor.predict(fresh.key).energy_j / fresh.energy_j - 1) / 200;
  }
  return sum;
}

TEST(TileChoice, LearnsWhichTileRunsAndWhatItCosts) {
  const double without = error(false, false);
  EXPECT_LT(error(false, true), 0.8 * without);
  EXPECT_LT(error(true, true), 0.8 * without);  // the samples tell which side names put first
}

CostRows rows_of(const std::vector<KernelSample>& samples) {
  CostRows rows;
  for (const KernelSample& sample : samples) {
    rows.keys.push_back(sample.key);
    rows.target.push_back(sample.energy_j);
    rows.weight.push_back(1);
    rows.tiles.push_back(output_tile_of(sample.implementation));
  }
  return rows;
}

TEST(TileChoice, LearnsNothingWithoutATileThatLibrariesHave) {
  Rng rng(2);
  std::vector<KernelSample> samples;
  for (int i = 0; i < 20; ++i) samples.push_back(measured(rng, false, i % 2 == 0));
  const std::vector<float> features(20, 1.0F);
  CostRows rows = rows_of(samples);
  const TiledCost product{
      TiledProduct::fit(
          std::vector<TiledProduct::Sample>{{*product_shape(rows.keys[0]), {samples[0].time_s, samples[0].energy_j}}},
          16),
      &TiledProduct::Costs::energy_j};
  EXPECT_FALSE(TileChoice::fit(product, rows, features).empty());  // from those rows that tell it
  for (auto& tile : rows.tiles)
    if (tile) tile = OutputTile{24, 24};
  EXPECT_TRUE(TileChoice::fit(product, rows, features).empty());
  for (auto& tile : rows.tiles) tile.reset();
  EXPECT_TRUE(TileChoice::fit(product, rows, features).empty());
}

TEST(TileChoice, TakesTheMedianOfTheTilesThatMayRun) {
  // One shape, three measurements: two of the narrow tile, one of the wide. The median is the narrow one's cost.
  const KernelKey key{KernelType::linear, {512, 512, 512}, "", DataType::float16};
  CostRows rows;
  rows.keys.assign(3, key);
  rows.target = {1e-3, 1e-3, 2e-3};
  rows.weight = {1, 1, 1};
  rows.tiles = {OutputTile{128, 64}, OutputTile{128, 64}, OutputTile{128, 256}};
  const TiledCost product{TiledProduct::fit(std::vector<TiledProduct::Sample>{{*product_shape(key), {1e-5, 1e-3}}}, 16),
                          &TiledProduct::Costs::energy_j};
  const std::vector<float> features{1, 1, 1}, own{1};
  const TileChoice choice = TileChoice::fit(product, rows, features);
  EXPECT_NEAR(std::exp(choice.log_cost(product, key, product.product.predict(*product_shape(key)), own)), 1e-3, 1e-6);
}

}  // namespace
}  // namespace tabjoule::tile_choice_test
