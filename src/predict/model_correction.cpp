#include "predict/model_correction.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "predict/calibrated_cost.h"

namespace tabjoule {
namespace {

constexpr std::size_t kChoiceMinimum = 4;
constexpr double kFewModelsFactor = 1.5;
constexpr double kSingleModelError = 0.15;  // one model alone says nothing of the spread

/// What may be corrected: nothing, a factor, or a factor and the overhead of each kernel.
enum class Kind { nothing, factor, overhead };

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// `left_out`: the model that does not count; models.size() for none. The factor alone is the median of what each model
/// asks for: a few whose kernels are predicted badly do not move it.
ModelCorrection fit_without(std::span<const SummedModel> models, std::size_t left_out, Kind kind) {
  ModelCorrection correction;
  if (kind == Kind::nothing) return correction;
  double sums = 0, crossed = 0, kernels = 0, moment = 0, kernels_moment = 0;
  std::vector<double> factors;
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (i == left_out) continue;
    const double sum = models[i].sum / models[i].measured;
    const double count = models[i].kernels / models[i].measured;
    sums += sum * sum;
    crossed += sum * count;
    kernels += count * count;
    moment += sum;
    kernels_moment += count;
    factors.push_back(1 / sum);
  }
  correction.factor = median(std::move(factors));
  if (kind == Kind::factor) return correction;
  // The 2 x 2 normal equations; where a solution is negative, the factor alone.
  const double determinant = sums * kernels - crossed * crossed;
  const double factor = (moment * kernels - kernels_moment * crossed) / determinant;
  const double per_kernel = (kernels_moment * sums - moment * crossed) / determinant;
  if (!(determinant > 1e-12 * sums * kernels) || factor < 0 || per_kernel < 0) return correction;
  correction.factor = factor;
  correction.per_kernel = per_kernel;
  return correction;
}

std::vector<double> left_out_errors(std::span<const SummedModel> models, Kind kind) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const ModelCorrection without = fit_without(models, i, kind);
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
  Kind best = Kind::factor;
  std::vector<double> errors{kSingleModelError};
  if (models.size() > 1) errors = left_out_errors(models, best);
  if (models.size() >= kChoiceMinimum)
    for (const Kind kind : {Kind::nothing, Kind::overhead}) {
      std::vector<double> others = left_out_errors(models, kind);
      if (mean(others) >= mean(errors)) continue;
      best = kind;
      errors = std::move(others);
    }
  ModelCorrection correction = fit_without(models, models.size(), best);
  correction.fitted = true;
  std::sort(errors.begin(), errors.end());
  const auto rank = static_cast<std::size_t>(std::ceil(kIntervalCoverage * static_cast<double>(errors.size() + 1)));
  correction.log_error = rank > errors.size() ? kFewModelsFactor * errors.back() : errors[rank - 1];
  return correction;
}

}  // namespace tabjoule
