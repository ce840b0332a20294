#include "predict/model_correction.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tabjoule {
namespace {

constexpr std::size_t kOverheadMinimum = 4;
constexpr double kCoverage = 0.9;
constexpr double kFewModelsFactor = 1.5;
constexpr double kSingleModelError = 0.15;  // one model alone says nothing of the spread

/// `left_out`: the model that does not count; models.size() for none.
ModelCorrection fit_without(std::span<const SummedModel> models, std::size_t left_out, bool overhead) {
  double sums = 0, crossed = 0, kernels = 0, moment = 0, kernels_moment = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (i == left_out) continue;
    const double sum = models[i].sum / models[i].measured;
    const double count = models[i].kernels / models[i].measured;
    sums += sum * sum;
    crossed += sum * count;
    kernels += count * count;
    moment += sum;
    kernels_moment += count;
  }
  ModelCorrection correction;
  correction.fitted = true;
  correction.factor = moment / sums;
  if (!overhead) return correction;
  // The 2 x 2 normal equations; where a solution is negative, the factor alone.
  const double determinant = sums * kernels - crossed * crossed;
  const double factor = (moment * kernels - kernels_moment * crossed) / determinant;
  const double per_kernel = (kernels_moment * sums - moment * crossed) / determinant;
  if (!(determinant > 1e-12 * sums * kernels) || factor < 0 || per_kernel < 0) return correction;
  correction.factor = factor;
  correction.per_kernel = per_kernel;
  return correction;
}

std::vector<double> left_out_errors(std::span<const SummedModel> models, bool overhead) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelCorrection without = fit_without(models, i, overhead);
    const double predicted = without.apply(models[i].sum, models[i].kernels);
    errors.push_back(std::abs(std::log(std::max(predicted, 1e-3 * models[i].measured) / models[i].measured)));
  }
  return errors;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

ModelCorrection fit_model_correction(std::span<const SummedModel> models) {
  if (models.empty()) return {};
  bool overhead = false;
  std::vector<double> errors{kSingleModelError};
  if (models.size() > 1) errors = left_out_errors(models, false);
  if (models.size() >= kOverheadMinimum) {
    std::vector<double> others = left_out_errors(models, true);
    overhead = mean(others) < mean(errors);
    if (overhead) errors = std::move(others);
  }
  ModelCorrection correction = fit_without(models, models.size(), overhead);
  std::sort(errors.begin(), errors.end());
  const auto rank = static_cast<std::size_t>(std::ceil(kCoverage * static_cast<double>(errors.size() + 1)));
  correction.log_error = rank > errors.size() ? kFewModelsFactor * errors.back() : errors[rank - 1];
  return correction;
}

}  // namespace tabjoule
