// NNLS against trying every set of active columns; the roofline fit against outliers.
#include "predict/nnls.h"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "predict/roofline.h"

namespace tabjoule::nnls_test {
namespace {

Eigen::MatrixXd random_matrix(int rows, int cols, Rng& rng) {
  Eigen::MatrixXd matrix(rows, cols);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = rng.normal();
  return matrix;
}

/// The smallest squared error over all subsets of columns whose least-squares solution is non-negative.
double best_error(const Eigen::MatrixXd& a, const Eigen::VectorXd& b) {
  double best = b.squaredNorm();
  for (int subset = 1; subset < 1 << a.cols(); ++subset) {
    std::vector<int> columns;
    for (int i = 0; i < a.cols(); ++i)
      if ((subset >> i & 1) != 0) columns.push_back(i);
    const Eigen::MatrixXd part = a(Eigen::all, columns);
    const Eigen::VectorXd x = part.colPivHouseholderQr().solve(b);
    if (x.minCoeff() >= 0) best = std::min(best, (part * x - b).squaredNorm());
  }
  return best;
}

TEST(Nnls, IsTheBestOfAllActiveSets) {
  Rng rng(1);
  for (int round = 0; round < 200; ++round) {
    const int cols = 1 + round % 6;
    const Eigen::MatrixXd a = random_matrix(12, cols, rng);
    const Eigen::VectorXd b = random_matrix(12, 1, rng);
    const Eigen::VectorXd x = nnls(a.transpose() * a, a.transpose() * b);
    EXPECT_GE(x.minCoeff(), 0);
    EXPECT_NEAR((a * x - b).squaredNorm(), best_error(a, b), 1e-6) << round;
  }
}

TEST(Nnls, TakesColumnsThatSayTheSame) {
  Rng rng(2);
  Eigen::MatrixXd a = random_matrix(10, 4, rng).cwiseAbs();
  a.col(2) = a.col(1);
  a.col(3).setZero();
  const Eigen::VectorXd truth = Eigen::Vector4d(1, 2, 0, 0);
  const Eigen::VectorXd b = a * truth;
  const Eigen::VectorXd x = nnls(a.transpose() * a, a.transpose() * b);
  EXPECT_LT((a * x - b).norm(), 1e-6);
  EXPECT_GE(x.minCoeff(), 0);
}

TEST(Roofline, IsNotMovedByOneDisturbedSampleInTen) {
  Rng rng(3);
  Eigen::MatrixXd terms(60, 3);
  Eigen::VectorXd target(60);
  const Eigen::Vector3d truth(1e-6, 2e-11, 5e-10);
  for (int i = 0; i < 60; ++i) {
    terms.row(i) << 1, std::exp(rng.uniform(5, 18)), std::exp(rng.uniform(4, 12));
    target(i) = terms.row(i).dot(truth) * std::exp(0.01 * rng.normal()) * (i % 10 == 0 ? 5 : 1);
  }
  const Eigen::VectorXd weights = fit_roofline(terms, target, Eigen::VectorXd::Ones(60));
  for (int i = 0; i < 60; ++i) EXPECT_NEAR(std::log(terms.row(i).dot(weights) / terms.row(i).dot(truth)), 0, 0.03);
}

}  // namespace
}  // namespace tabjoule::nnls_test
