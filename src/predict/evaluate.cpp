#include "predict/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "base/median.h"
#include "predict/accuracy.h"

namespace tabjoule {
namespace {

/// One sample's cost (seconds or joules) beside what is said of it.
struct Judged {
  double measured = 0, predicted = 0, low = 0, high = 0, flops = 0;
};

struct Baselines {
  double constant = 0;
  double per_flop = 0;
};

Baselines fit_baselines(std::span<const KernelSample> training, double KernelSample::*cost,
                        std::optional<TypeKey> type) {
  std::vector<double> ones, flops, targets;
  for (const KernelSample& sample : training) {
    if (!(sample.*cost > 0) || (type && type_key(sample.key) != *type)) continue;
    if (sample.key.type == KernelType::session && !type) continue;  // the fixed cost of a run is no kernel
    ones.push_back(1);
    flops.push_back(work_of(sample.key).flops);
    targets.push_back(sample.*cost);
  }
  return {best_factor(ones, targets), best_factor(flops, targets)};
}

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (std::size_t i = first; i < last; ++i) rank[order[i]] = 0.5 * static_cast<double>(first + last - 1);
    first = last;
  }
  return rank;
}

Errors errors_of(std::span<const Judged> rows, const Baselines& baselines) {
  Errors errors;
  errors.rows = static_cast<int>(rows.size());
  if (rows.empty()) return errors;
  std::vector<double> measured, predicted, flops, each;
  for (const Judged& row : rows) {
    const double error = std::abs(row.predicted / row.measured - 1);
    each.push_back(error);
    errors.mape += error;
    errors.rmspe += error * error;
    errors.within_5 += error <= 0.05 ? 1 : 0;
    errors.within_10 += error <= 0.1 ? 1 : 0;
    errors.within_20 += error <= 0.2 ? 1 : 0;
    errors.coverage_90 += row.low <= row.measured && row.measured <= row.high ? 1 : 0;
    errors.constant_mape += std::abs(baselines.constant / row.measured - 1);
    errors.flops_mape += std::abs(baselines.per_flop * row.flops / row.measured - 1);
    measured.push_back(row.measured);
    predicted.push_back(row.predicted);
    flops.push_back(row.flops);
  }
  const auto count = static_cast<double>(rows.size());
  for (double* sum : {&errors.mape, &errors.rmspe, &errors.within_5, &errors.within_10, &errors.within_20,
                      &errors.coverage_90, &errors.constant_mape, &errors.flops_mape})
    *sum /= count;
  errors.rmspe = std::sqrt(errors.rmspe);
  errors.median = median_of(each);
  errors.spearman = spearman(measured, predicted);
  errors.flops_spearman = spearman(measured, flops);
  return errors;
}

using ByType = std::map<TypeKey, std::vector<Judged>>;

Evaluation evaluation_of(const ByType& by_type, std::span<const KernelSample> training, double KernelSample::*cost) {
  Evaluation evaluation;
  std::vector<Judged> all;
  for (const auto& [type, rows] : by_type) {
    all.insert(all.end(), rows.begin(), rows.end());
    evaluation.types[type] = errors_of(rows, fit_baselines(training, cost, type));
  }
  evaluation.all = errors_of(all, fit_baselines(training, cost, {}));
  return evaluation;
}

Json json_of(const Errors& e) {
  return {{"rows", e.rows},
          {"mape", e.mape},
          {"median", e.median},
          {"rmspe", e.rmspe},
          {"within_5", e.within_5},
          {"within_10", e.within_10},
          {"within_20", e.within_20},
          {"spearman", e.spearman},
          {"coverage_90", e.coverage_90},
          {"constant", {{"mape", e.constant_mape}}},
          {"flops", {{"mape", e.flops_mape}, {"spearman", e.flops_spearman}}}};
}

Json json_of(const Evaluation& evaluation) {
  Json json = json_of(evaluation.all);
  Json types = Json::object();
  for (const auto& [type, errors] : evaluation.types) types[text_of(type)] = json_of(errors);
  json["types"] = std::move(types);
  return json;
}

}  // namespace

double spearman(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> ranks_a = ranks(a), ranks_b = ranks(b);
  const double middle = 0.5 * (static_cast<double>(a.size()) - 1);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (ranks_a[i] - middle) * (ranks_b[i] - middle);
    aa += (ranks_a[i] - middle) * (ranks_a[i] - middle);
    bb += (ranks_b[i] - middle) * (ranks_b[i] - middle);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

Evaluations evaluate(const Predictor& predictor, std::span<const KernelSample> training,
                     std::span<const KernelSample> samples) {
  Evaluations result;
  ByType energy, time;
  for (const KernelSample& sample : samples) {
    const Prediction p = predictor.predict(sample.key);
    const double flops = work_of(sample.key).flops;
    const bool judged_energy = p.known && sample.energy_j > 0;
    const bool judged_time = p.time_known && sample.time_s > 0;
    if (judged_energy)
      energy[type_key(sample.key)].push_back({sample.energy_j, p.energy_j, p.energy_low_j, p.energy_high_j, flops});
    if (judged_time)
      time[type_key(sample.key)].push_back({sample.time_s, p.time_s, p.time_low_s, p.time_high_s, flops});
    if (!judged_energy && !judged_time) ++result.unknown;
    if (p.extrapolated) ++result.extrapolated;
  }
  result.energy = evaluation_of(energy, training, &KernelSample::energy_j);
  result.time = evaluation_of(time, training, &KernelSample::time_s);
  return result;
}

Json to_json(const Evaluations& evaluations) {
  Json json = json_of(evaluations.energy);
  json["time"] = json_of(evaluations.time);
  json["unknown"] = evaluations.unknown;
  json["extrapolated"] = evaluations.extrapolated;
  return json;
}

}  // namespace tabjoule
