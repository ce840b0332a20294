#include "nn/metrics.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

struct MetricFacts {
  Metric metric;
  const char* name;
  bool classification;
  bool higher_is_better;
};

constexpr std::array kMetrics{
    MetricFacts{Metric::accuracy, "accuracy", true, true},
    MetricFacts{Metric::balanced_accuracy, "balanced_accuracy", true, true},
    MetricFacts{Metric::auc, "auc", true, true},
    MetricFacts{Metric::log_loss, "log_loss", true, false},
    MetricFacts{Metric::f1, "f1", true, true},
    MetricFacts{Metric::rmse, "rmse", false, false},
    MetricFacts{Metric::mae, "mae", false, false},
    MetricFacts{Metric::r2, "r2", false, true},
};

const MetricFacts& facts(Metric metric) {
  return *std::find_if(kMetrics.begin(), kMetrics.end(), [&](const auto& f) { return f.metric == metric; });
}

std::size_t size_of(ConstBlock predictions) { return static_cast<std::size_t>(predictions.rows); }

int argmax(ConstBlock p, std::size_t row) {
  const float* begin = p.row(static_cast<int>(row));
  return static_cast<int>(std::max_element(begin, begin + p.cols) - begin);
}

/// Per class: true positives, predicted, actual.
struct Counts {
  std::vector<double> hit, predicted, actual;
};

Counts count(ConstBlock p, std::span<const std::int32_t> labels) {
  const auto classes = static_cast<std::size_t>(p.cols);
  Counts counts{std::vector<double>(classes), std::vector<double>(classes), std::vector<double>(classes)};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto guess = static_cast<std::size_t>(argmax(p, i));
    const auto label = static_cast<std::size_t>(labels[i]);
    counts.predicted[guess] += 1;
    counts.actual[label] += 1;
    if (guess == label) counts.hit[label] += 1;
  }
  return counts;
}

double accuracy(ConstBlock p, std::span<const std::int32_t> labels) {
  const Counts counts = count(p, labels);
  return std::accumulate(counts.hit.begin(), counts.hit.end(), 0.0) / static_cast<double>(labels.size());
}

double balanced_accuracy(ConstBlock p, std::span<const std::int32_t> labels) {
  const Counts counts = count(p, labels);
  double sum = 0;
  int present = 0;
  for (std::size_t c = 0; c < counts.hit.size(); ++c) {
    if (counts.actual[c] == 0) continue;
    sum += counts.hit[c] / counts.actual[c];
    ++present;
  }
  return present == 0 ? 0 : sum / present;
}

double f1(ConstBlock p, std::span<const std::int32_t> labels) {
  const Counts counts = count(p, labels);
  const auto one = [&](std::size_t c) {
    const double denominator = counts.predicted[c] + counts.actual[c];
    return denominator == 0 ? 0 : 2 * counts.hit[c] / denominator;
  };
  if (p.cols == 2) return one(1);
  double sum = 0;
  int seen = 0;
  for (std::size_t c = 0; c < counts.hit.size(); ++c) {
    if (counts.predicted[c] + counts.actual[c] == 0) continue;
    sum += one(c);
    ++seen;
  }
  return seen == 0 ? 0 : sum / seen;
}

/// Mann-Whitney: the share of (positive, negative) pairs in the right order, ties half. -1: one side is empty.
double auc_of_class(ConstBlock p, std::span<const std::int32_t> labels, int positive) {
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto score = [&](std::size_t i) { return p.row(static_cast<int>(i))[positive]; };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score(a) < score(b); });
  double rank_sum = 0;
  double positives = 0;
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    double here = 0;
    for (; j < order.size() && score(order[j]) == score(order[i]); ++j) here += labels[order[j]] == positive ? 1 : 0;
    rank_sum += here * (static_cast<double>(i + j + 1) / 2);
    positives += here;
    i = j;
  }
  const double negatives = static_cast<double>(labels.size()) - positives;
  if (positives == 0 || negatives == 0) return -1;
  return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
}

double auc(ConstBlock p, std::span<const std::int32_t> labels) {
  if (p.cols == 2) {
    const double value = auc_of_class(p, labels, 1);
    return value < 0 ? 0.5 : value;
  }
  double sum = 0;
  int present = 0;
  for (int c = 0; c < p.cols; ++c) {
    const double value = auc_of_class(p, labels, c);
    if (value < 0) continue;
    sum += value;
    ++present;
  }
  return present == 0 ? 0.5 : sum / present;
}

double log_loss(ConstBlock p, std::span<const std::int32_t> labels) {
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i)
    sum -= std::log(std::clamp(static_cast<double>(p.row(static_cast<int>(i))[labels[i]]), 1e-7, 1.0));
  return sum / static_cast<double>(labels.size());
}

double mean_error(ConstBlock p, std::span<const float> values, bool squared) {
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double difference = static_cast<double>(p.row(static_cast<int>(i))[0]) - values[i];
    sum += squared ? difference * difference : std::abs(difference);
  }
  return sum / static_cast<double>(values.size());
}

double r2(ConstBlock p, std::span<const float> values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double variance = 0;
  for (const float value : values) variance += (value - mean) * (value - mean);
  variance /= static_cast<double>(values.size());
  return variance == 0 ? 0 : 1 - mean_error(p, values, true) / variance;
}

}  // namespace

const char* to_string(Metric metric) { return facts(metric).name; }

bool higher_is_better(Metric metric) { return facts(metric).higher_is_better; }

Metric default_metric(Task task) { return task == Task::regression ? Metric::rmse : Metric::accuracy; }

std::vector<std::string> metric_names(Task task) {
  std::vector<std::string> names;
  for (const auto& f : kMetrics)
    if (f.classification == (task != Task::regression)) names.emplace_back(f.name);
  return names;
}

Metric metric_from(const std::string& text, Task task) {
  for (const auto& f : kMetrics)
    if (text == f.name && f.classification == (task != Task::regression)) return f.metric;
  fail_usage("\"{}\" is not a metric of a {} task: choose one of {}{}", text, to_string(task),
             fmt::join(metric_names(task), ", "), did_you_mean(text, metric_names(task)));
}

double evaluate(Metric metric, ConstBlock predictions, const Truth& truth) {
  if (size_of(predictions) == 0) fail_internal("no rows to evaluate {} on", to_string(metric));
  switch (metric) {
    case Metric::accuracy:
      return accuracy(predictions, truth.labels);
    case Metric::balanced_accuracy:
      return balanced_accuracy(predictions, truth.labels);
    case Metric::auc:
      return auc(predictions, truth.labels);
    case Metric::log_loss:
      return log_loss(predictions, truth.labels);
    case Metric::f1:
      return f1(predictions, truth.labels);
    case Metric::rmse:
      return std::sqrt(mean_error(predictions, truth.values, true));
    case Metric::mae:
      return mean_error(predictions, truth.values, false);
    case Metric::r2:
      return r2(predictions, truth.values);
  }
  return 0;
}

double utility(Metric metric, double value, double dummy) {
  if (higher_is_better(metric)) return value;
  return dummy == 0 ? -value : 1 - value / dummy;
}

}  // namespace tabjoule
