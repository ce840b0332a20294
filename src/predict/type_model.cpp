#include "predict/type_model.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"

namespace tabjoule {
namespace {

constexpr int kFolds = 5;
constexpr std::size_t kCorrectionMinimum = 30;
constexpr double kWorthwhile = 0.95;  // the correction must take at least 5 % off the mean error
constexpr double kCoverage = 0.9;
constexpr double kFewSamplesFactor = 1.5;

/// The samples of a type, column by column.
struct Rows {
  std::vector<KernelKey> keys;
  std::vector<double> time_s;
  std::vector<double> energy_j;
  std::vector<double> weight;

  void add(const Rows& other, std::size_t i) {
    keys.push_back(other.keys[i]);
    time_s.push_back(other.time_s[i]);
    energy_j.push_back(other.energy_j[i]);
    weight.push_back(other.weight[i]);
  }
};

/// A fold per sample; equal keys share one. Fewer than 5 folds where there are fewer keys.
std::vector<int> make_folds(const std::vector<KernelKey>& keys) {
  std::map<KernelKey, int> fold_of;
  for (const KernelKey& key : keys) fold_of[key] = 0;
  std::vector<int> order(fold_of.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i) % kFolds;
  Rng(order.size()).shuffle(std::span(order));
  std::size_t next = 0;
  for (auto& [key, fold] : fold_of) fold = order[next++];
  std::vector<int> folds;
  folds.reserve(keys.size());
  for (const KernelKey& key : keys) folds.push_back(fold_of[key]);
  return folds;
}

/// log(predicted / measured) of every sample under a model that has not seen its key.
struct Residuals {
  std::vector<double> time;
  std::vector<double> energy;
};

Residuals held_out_residuals(const Terms& terms, const Rows& rows, const std::vector<int>& folds, bool corrected) {
  Residuals residuals{std::vector<double>(rows.keys.size()), std::vector<double>(rows.keys.size())};
  const int count = *std::max_element(folds.begin(), folds.end()) + 1;
  for (int fold = 0; fold < count; ++fold) {
    Rows training;
    for (std::size_t i = 0; i < folds.size(); ++i)
      if (folds[i] != fold || count == 1) training.add(rows, i);  // a single shape can only be judged on itself
    const CostModel time = CostModel::fit(terms, training.keys, training.time_s, training.weight, corrected);
    const CostModel energy = CostModel::fit(terms, training.keys, training.energy_j, training.weight, corrected);
    for (std::size_t i = 0; i < folds.size(); ++i) {
      if (folds[i] != fold) continue;
      residuals.time[i] = std::log(time.predict(terms, rows.keys[i]) / rows.time_s[i]);
      residuals.energy[i] = std::log(energy.predict(terms, rows.keys[i]) / rows.energy_j[i]);
    }
  }
  return residuals;
}

double mean_magnitude(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum / static_cast<double>(values.size());
}

/// Split-conformal quantile of |residual|: a new sample of the same kind lies within it with probability 0.9.
double conformal_error(std::vector<double> residuals) {
  for (double& residual : residuals) residual = std::abs(residual);
  std::sort(residuals.begin(), residuals.end());
  const double rank = std::ceil(kCoverage * static_cast<double>(residuals.size() + 1));
  // Fewer than 9 samples hold no such quantile: the largest error, and half of it again.
  if (rank > static_cast<double>(residuals.size())) return kFewSamplesFactor * residuals.back();
  return residuals[static_cast<std::size_t>(rank) - 1];
}

double log_size(std::int64_t size) { return std::log2(1 + static_cast<double>(size)); }

}  // namespace

TypeModel TypeModel::fit(std::span<const KernelSample* const> samples) {
  Rows rows;
  for (const KernelSample* sample : samples) {
    rows.keys.push_back(sample->key);
    rows.time_s.push_back(sample->time_s);
    rows.energy_j.push_back(sample->energy_j);
    rows.weight.push_back(sample->weight);
  }
  TypeModel model(Terms(rows.keys.front().type, rows.keys));
  const std::vector<int> folds = make_folds(rows.keys);
  Residuals residuals = held_out_residuals(model.terms_, rows, folds, false);
  bool correct_time = false;
  bool correct_energy = false;
  if (rows.keys.size() >= kCorrectionMinimum) {
    const Residuals corrected = held_out_residuals(model.terms_, rows, folds, true);
    correct_time = mean_magnitude(corrected.time) < kWorthwhile * mean_magnitude(residuals.time);
    correct_energy = mean_magnitude(corrected.energy) < kWorthwhile * mean_magnitude(residuals.energy);
    if (correct_energy) residuals.energy = corrected.energy;
  }
  model.time_ = CostModel::fit(model.terms_, rows.keys, rows.time_s, rows.weight, correct_time);
  model.energy_ = CostModel::fit(model.terms_, rows.keys, rows.energy_j, rows.weight, correct_energy);
  model.energy_error_ = conformal_error(residuals.energy);
  for (std::size_t i = 0; i < rows.keys.size(); ++i)
    model.held_out_.push_back(
        {rows.energy_j[i], rows.energy_j[i] * std::exp(residuals.energy[i]), work_of(rows.keys[i]).flops, folds[i]});
  for (std::size_t d = 0; d < rows.keys.front().shape.size(); ++d) {
    const auto smaller = [d](const KernelKey& a, const KernelKey& b) { return a.shape[d] < b.shape[d]; };
    const auto [low, high] = std::minmax_element(rows.keys.begin(), rows.keys.end(), smaller);
    model.low_.push_back(log_size(low->shape[d]));
    model.high_.push_back(log_size(high->shape[d]));
  }
  return model;
}

double TypeModel::octaves_outside(const KernelKey& key) const {
  double octaves = 0;
  for (std::size_t d = 0; d < low_.size(); ++d) {
    const double size = log_size(key.shape[d]);
    octaves += std::max(0.0, low_[d] - size) + std::max(0.0, size - high_[d]);
  }
  return octaves;
}

Prediction TypeModel::predict(const KernelKey& key) const {
  Prediction prediction;
  prediction.energy_j = energy_.predict(terms_, key);
  prediction.time_s = time_.predict(terms_, key);
  const double octaves = octaves_outside(key);
  const bool new_variant = !terms_.knows_variant(key.variant);
  prediction.extrapolated = octaves > 0 || new_variant;
  // Cross-validation says nothing about shapes outside: a rule of thumb, one more error per octave.
  const double error = energy_error_ * (1 + octaves + (new_variant ? 1 : 0));
  prediction.energy_low_j = prediction.energy_j * std::exp(-error);
  prediction.energy_high_j = prediction.energy_j * std::exp(error);
  return prediction;
}

}  // namespace tabjoule
