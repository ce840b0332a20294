#include "predict/accuracy.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace tabjoule {

double best_factor(std::span<const double> values, std::span<const double> targets) {
  // |c v - y| / y = (v / y) |c - y / v|: the median of y / v under the weights v / y.
  std::vector<std::pair<double, double>> ratios;  // y / v and its weight
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > 0)) continue;
    ratios.emplace_back(targets[i] / values[i], values[i] / targets[i]);
    total += ratios.back().second;
  }
  std::sort(ratios.begin(), ratios.end());
  double below = 0;
  for (const auto& [ratio, weight] : ratios) {
    below += weight;
    if (2 * below >= total) return ratio;
  }
  return 0;
}

PredictorAccuracy accuracy_of(std::span<const HeldOut> held_out) {
  PredictorAccuracy accuracy;
  accuracy.rows = static_cast<int>(held_out.size());
  if (held_out.empty()) return accuracy;
  int folds = 0;
  for (const HeldOut& row : held_out) folds = std::max(folds, row.fold + 1);
  double squares = 0;
  for (int fold = 0; fold < folds; ++fold) {
    std::vector<double> ones, flops, targets;
    for (const HeldOut& row : held_out) {
      if (row.fold == fold && folds > 1) continue;
      ones.push_back(1);
      flops.push_back(row.flops);
      targets.push_back(row.energy_j);
    }
    const double constant_j = best_factor(ones, targets);
    const double j_per_flop = best_factor(flops, targets);
    for (const HeldOut& row : held_out) {
      if (row.fold != fold) continue;
      const double error = std::abs(row.predicted_j / row.energy_j - 1);
      accuracy.mape += error;
      squares += error * error;
      accuracy.within_10 += error <= 0.1 ? 1 : 0;
      accuracy.constant_mape += std::abs(constant_j / row.energy_j - 1);
      accuracy.flops_mape += std::abs(j_per_flop * row.flops / row.energy_j - 1);
    }
  }
  const auto rows = static_cast<double>(held_out.size());
  accuracy.mape /= rows;
  accuracy.rmspe = std::sqrt(squares / rows);
  accuracy.within_10 /= rows;
  accuracy.constant_mape /= rows;
  accuracy.flops_mape /= rows;
  return accuracy;
}

}  // namespace tabjoule
