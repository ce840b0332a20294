#include "predict/nnls.h"

#include <Eigen/Cholesky>
#include <vector>

namespace tabjoule {
namespace {

/// The unconstrained minimiser over the columns in `active`, 0 elsewhere.
Eigen::VectorXd solve_on(const Eigen::MatrixXd& gram, const Eigen::VectorXd& moment, const std::vector<bool>& active) {
  std::vector<int> columns;
  for (int i = 0; i < gram.rows(); ++i)
    if (active[static_cast<std::size_t>(i)]) columns.push_back(i);
  Eigen::MatrixXd part = gram(columns, columns);
  // A ridge far below the accuracy of any measurement, so that collinear columns have a solution.
  part.diagonal() *= 1 + 1e-10;
  Eigen::VectorXd x = Eigen::VectorXd::Zero(gram.rows());
  const Eigen::VectorXd right = moment(columns);
  const Eigen::VectorXd solved = part.ldlt().solve(right);
  for (std::size_t i = 0; i < columns.size(); ++i) x(columns[i]) = solved(static_cast<Eigen::Index>(i));
  return x;
}

}  // namespace

Eigen::VectorXd nnls(const Eigen::MatrixXd& gram, const Eigen::VectorXd& moment) {
  const auto n = static_cast<int>(gram.rows());
  std::vector<bool> active(static_cast<std::size_t>(n), false);
  Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
  const double tolerance = 1e-9 * moment.cwiseAbs().maxCoeff();
  // Each column enters a few times at most; the bound only guards against rounding that cycles.
  for (int round = 0; round < 10 * n; ++round) {
    const Eigen::VectorXd gradient = moment - gram * x;
    int best = -1;
    for (int i = 0; i < n; ++i)
      if (!active[static_cast<std::size_t>(i)] && gradient(i) > tolerance && gram(i, i) > 0 &&
          (best < 0 || gradient(i) > gradient(best)))
        best = i;
    if (best < 0) break;
    active[static_cast<std::size_t>(best)] = true;
    for (;;) {
      const Eigen::VectorXd target = solve_on(gram, moment, active);
      // Walk from x towards the target until a weight would turn negative, and take that one out.
      double step = 1;
      for (int i = 0; i < n; ++i)
        if (active[static_cast<std::size_t>(i)] && target(i) <= 0) step = std::min(step, x(i) / (x(i) - target(i)));
      if (!(step < 1)) {
        x = target;
        break;
      }
      x += step * (target - x);
      for (int i = 0; i < n; ++i)
        if (active[static_cast<std::size_t>(i)] && (x(i) <= 0 || (target(i) <= 0 && x(i) < 1e-15))) {
          active[static_cast<std::size_t>(i)] = false;
          x(i) = 0;
        }
    }
  }
  return x.cwiseMax(0);
}

}  // namespace tabjoule
