#include "pipeline/score_error.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule::score_error_test {
namespace {

struct Coins {
  std::vector<std::int32_t> labels;
  Matrix predictions;
};

/// Right with probability `p`, independently.
Coins coins(int rows, double p, std::uint64_t seed) {
  Rng rng(seed);
  Coins made{{}, Matrix(rows, 2)};
  for (int row = 0; row < rows; ++row) {
    made.labels.push_back(static_cast<std::int32_t>(rng.below(2)));
    const int told = rng.uniform() < p ? made.labels.back() : 1 - made.labels.back();
    made.predictions(row, told) = 1;
    made.predictions(row, 1 - told) = 0;
  }
  return made;
}

TEST(StandardError, IsThatOfABinomialForAccuracy) {
  double sum = 0;
  constexpr int kRepeats = 20;
  for (int i = 0; i < kRepeats; ++i) {
    const Coins made = coins(3200, 0.8, static_cast<std::uint64_t>(i));
    sum += standard_error(left_out_scores(Metric::accuracy, block(made.predictions), {made.labels, {}}));
  }
  EXPECT_NEAR(sum / kRepeats, std::sqrt(0.8 * 0.2 / 3200), 0.0006);
}

TEST(StandardError, OfADifferenceIsSmallWhereTheRowsAreTheSame) {
  const Coins made = coins(3200, 0.8, 1);
  Matrix other = made.predictions;
  other.row(7).reverseInPlace();  // one row decides
  const auto first = left_out_scores(Metric::accuracy, block(made.predictions), {made.labels, {}});
  const auto second = left_out_scores(Metric::accuracy, block(other), {made.labels, {}});
  EXPECT_EQ(standard_error_of_difference(first, first), 0);
  EXPECT_NEAR(standard_error_of_difference(first, second), 1.0 / 3200, 0.1 / 3200);
  EXPECT_GT(standard_error(first), 10.0 / 3200);
  EXPECT_THROW((void)standard_error_of_difference(first, std::span(second).first(3)), Error);
}

TEST(StandardError, TakesNumbersAndFewRows) {
  Matrix predictions(3, 1);
  predictions << 1, 2, 4;
  const std::vector<float> values{1, 2, 3};
  EXPECT_EQ(left_out_scores(Metric::mae, block(predictions), {{}, values}), (std::vector<double>{0.5, 0.5, 0}));
  const Matrix one = predictions.topRows(1);
  EXPECT_EQ(left_out_scores(Metric::mae, block(one), {{}, std::span(values).first(1)}), std::vector<double>{0});
}

}  // namespace
}  // namespace tabjoule::score_error_test
