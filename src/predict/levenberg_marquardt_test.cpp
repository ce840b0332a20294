#include "predict/levenberg_marquardt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tabjoule::levenberg_marquardt_test {
namespace {

/// Rosenbrock's valley, whose bottom is at (1, 1).
Eigen::VectorXd valley(const Eigen::VectorXd& x) { return Eigen::Vector2d(10 * (x(1) - x(0) * x(0)), 1 - x(0)); }

TEST(LevenbergMarquardt, FollowsACurvedValleyToItsBottom) {
  Eigen::VectorXd point = Eigen::Vector2d(-1.2, 1);
  const double sum = descend(valley, point, 200);
  EXPECT_NEAR(point(0), 1, 1e-4);
  EXPECT_NEAR(point(1), 1, 2e-4);
  EXPECT_LT(sum, 1e-8);
}

TEST(LevenbergMarquardt, NeverClimbs) {
  Eigen::VectorXd point = Eigen::Vector2d(-1.2, 1);
  double before = valley(point).squaredNorm();
  for (int step = 0; step < 20; ++step) {
    const double after = descend(valley, point, 1);
    EXPECT_LE(after, before);
    EXPECT_DOUBLE_EQ(after, valley(point).squaredNorm());
    before = after;
  }
}

TEST(LevenbergMarquardt, BendsWhatIsFarOff) {
  EXPECT_NEAR(bent_residual(1e-4, 0.05), 1e-4 / 0.05, 1e-8);          // its square is the error's, while that is small
  EXPECT_NEAR(std::pow(bent_residual(-50, 0.05), 2), 2 * 1000, 2.1);  // then twice its size
  EXPECT_LT(bent_residual(-50, 0.05), 0);
  EXPECT_GT(bent_residual(std::numeric_limits<double>::quiet_NaN(), 0.05), 100);
}

TEST(LevenbergMarquardt, PriorGoesThereAndBack) {
  NormalPrior<2> prior;
  prior.set(0, 3, 0.5);
  prior.set(1, -1, 2);
  const std::array<double, 2> there = prior.at(Eigen::Vector2d(2, -1));
  EXPECT_EQ(there, (std::array<double, 2>{4, -3}));
  EXPECT_EQ(prior.distance(there), Eigen::VectorXd(Eigen::Vector2d(2, -1)));
}

}  // namespace
}  // namespace tabjoule::levenberg_marquardt_test
