// From the kernels of a model to the model: clocks that follow the load, launches and gaps, caches that other kernels
// have filled make a whole cost more or less than its parts measured alone (arXiv 2607.08307). Fitted on a few measured
// models.
#pragma once

#include <array>
#include <span>

#include "kernel/kernel.h"

namespace tabjoule {

inline constexpr std::size_t kKernelTypes = static_cast<std::size_t>(KernelType::unknown) + 1;

/// A number for each type of kernel.
template <class T>
class PerType {
 public:
  explicit PerType(T value = {}) { values_.fill(value); }
  [[nodiscard]] T& operator[](KernelType type) { return values_[static_cast<std::size_t>(type)]; }
  [[nodiscard]] const T& operator[](KernelType type) const { return values_[static_cast<std::size_t>(type)]; }
  [[nodiscard]] auto begin() const { return values_.begin(); }
  [[nodiscard]] auto end() const { return values_.end(); }

 private:
  std::array<T, kKernelTypes> values_;
};

/// One measured model beside the sums of its kernels' predictions, the session among them; joules or seconds, per
/// batch.
struct SummedModel {
  PerType<double> sums;
  double measured = 0;
  int kernels = 0;
};

/// cost = sum over types of factor x sum + per_kernel x kernels.
struct ModelCorrection {
  PerType<double> factors{1};
  double per_kernel = 0;
  double log_error = 0;  ///< 90 % of |log(cost / measured)| are taken to lie below
  bool fitted = false;

  [[nodiscard]] double apply(const PerType<double>& sums, int kernels) const;
};

/// One factor for all types, the median of what the models ask for; from 4 models on nothing at all, or a factor and
/// the overhead of a launch (non-negative least squares in relative error), or a factor for each type (ridge regression
/// around the common one, with Huber's loss: a few models that are predicted badly do not move it), where leaving each
/// model out in turn says that this is better. The error comes from the same left-out models (their largest, half as
/// much again, below 9). Nothing without models.
[[nodiscard]] ModelCorrection fit_model_correction(std::span<const SummedModel> models);

}  // namespace tabjoule
