#include "pipeline/score_error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr int kGroups = 32;

}  // namespace

std::vector<double> left_out_scores(Metric metric, ConstBlock predictions, const Truth& truth) {
  const int groups = std::min(kGroups, predictions.rows);
  std::vector<double> scores;
  Matrix kept(predictions.rows, predictions.cols);
  std::vector<std::int32_t> labels;
  std::vector<float> values;
  for (int group = 0; group < groups; ++group) {
    labels.clear();
    values.clear();
    int rows = 0;
    for (int row = 0; row < predictions.rows; ++row) {
      if (row % groups == group && groups > 1) continue;
      std::copy_n(predictions.row(row), predictions.cols, kept.row(rows++).data());
      const auto at = static_cast<std::size_t>(row);
      if (!truth.labels.empty()) labels.push_back(truth.labels[at]);
      if (!truth.values.empty()) values.push_back(truth.values[at]);
    }
    const ConstBlock block_of_kept{kept.data(), rows, predictions.cols, predictions.cols};
    scores.push_back(evaluate(metric, block_of_kept, {labels, values}));
  }
  return scores;
}

double standard_error(std::span<const double> left_out) {
  if (left_out.empty()) return 0;
  const auto count = static_cast<double>(left_out.size());
  const double mean = std::accumulate(left_out.begin(), left_out.end(), 0.0) / count;
  double sum = 0;
  for (const double score : left_out) sum += (score - mean) * (score - mean);
  return std::sqrt(sum * (count - 1) / count);
}

double standard_error_of_difference(std::span<const double> left_out, std::span<const double> other) {
  if (left_out.size() != other.size())
    fail_internal("scores of {} and of {} groups are not of the same rows", left_out.size(), other.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < left_out.size(); ++i) differences.push_back(left_out[i] - other[i]);
  return standard_error(differences);
}

}  // namespace tabjoule
