#include "profile/coverage.h"

#include <gtest/gtest.h>

namespace tabjoule::coverage_test {
namespace {

KernelKey linear(std::int64_t n, std::int64_t k, const std::string& variant = "relu") {
  return {KernelType::linear, {1, n, k}, variant};
}

bool near(std::int64_t a, std::int64_t b) {
  return static_cast<double>(std::max(a, b)) <= 1.25 * static_cast<double>(std::min(a, b)) + 1e-9;
}

TEST(KernelsToMeasure, LeavesNoWantedKernelFarFromAMeasuredOne) {
  std::vector<KernelKey> wanted;
  for (std::int64_t n = 4; n <= 1024; n += 4) wanted.push_back(linear(n, n));
  const auto chosen = kernels_to_measure({}, wanted, 5);
  for (const auto& key : wanted)
    EXPECT_TRUE(std::any_of(chosen.begin(), chosen.end(), [&](const KernelKey& c) {
      return near(c.shape[1], key.shape[1]);
    })) << key.text();
  EXPECT_LT(chosen.size(), wanted.size() / 5);
}

TEST(KernelsToMeasure, CountsWhatTheProfileHolds) {
  const std::vector<KernelKey> wanted{linear(64, 64), linear(128, 64)};
  DeviceProfile profile;
  profile.samples.push_back({linear(60, 70), 1, 1, 1, ""});
  EXPECT_EQ(kernels_to_measure(profile, wanted, 1), std::vector<KernelKey>{linear(128, 64)});
  profile.samples.push_back({linear(128, 64), 1, 1, 1, ""});
  EXPECT_TRUE(kernels_to_measure(profile, wanted, 1).empty());
}

TEST(KernelsToMeasure, TakesAnotherVariantOrTypeOrDataTypeForUncovered) {
  DeviceProfile profile;
  profile.samples.push_back({linear(64, 64), 1, 1, 1, ""});
  const std::vector<KernelKey> wanted{linear(64, 64, ""),
                                      {KernelType::softmax, {1, 64}, ""},
                                      {KernelType::linear, {1, 64, 64}, "relu", DataType::int8}};
  EXPECT_EQ(kernels_to_measure(profile, wanted, 1).size(), 3U);
}

/// A type of fewer samples than a predictor needs is known where it was measured and nowhere else.
TEST(KernelsToMeasure, MeasuresSmallTypesWhole) {
  const std::vector<KernelKey> wanted{linear(64, 64), linear(65, 64), linear(66, 64), linear(67, 64)};
  EXPECT_EQ(kernels_to_measure({}, wanted, 1).size(), 1U);
  EXPECT_EQ(kernels_to_measure({}, wanted, 3).size(), 3U);
  EXPECT_EQ(kernels_to_measure({}, wanted, 5).size(), 4U);
  DeviceProfile profile;
  profile.samples.push_back({linear(65, 64), 1, 1, 1, ""});
  profile.samples.push_back({linear(512, 64), 1, 1, 1, ""});
  EXPECT_EQ(kernels_to_measure(profile, wanted, 3), std::vector<KernelKey>{linear(64, 64)});
}

}  // namespace
}  // namespace tabjoule::coverage_test
