#include "predict/model_correction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace tabjoule::model_correction_test {
namespace {

PerType<double> of_linear(double sum) {
  PerType<double> sums;
  sums[KernelType::linear] = sum;
  return sums;
}

std::vector<SummedModel> models(int count, double factor, double per_kernel, double noise, std::uint64_t seed) {
  std::vector<SummedModel> result;
  Rng rng(seed);
  for (int i = 0; i < count; ++i) {
    const int kernels = 3 + static_cast<int>(rng.below(60));
    const double sum = kernels * std::exp(rng.uniform(-2, 2)) * 1e-3;
    result.push_back({of_linear(sum), (factor * sum + per_kernel * kernels) * std::exp(noise * rng.normal()), kernels});
  }
  return result;
}

TEST(ModelCorrection, ChangesNothingWithoutModels) {
  const ModelCorrection none = fit_model_correction({});
  EXPECT_FALSE(none.fitted);
  EXPECT_EQ(none.apply(of_linear(7), 30), 7);
}

TEST(ModelCorrection, RecoversFactorAndOverhead) {
  const ModelCorrection exact = fit_model_correction(models(8, 0.9, 2e-4, 0, 1));
  EXPECT_NEAR(exact.factors[KernelType::linear], 0.9, 1e-9);
  EXPECT_NEAR(exact.per_kernel, 2e-4, 1e-12);
  EXPECT_NEAR(exact.log_error, 0, 1e-9);
  const ModelCorrection scaled = fit_model_correction(models(2, 1.2, 0, 0, 2));
  EXPECT_NEAR(scaled.factors[KernelType::linear], 1.2, 1e-9);
  EXPECT_EQ(scaled.per_kernel, 0);
}

TEST(ModelCorrection, LeavesAloneWhatItWouldMakeWorse) {
  std::vector<SummedModel> some = models(24, 1, 0, 0.002, 3);
  for (std::size_t i = 0; i < some.size(); i += 4)
    some[i].measured *= i % 8 == 0 ? 1.3 : 1.2;  // badly predicted kernels
  const ModelCorrection correction = fit_model_correction(some);
  EXPECT_TRUE(correction.fitted);
  EXPECT_NEAR(correction.factors[KernelType::linear], 1, 0.01);
  EXPECT_LT(correction.per_kernel * 30, 0.02 * 30e-3);
}

/// Attention costs twice, layer norms two thirds of what their kernels do alone, linear layers as much.
std::vector<SummedModel> of_three_types(int count, double noise, std::uint64_t seed) {
  std::vector<SummedModel> result;
  Rng rng(seed);
  for (int i = 0; i < count; ++i) {
    SummedModel model{of_linear(std::exp(rng.uniform(-2, 2))), 0, 10};
    if (i % 2 == 0) {  // the others are MLPs
      model.sums[KernelType::attention] = std::exp(rng.uniform(-2, 2));
      model.sums[KernelType::layernorm] = std::exp(rng.uniform(-2, 2));
    }
    model.measured = model.sums[KernelType::linear] + 2 * model.sums[KernelType::attention] +
                     model.sums[KernelType::layernorm] * 2 / 3;
    model.measured *= std::exp(noise * rng.normal());
    result.push_back(model);
  }
  return result;
}

TEST(ModelCorrection, FindsFactorsOfTypes) {
  std::vector<SummedModel> some = of_three_types(16, 0.01, 4);
  some[4].measured *= 3;  // one that was measured beside something else
  const ModelCorrection correction = fit_model_correction(some);
  EXPECT_NEAR(correction.factors[KernelType::linear], 1, 0.03);
  EXPECT_NEAR(correction.factors[KernelType::attention], 2, 0.1);
  EXPECT_NEAR(correction.factors[KernelType::layernorm], 2.0 / 3, 0.1);
  EXPECT_EQ(correction.per_kernel, 0);
  for (const SummedModel& fresh : of_three_types(50, 0, 5))
    EXPECT_NEAR(correction.apply(fresh.sums, fresh.kernels) / fresh.measured, 1, 0.06);
}

TEST(ModelCorrection, GivesNoTypeItsFactorWhereAllAskForOne) {
  std::vector<SummedModel> some = of_three_types(16, 0, 6);
  Rng rng(7);
  for (SummedModel& model : some) {
    model.measured = 0;
    for (const double sum : model.sums) model.measured += 1.2 * sum;
    model.measured *= std::exp(0.03 * rng.normal());
  }
  const ModelCorrection correction = fit_model_correction(some);
  EXPECT_NEAR(correction.factors[KernelType::linear], 1.2, 0.03);
  EXPECT_EQ(correction.factors[KernelType::linear], correction.factors[KernelType::attention]);
}

TEST(ModelCorrection, ItsErrorHoldsNineInTenNewModels) {
  int inside = 0, total = 0;
  for (std::uint64_t seed = 10; seed < 40; ++seed) {
    const ModelCorrection correction = fit_model_correction(models(12, 1.1, 1e-4, 0.05, seed));
    for (const SummedModel& fresh : models(50, 1.1, 1e-4, 0.05, 1000 + seed)) {
      const double error = std::abs(std::log(correction.apply(fresh.sums, fresh.kernels) / fresh.measured));
      inside += error <= correction.log_error ? 1 : 0;
      ++total;
    }
  }
  EXPECT_GT(inside, 0.85 * total);
  EXPECT_LT(inside, 0.98 * total);
}

}  // namespace
}  // namespace tabjoule::model_correction_test
