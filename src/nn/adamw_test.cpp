#include "nn/adamw.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/testing.h"

namespace tabjoule::adamw_test {
namespace {

using testing_nn::random_matrix;

Parameter parameter(int rows, int cols, bool decay = true) {
  Parameter p;
  p.value = random_matrix(rows, cols, 1);
  p.decay = decay;
  return p;
}

void update(Parameter& p, const Matrix& gradient, const AdamWOptions& options) {
  adamw_update(p, 0, 0, block(gradient), adamw_begin(p, options));
}

TEST(AdamW, FollowsTheAlgorithmInDoubleForManySteps) {
  const AdamWOptions options{0.01, 0.9, 0.999, 1e-8, 0.05};
  Parameter p = parameter(3, 5);
  Eigen::ArrayXXd value = p.value.cast<double>().array();
  Eigen::ArrayXXd m = Eigen::ArrayXXd::Zero(3, 5);
  Eigen::ArrayXXd v = m;
  for (int t = 1; t <= 50; ++t) {
    const Matrix gradient = random_matrix(3, 5, static_cast<std::uint64_t>(100 + t));
    const Eigen::ArrayXXd g = gradient.cast<double>().array();
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    value -= 0.01 * 0.05 * value;
    value -= 0.01 * (m / (1 - std::pow(0.9, t))) / ((v / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
    update(p, gradient, options);
  }
  EXPECT_LT((p.value.cast<double>().array() - value).abs().maxCoeff(), 3e-6);
}

TEST(AdamW, FirstStepIsTheLearningRateAgainstTheSignOfTheGradient) {
  Parameter p = parameter(1, 4);
  const Matrix before = p.value;
  Matrix gradient(1, 4);
  gradient << 1e-3F, -5, 0, 100;
  update(p, gradient, {0.01, 0.9, 0.999, 1e-8, 0});
  Matrix moved(1, 4);
  moved << -0.01F, 0.01F, 0, -0.01F;
  EXPECT_TRUE((p.value - before).isApprox(moved, 1e-4F)) << p.value - before;
}

TEST(AdamW, DecaysOnlyParametersThatDecay) {
  const AdamWOptions options{0.1, 0.9, 0.999, 1e-8, 0.5};
  Parameter decays = parameter(2, 2, true);
  Parameter stays = parameter(2, 2, false);
  const Matrix before = decays.value;
  update(decays, Matrix::Zero(2, 2), options);
  update(stays, Matrix::Zero(2, 2), options);
  EXPECT_TRUE(decays.value.isApprox(before * 0.95F));
  EXPECT_EQ(stays.value, before);
}

TEST(AdamW, TouchesOnlyTheBlockOfTheGradientAndItsMoments) {
  Parameter p = parameter(6, 7);
  update(p, random_matrix(6, 7, 2), {});
  const Parameter before = p;
  const Matrix gradient = random_matrix(2, 3, 3);
  adamw_update(p, 1, 2, block(gradient), adamw_begin(p, {}));
  for (Eigen::Index r = 0; r < 6; ++r) {
    for (Eigen::Index c = 0; c < 7; ++c) {
      const bool inside = r >= 1 && r < 3 && c >= 2 && c < 5;
      EXPECT_EQ(p.value(r, c) != before.value(r, c), inside) << r << ", " << c;
      EXPECT_EQ(p.first_moment(r, c) != before.first_moment(r, c), inside);
      EXPECT_EQ(p.second_moment(r, c) != before.second_moment(r, c), inside);
    }
  }
}

TEST(AdamW, GivesTheSameForAnyCutIntoBlocks) {
  const Matrix gradient = random_matrix(7, 5, 2);
  Parameter whole = parameter(7, 5);
  Parameter cut = whole;
  update(whole, gradient, {});
  const AdamWStep step = adamw_begin(cut, {});
  const ConstBlock all = block(gradient);
  adamw_update(cut, 3, 0, all.middle_rows(3, 4), step);
  adamw_update(cut, 0, 0, all.top_left(3, 2), step);
  adamw_update(cut, 0, 2, {all.data + 2, 3, 3, all.stride}, step);
  EXPECT_EQ(whole.value, cut.value);
  EXPECT_EQ(whole.second_moment, cut.second_moment);
}

}  // namespace
}  // namespace tabjoule::adamw_test
