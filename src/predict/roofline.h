// The physical part of a kernel's cost: terms times non-negative weights, fitted in relative error.
#pragma once

#include <Eigen/Core>

namespace tabjoule {

/// Minimises sum_i weight_i huber(log(terms_i w) - log(target_i)) over w >= 0. terms: (N, P), target: (N) positive,
/// weight: (N). Gauss-Newton in the logarithm; each step is an NNLS problem whose rows are weighted down where the
/// residual is large against their median (a disturbed sample moves the fit little).
[[nodiscard]] Eigen::VectorXd fit_roofline(const Eigen::MatrixXd& terms, const Eigen::VectorXd& target,
                                           const Eigen::VectorXd& weight);

}  // namespace tabjoule
