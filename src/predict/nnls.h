// Least squares with non-negative weights: a cost cannot fall when there is more work.
#pragma once

#include <Eigen/Core>

namespace tabjoule {

/// The x >= 0 that minimises |A x - b|^2, from gram = A'A (P, P) and moment = A'b (P). Lawson and Hanson (1974),
/// chapter 23. Collinear columns are allowed: some minimiser is returned.
[[nodiscard]] Eigen::VectorXd nnls(const Eigen::MatrixXd& gram, const Eigen::VectorXd& moment);

}  // namespace tabjoule
