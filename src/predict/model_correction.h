// From the sum of a model's kernels to the model: clocks that follow the load, launches and gaps make a whole cost
// more or less than its parts measured alone (arXiv 2607.08307). Fitted on a few measured models.
#pragma once

#include <span>

namespace tabjoule {

/// One measured model beside the sum of its kernels' predictions; joules or seconds, per batch.
struct SummedModel {
  double sum = 0;
  double measured = 0;
  int kernels = 0;
};

/// cost = factor x sum + per_kernel x kernels.
struct ModelCorrection {
  double factor = 1;
  double per_kernel = 0;
  double log_error = 0;  ///< 90 % of |log(cost / measured)| are taken to lie below
  bool fitted = false;

  [[nodiscard]] double apply(double sum, int kernels) const { return factor * sum + per_kernel * kernels; }
};

/// A factor, the median of what the models ask for; from 4 models on nothing at all, or a factor and the overhead of a
/// launch (non-negative least squares in relative error), where leaving each model out in turn says that this is
/// better. The error comes from the same left-out models (their largest, half as much again, below 9). Nothing without
/// models.
[[nodiscard]] ModelCorrection fit_model_correction(std::span<const SummedModel> models);

}  // namespace tabjoule
