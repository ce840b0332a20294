#include "predict/gaussian_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace tabjoule::gaussian_process_test {
namespace {

using testing::DoubleNear;

/// scikit-learn's Gaussian process on 90 samples of 3 features, of which the third says nothing.
struct Reference {
  Json json = read_json(std::string(TABJOULE_TEST_DATA) + "/gaussian_process_reference.json");
  std::vector<float> features = json.at("features"), target = json.at("target"), weight = json.at("weight");
  std::vector<float> probes = json.at("probes");
  std::vector<double> predictions = json.at("predictions"), scales = json.at("likeliest_scales");
  double noise = json.at("likeliest_noise");

  [[nodiscard]] std::span<const float> probe(std::size_t i) const { return std::span(probes).subspan(3 * i, 3); }
};

TEST(GaussianProcess, PredictsWhatScikitLearnPredicts) {
  const Reference reference;
  const auto process = GaussianProcess::fit(reference.features, reference.target, reference.weight, {{1, 2, 4}, 0.05});
  for (std::size_t i = 0; i < reference.predictions.size(); ++i)
    EXPECT_NEAR(process.predict(reference.probe(i)), reference.predictions[i], 1e-4) << i;
}

TEST(GaussianProcess, FindsTheLikeliestPrior) {
  const Reference reference;
  const std::vector<float> equal(reference.target.size(), 1);
  const GaussianPrior prior = GaussianProcess::choose_prior(reference.features, reference.target, equal);
  EXPECT_NEAR(prior.scales[0], reference.scales[0], 0.1 * reference.scales[0]);
  EXPECT_NEAR(prior.scales[1], reference.scales[1], 0.1 * reference.scales[1]);
  EXPECT_TRUE(prior.scales[2] == 0 || prior.scales[2] > 10 * prior.scales[1]) << prior.scales[2];
  EXPECT_NEAR(prior.noise, reference.noise, 0.2 * reference.noise);
}

TEST(GaussianProcess, LeavesOutAFeatureWithoutAScale) {
  const Reference reference;
  const auto process = GaussianProcess::fit(reference.features, reference.target, reference.weight, {{1, 2, 0}, 0.05});
  EXPECT_EQ(process.predict(std::vector<float>{0.5, 0.5, -2}), process.predict(std::vector<float>{0.5, 0.5, 9}));
}

TEST(GaussianProcess, OfManySamplesStaysSmooth) {
  std::vector<float> x, y;
  for (std::size_t i = 0; i < 2 * GaussianProcess::kMostRows; ++i) {
    x.push_back(static_cast<float>(i) / 100);
    y.push_back(x.back() * x.back());
  }
  const std::vector<float> weight(y.size(), 1);
  const auto process = GaussianProcess::fit(x, y, weight, {{10}, 1e-4});
  EXPECT_NEAR(process.predict(std::vector<float>{12.345F}), 12.345 * 12.345, 0.1);
}

TEST(GaussianProcess, StaysFiniteWhereSamplesAreNearlyOne) {
  std::vector<float> x, y;
  for (int i = 0; i < 600; ++i) {
    x.push_back(1 + 1e-6F * static_cast<float>(i % 7));
    x.push_back(1000 + 1e-4F * static_cast<float>(i % 5));
    y.push_back(static_cast<float>(i % 3));
  }
  const std::vector<float> weight(y.size(), 1);
  const auto process = GaussianProcess::fit(x, y, weight, {{0.1, 0.1}, 0});
  EXPECT_NEAR(process.predict(std::vector<float>{1, 1000}), 1, 2);
}

}  // namespace
}  // namespace tabjoule::gaussian_process_test
