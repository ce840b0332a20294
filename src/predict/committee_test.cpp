// The committee is unsure where samples are few, and never where they leave no doubt.
#include "predict/committee.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::committee_test {
namespace {

KernelKey linear(std::int64_t n, std::int64_t k) { return {KernelType::linear, {1, n, k}, ""}; }

/// Small kernels exactly as a line has them; large ones with noise.
DeviceProfile noisy_where_large() {
  DeviceProfile profile;
  Rng rng(5);
  for (int i = 0; i < 80; ++i) {
    const auto n = static_cast<std::int64_t>(1 + rng.uniform(0, 300));
    const auto k = static_cast<std::int64_t>(1 + rng.uniform(0, 300));
    const double noise = n > 150 ? std::exp(0.3 * rng.normal()) : 1;
    const double time_s = (1e-6 + 1e-10 * static_cast<double>(n * k)) * noise;
    profile.samples.push_back({linear(n, k), time_s, 10 * time_s, 1, ""});
  }
  return profile;
}

TEST(Committee, IsUnsureOfWhatItDoesNotKnow) {
  const std::vector<KernelKey> keys{linear(100, 100), {KernelType::softmax, {4, 4}, ""}};
  const std::vector<double> doubts = Committee(noisy_where_large(), 2).disagreement(keys);
  ASSERT_EQ(doubts.size(), 2U);
  EXPECT_GT(doubts[0], 0);
  EXPECT_LT(doubts[0], 0.3);
  EXPECT_EQ(doubts[1], kUnknownDisagreement);
}

TEST(Committee, IsUnsureOfTypesThatHaveFewSamples) {
  DeviceProfile profile = noisy_where_large();
  profile.samples.resize(20);
  const std::vector<KernelKey> keys{{KernelType::softmax, {300, 40}, ""}};
  for (std::int64_t rows = 1; rows <= 12; ++rows) {
    const double noise = rows % 2 == 0 ? 1.3 : 1;
    const double time_s = 1e-8 * static_cast<double>(50 + 40 * rows) * noise;
    profile.samples.push_back({{KernelType::softmax, {16 * rows, 40}, ""}, time_s, 10 * time_s, 1, ""});
    const double doubt = Committee(profile).disagreement(keys)[0];
    if (rows <= static_cast<std::int64_t>(kFewestSamplesOfType)) {
      EXPECT_EQ(doubt, kUnknownDisagreement);
    } else {
      EXPECT_GT(doubt, 0.02) << rows;
      EXPECT_LT(doubt, 0.6) << rows;
    }
  }
}

TEST(Committee, AgreesWhereSamplesLeaveNoDoubt) {
  DeviceProfile profile;
  for (std::int64_t n = 1; n <= 8; ++n)
    for (std::int64_t k = 1; k <= 8; ++k)
      profile.samples.push_back(
          {linear(16 * n, 16 * k), 1e-9 * static_cast<double>(n * k), 1e-8 * static_cast<double>(n * k), 1, ""});
  const std::vector<KernelKey> inside{linear(48, 48)};
  EXPECT_LT(Committee(profile, 2).disagreement(inside)[0], 0.02);
  EXPECT_GT(Committee(noisy_where_large(), 2).disagreement(inside)[0], Committee(profile, 2).disagreement(inside)[0]);
}

TEST(Committee, RepeatsExactlyForASeed) {
  const std::vector<KernelKey> keys{linear(20, 20), linear(250, 300)};
  const DeviceProfile profile = noisy_where_large();
  EXPECT_EQ(Committee(profile, 2, 7).disagreement(keys), Committee(profile, 2, 7).disagreement(keys));
  EXPECT_NE(Committee(profile, 2, 7).disagreement(keys), Committee(profile, 2, 8).disagreement(keys));
  EXPECT_EQ(Committee(profile, 2, 7, 1).disagreement(keys), Committee(profile, 2, 7, 2).disagreement(keys));
  EXPECT_THROW(Committee(profile, 1), Error);
}

}  // namespace
}  // namespace tabjoule::committee_test
