#include "predict/model_correction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace tabjoule::model_correction_test {
namespace {

std::vector<SummedModel> models(int count, double factor, double per_kernel, double noise, std::uint64_t seed) {
  std::vector<SummedModel> result;
  Rng rng(seed);
  for (int i = 0; i < count; ++i) {
    const int kernels = 3 + static_cast<int>(rng.below(60));
    const double sum = kernels * std::exp(rng.uniform(-2, 2)) * 1e-3;
    result.push_back({sum, (factor * sum + per_kernel * kernels) * std::exp(noise * rng.normal()), kernels});
  }
  return result;
}

TEST(ModelCorrection, ChangesNothingWithoutModels) {
  const ModelCorrection none = fit_model_correction({});
  EXPECT_FALSE(none.fitted);
  EXPECT_EQ(none.apply(7, 30), 7);
}

TEST(ModelCorrection, RecoversFactorAndOverhead) {
  const ModelCorrection exact = fit_model_correction(models(8, 0.9, 2e-4, 0, 1));
  EXPECT_NEAR(exact.factor, 0.9, 1e-9);
  EXPECT_NEAR(exact.per_kernel, 2e-4, 1e-12);
  EXPECT_NEAR(exact.log_error, 0, 1e-9);
  const ModelCorrection scaled = fit_model_correction(models(2, 1.2, 0, 0, 2));
  EXPECT_NEAR(scaled.factor, 1.2, 1e-9);
  EXPECT_EQ(scaled.per_kernel, 0);
}

TEST(ModelCorrection, LeavesAloneWhatItWouldMakeWorse) {
  std::vector<SummedModel> some = models(24, 1, 0, 0.002, 3);
  for (std::size_t i = 0; i < some.size(); i += 4)
    some[i].measured *= i % 8 == 0 ? 1.3 : 1.2;  // badly predicted kernels
  const ModelCorrection correction = fit_model_correction(some);
  EXPECT_TRUE(correction.fitted);
  EXPECT_NEAR(correction.factor, 1, 0.01);
  EXPECT_LT(correction.per_kernel * 30, 0.02 * 30e-3);
}

TEST(ModelCorrection, ItsErrorHoldsNineInTenNewModels) {
  int inside = 0, total = 0;
  for (std::uint64_t seed = 10; seed < 40; ++seed) {
    const ModelCorrection correction = fit_model_correction(models(12, 1.1, 1e-4, 0.05, seed));
    for (const SummedModel& fresh : models(50, 1.1, 1e-4, 0.05, 1000 + seed)) {
      const double error = std::abs(std::log(correction.apply(fresh.sum, fresh.kernels) / fresh.measured));
      inside += error <= correction.log_error ? 1 : 0;
      ++total;
    }
  }
  EXPECT_GT(inside, 0.85 * total);
  EXPECT_LT(inside, 0.98 * total);
}

}  // namespace
}  // namespace tabjoule::model_correction_test
