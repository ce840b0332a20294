#include "predict/model_correction.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/median.h"
#include "predict/calibrated_cost.h"

namespace tabjoule {
namespace {

constexpr std::size_t kChoiceMinimum = 4;
constexpr double kFewModelsFactor = 1.5;
constexpr double kSingleModelError = 0.15;  // one model alone says nothing of the spread
constexpr double kRidges[] = {0.03, 0.003, 0.0003};
constexpr double kTypesWorthwhile = 0.9;  // factors by type must take a tenth off the error
constexpr double kLeastFactor = 0.2;      // of the common one
constexpr int kReweightings = 10;
constexpr double kHuberWidth = 1.345 * 1.4826;  // median absolute errors: 95 % efficient where they are normal

/// What may be corrected: nothing, a factor, a factor and the overhead of each kernel, or a factor for each type.
struct Kind {
  enum class What { nothing, factor, overhead, types } what = What::factor;
  double ridge = 0;
};

double total(const PerType<double>& sums) { return std::accumulate(sums.begin(), sums.end(), 0.0); }

/// The median of what each model asks for: a few whose kernels are predicted badly do not move it.
double common_factor(std::span<const SummedModel> models) {
  std::vector<double> factors;
  for (const SummedModel& model : models) factors.push_back(model.measured / total(model.sums));
  return median_of(factors);
}

/// The 2 x 2 normal equations; where a solution is negative, the factor alone.
void fit_overhead(std::span<const SummedModel> models, ModelCorrection& correction) {
  double sums = 0, crossed = 0, kernels = 0, moment = 0, kernels_moment = 0;
  for (const SummedModel& model : models) {
    const double sum = total(model.sums) / model.measured;
    const double count = model.kernels / model.measured;
    sums += sum * sum;
    crossed += sum * count;
    kernels += count * count;
    moment += sum;
    kernels_moment += count;
  }
  const double determinant = sums * kernels - crossed * crossed;
  const double factor = (moment * kernels - kernels_moment * crossed) / determinant;
  const double per_kernel = (kernels_moment * sums - moment * crossed) / determinant;
  if (!(determinant > 1e-12 * sums * kernels) || factor < 0 || per_kernel < 0) return;
  correction.factors = PerType<double>(factor);
  correction.per_kernel = per_kernel;
}

/// Around the common factor c: minimises sum of huber(sum of (c + d) share - 1) + ridge |d|^2, the shares those of each
/// type's predictions in what was measured.
void fit_types(std::span<const SummedModel> models, double ridge, ModelCorrection& correction) {
  const double common = common_factor(models);
  const auto count = static_cast<Eigen::Index>(models.size());
  Eigen::MatrixXd shares(count, static_cast<Eigen::Index>(kKernelTypes));
  for (Eigen::Index i = 0; i < count; ++i) {
    const SummedModel& model = models[static_cast<std::size_t>(i)];
    std::transform(model.sums.begin(), model.sums.end(), shares.row(i).begin(),
                   [&](double sum) { return sum / model.measured; });
  }
  const Eigen::VectorXd left = (1 - common * shares.rowwise().sum().array()).matrix();
  Eigen::VectorXd trust = Eigen::VectorXd::Ones(count);
  Eigen::VectorXd offsets;
  for (int i = 0; i < kReweightings; ++i) {
    const Eigen::MatrixXd weighted = trust.asDiagonal() * shares;
    Eigen::MatrixXd normal = shares.transpose() * weighted;
    normal.diagonal().array() += ridge;
    offsets = normal.ldlt().solve(weighted.transpose() * left);
    const Eigen::ArrayXd errors = (shares * offsets - left).array().abs();
    const double width =
        std::max(1e-9, kHuberWidth * median_of({errors.data(), static_cast<std::size_t>(errors.size())}));
    trust = (width / errors.max(width)).matrix();
  }
  for (std::size_t type = 0; type < kKernelTypes; ++type)
    correction.factors[static_cast<KernelType>(type)] =
        std::max(kLeastFactor * common, common + offsets(static_cast<Eigen::Index>(type)));
}

ModelCorrection fit(std::span<const SummedModel> models, const Kind& kind) {
  ModelCorrection correction;
  if (kind.what == Kind::What::nothing) return correction;
  correction.factors = PerType<double>(common_factor(models));
  if (kind.what == Kind::What::overhead) fit_overhead(models, correction);
  if (kind.what == Kind::What::types) fit_types(models, kind.ridge, correction);
  return correction;
}

std::vector<double> left_out_errors(std::span<const SummedModel> models, const Kind& kind) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < models.size(); ++i) {
    std::vector<SummedModel> others(models.begin(), models.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const double predicted = fit(others, kind).apply(models[i].sums, models[i].kernels);
    errors.push_back(std::abs(std::log(std::max(predicted, 1e-3 * models[i].measured) / models[i].measured)));
  }
  return errors;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

double ModelCorrection::apply(const PerType<double>& sums, int kernels) const {
  return std::inner_product(sums.begin(), sums.end(), factors.begin(), per_kernel * kernels);
}

ModelCorrection fit_model_correction(std::span<const SummedModel> models) {
  if (models.empty()) return {};
  Kind best;
  std::vector<double> errors{kSingleModelError};
  if (models.size() > 1) errors = left_out_errors(models, best);
  const auto consider = [&](const Kind& kind, double worthwhile) {
    std::vector<double> others = left_out_errors(models, kind);
    if (mean(others) >= worthwhile * mean(errors)) return;
    best = kind;
    errors = std::move(others);
  };
  if (models.size() >= kChoiceMinimum) {
    consider({Kind::What::nothing}, 1);
    consider({Kind::What::overhead}, 1);
    for (const double ridge : kRidges) consider({Kind::What::types, ridge}, kTypesWorthwhile);
  }
  ModelCorrection correction = fit(models, best);
  correction.fitted = true;
  std::sort(errors.begin(), errors.end());
  const auto rank = static_cast<std::size_t>(std::ceil(kIntervalCoverage * static_cast<double>(errors.size() + 1)));
  correction.log_error = rank > errors.size() ? kFewModelsFactor * errors.back() : errors[rank - 1];
  return correction;
}

}  // namespace tabjoule
