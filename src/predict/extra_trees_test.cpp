#include "predict/extra_trees.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::extra_trees_test {
namespace {

struct Data {
  std::vector<float> features, target, weight;
};

Data steps(int rows, std::uint64_t seed) {
  Data data;
  Rng rng(seed);
  for (int i = 0; i < rows; ++i) {
    const auto x = static_cast<float>(rng.uniform()), y = static_cast<float>(rng.uniform());
    data.features.insert(data.features.end(), {x, y, 7});
    data.target.push_back((x < 0.5F ? 1.0F : 3.0F) + y);
    data.weight.push_back(1);
  }
  return data;
}

TEST(ExtraTrees, LearnsStepsAndSlopes) {
  const Data data = steps(400, 1), fresh = steps(200, 2);
  const ExtraTrees trees = ExtraTrees::fit(data.features, data.target, data.weight, {});
  double error = 0;
  for (std::size_t i = 0; i < fresh.target.size(); ++i)
    error += std::abs(trees.predict(std::span(fresh.features).subspan(3 * i, 3)).mean -
                      static_cast<double>(fresh.target[i]));
  EXPECT_LT(error / 200, 0.06);
}

TEST(ExtraTrees, GivesBackItsSamplesExactly) {
  const Data data = steps(50, 3);
  const ExtraTrees trees = ExtraTrees::fit(data.features, data.target, data.weight, {});
  for (std::size_t i = 0; i < data.target.size(); ++i)
    EXPECT_NEAR(trees.predict(std::span(data.features).subspan(3 * i, 3)).mean, static_cast<double>(data.target[i]),
                1e-6);
}

TEST(ExtraTrees, AveragesByWeightWhatItCannotTellApart) {
  const std::vector<float> features{1, 1}, target{0, 4}, weight{3, 1};
  const auto estimate = ExtraTrees::fit(features, target, weight, {}).predict(std::span(features).first(1));
  EXPECT_NEAR(estimate.mean, 1, 1e-6);
  EXPECT_EQ(estimate.spread, 0);
}

TEST(ExtraTrees, DisagreeMoreWhereNothingIsKnown) {
  const std::vector<float> features{0, 1, 2, 3, 10}, target{0, 0, 0, 0, 1}, weight(5, 1.0F);
  const ExtraTrees trees = ExtraTrees::fit(features, target, weight, {});
  const std::vector<float> known{1.5F}, between{6.5F};
  EXPECT_EQ(trees.predict(known).spread, 0);
  EXPECT_GT(trees.predict(between).spread, 0.3);
}

TEST(ExtraTrees, IsTheSameForASeedAndEmptyWithoutTrees) {
  const Data data = steps(60, 4);
  const std::vector<float> at{0.3F, 0.4F, 7};
  const auto mean = [&](std::uint64_t seed) {
    return ExtraTrees::fit(data.features, data.target, data.weight, {.seed = seed}).predict(at).mean;
  };
  EXPECT_EQ(mean(1), mean(1));
  EXPECT_NE(mean(1), mean(2));
  EXPECT_EQ(ExtraTrees().predict(at).mean, 0);
  EXPECT_THROW((void)ExtraTrees::fit({}, {}, {}, {}), Error);
}

}  // namespace
}  // namespace tabjoule::extra_trees_test
