#include "predict/adapt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "predict/predictor.h"
#include "predict/synthetic_test.h"

namespace tabjoule::adapt_test {
namespace {

using synthetic::linear;

/// A device that spends 3 times the synthetic one's energy, and more the larger the kernel.
double other_energy_j(const KernelKey& key) {
  return 15 * synthetic::linear_time_s(key) * std::pow(work_of(key).flops / 1e6, 0.1);
}

std::vector<KernelSample> other_samples(int count, std::uint64_t seed) {
  std::vector<KernelSample> samples;
  Rng rng(seed);
  for (int i = 0; i < count; ++i) {
    const KernelKey key = synthetic::random_linear(rng);
    samples.push_back({key, 0, other_energy_j(key), 1, "other"});
  }
  return samples;
}

double mean_error(const Predictor& predictor) {
  Rng rng(77);
  double sum = 0;
  for (int i = 0; i < 200; ++i) {
    const KernelKey key = synthetic::random_linear(rng);
    sum += std::abs(predictor.predict(key).energy_j / other_energy_j(key) - 1);
  }
  return sum / 200;
}

TEST(Adapt, TenSamplesAndASourceDoBetterThanTenSamples) {
  const DeviceProfile source = synthetic::profile(120, 0, 1);
  const auto samples = other_samples(10, 2);
  DeviceProfile alone;
  alone.samples = samples;
  const double adapted = mean_error(Predictor::fit(adapt(source, samples, {})));
  EXPECT_LT(adapted, 0.12);
  EXPECT_LT(adapted, mean_error(Predictor::fit(alone)));
}

TEST(Adapt, LetsAFewSamplesTellWhetherTheSourceHelps) {
  const DeviceProfile source = synthetic::profile(120, 0, 1);
  const auto scaled = other_samples(6, 2);
  EXPECT_GT(adapt(source, scaled, {}).samples.size(), scaled.size());

  // A device that knows only its launches and its arithmetic, which a roofline of few samples finds exactly.
  std::vector<KernelSample> plain = other_samples(6, 3);
  for (KernelSample& sample : plain) sample.energy_j = 1e-6 + 1e-9 * work_of(sample.key).flops;
  std::string notice;
  AdaptOptions options;
  options.notice = [&](const std::string& text) { notice = text; };
  EXPECT_EQ(adapt(source, plain, options).samples.size(), plain.size());
  EXPECT_THAT(notice, testing::HasSubstr("nothing is carried over: the 6 samples"));
}

TEST(Adapt, RefusesWhatDoesNotCorrelateAndSaysWhy) {
  const DeviceProfile source = synthetic::profile(60, 0, 3);
  auto samples = other_samples(10, 4);
  for (KernelSample& sample : samples) sample.energy_j = 1 / sample.energy_j;
  try {
    static_cast<void>(adapt(source, samples, {}));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), testing::HasSubstr("do not correlate (Spearman -"));
  }
  EXPECT_THROW(static_cast<void>(adapt(source, other_samples(2, 5), {})), Error);
  EXPECT_THROW(static_cast<void>(adapt(source, {}, {})), Error);
  std::vector<KernelSample> unknown(3, {{KernelType::softmax, {8, 8}, ""}, 1, 1, 1, ""});
  EXPECT_THROW(static_cast<void>(adapt(source, unknown, {})), Error);
}

TEST(Adapt, TakesASourceInAnotherDataType) {
  const DeviceProfile source = synthetic::profile(60, 0, 6);
  auto samples = other_samples(10, 7);
  for (KernelSample& sample : samples) sample.key.dtype = DataType::float16;
  const DeviceProfile adapted = adapt(source, samples, {});
  EXPECT_EQ(adapted.samples.size(), 70U);
  for (const KernelSample& sample : adapted.samples) EXPECT_EQ(sample.key.dtype, DataType::float16);
}

TEST(NextToMeasure, TakesTheFarthestFirstAndNothingTwice) {
  const std::vector<KernelKey> wanted{linear(1, 1, 1), linear(2, 1, 1), linear(64, 1, 1), linear(60, 1, 1),
                                      linear(8, 1, 1)};
  const std::vector<KernelKey> measured{linear(1, 1, 1)};
  const auto chosen = next_to_measure(wanted, measured, 10);
  ASSERT_EQ(chosen.size(), 4U);
  EXPECT_EQ(chosen[0], linear(64, 1, 1));
  EXPECT_EQ(chosen[1], linear(8, 1, 1));
  EXPECT_EQ(next_to_measure(wanted, measured, 1).size(), 1U);
  EXPECT_TRUE(next_to_measure({}, measured, 3).empty());
}

}  // namespace
}  // namespace tabjoule::adapt_test
