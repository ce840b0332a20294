#include "power/updates.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace tabjoule {
namespace {

/// Halfway between the last sample of the old and the first of the new reading.
std::vector<double> change_times(const PowerTrace& trace) {
  std::vector<double> times;
  for (std::size_t i = 1; i < trace.size(); ++i)
    if (trace.power_w[i] != trace.power_w[i - 1]) times.push_back(0.5 * (trace.time_s[i] + trace.time_s[i - 1]));
  return times;
}

struct Grid {
  double period_s;
  double phase_s;
};

Grid best_grid(const std::vector<double>& changes, double expected_s) {
  if (changes.size() < 3) return {expected_s, changes.empty() ? 0 : changes.front()};
  constexpr double kTolerance = 0.02;
  constexpr double kStepsPerTurn = 8;  // between neighbouring periods the last change moves by 1/8 of a period
  constexpr double kMostSteps = 4000;
  const double span_s = changes.back() - changes.front();
  const auto steps =
      static_cast<int>(std::clamp(std::ceil(kStepsPerTurn * kTolerance * span_s / expected_s), 1.0, kMostSteps));
  Grid best{expected_s, 0};
  double best_length = -1;
  for (int step = -steps; step <= steps; ++step) {
    const double period_s = expected_s * (1 + kTolerance * step / steps);
    std::complex<double> sum = 0;
    for (const double t : changes)
      sum += std::polar(1.0, 2 * std::numbers::pi * std::fmod(t - changes.front(), period_s) / period_s);
    if (std::abs(sum) <= best_length) continue;
    best_length = std::abs(sum);
    best = {period_s, changes.front() + std::arg(sum) / (2 * std::numbers::pi) * period_s};
  }
  return best;
}

}  // namespace

double update_period_of(const PowerTrace& trace) {
  const std::vector<double> changes = change_times(trace);
  if (changes.size() < 4) return 0;
  std::vector<double> gaps, samples;
  for (std::size_t i = 1; i < changes.size(); ++i) gaps.push_back(changes[i] - changes[i - 1]);
  for (std::size_t i = 1; i < trace.size(); ++i) samples.push_back(trace.time_s[i] - trace.time_s[i - 1]);
  const auto median = [](std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  const double middle_s = median(gaps);
  if (middle_s < 1.5 * median(samples)) return 0;
  // Gaps are whole numbers of polls, and so is their median: only their mean can lie between.
  double sum_s = 0;
  int alike = 0;
  for (const double gap_s : gaps) {
    if (gap_s < 0.5 * middle_s || gap_s > 1.5 * middle_s) continue;  // a reading that came twice, or was missed
    sum_s += gap_s;
    ++alike;
  }
  return sum_s / alike;
}

Updates find_updates(const PowerTrace& trace, double expected_period_s) {
  if (!(expected_period_s > 0)) return {0, trace.time_s, trace.power_w};
  const Grid grid = best_grid(change_times(trace), expected_period_s);
  Updates updates{.period_s = grid.period_s, .time_s = {}, .reading_w = {}};
  // A sample in the first tenth after an update may still see the old reading: updates jitter.
  constexpr double kJitter = 0.1;
  std::size_t next = 0;
  const auto first = static_cast<std::int64_t>(std::floor((trace.time_s.front() - grid.phase_s) / grid.period_s));
  const auto last = static_cast<std::int64_t>(std::floor((trace.time_s.back() - grid.phase_s) / grid.period_s));
  for (std::int64_t k = first; k <= last; ++k) {
    const double update_s = grid.phase_s + static_cast<double>(k) * grid.period_s;
    const double end_s = update_s + (1 - kJitter) * grid.period_s;
    const std::size_t begin = next;
    while (next < trace.size() && trace.time_s[next] < end_s) ++next;
    if (next > begin && trace.time_s[next - 1] >= update_s + kJitter * grid.period_s) {
      updates.time_s.push_back(update_s);
      updates.reading_w.push_back(trace.power_w[next - 1]);
    }
  }
  return updates;
}

}  // namespace tabjoule
