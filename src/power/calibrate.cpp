#include "power/calibrate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "power/seen_power.h"
#include "power/trace_energy.h"
#include "power/updates.h"

namespace tabjoule {
namespace {

constexpr std::array kKinds{SensorKind::none, SensorKind::lag, SensorKind::boxcar, SensorKind::part_time};

/// readings = slope * seen + level, by Huber's loss.
struct Line {
  double slope = 0;
  double level = 0;
  double cost = INFINITY;  ///< sum of the losses, W^2
  double slope_deviation = 0;
  double level_deviation = 0;
  double residual_w = 0;
};

Line huber_line(const std::vector<double>& seen, const std::vector<double>& readings, double outlier_w) {
  constexpr int kIterations = 12;
  Line line;
  std::vector<double> trust(seen.size(), 1.0);
  std::vector<double> missed(seen.size());
  double w = 0, mean_x = 0, spread = 0;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    w = mean_x = spread = 0;
    double mean_y = 0, joint = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      w += trust[i];
      mean_x += trust[i] * seen[i];
      mean_y += trust[i] * readings[i];
    }
    mean_x /= w;
    mean_y /= w;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      spread += trust[i] * (seen[i] - mean_x) * (seen[i] - mean_x);
      joint += trust[i] * (seen[i] - mean_x) * (readings[i] - mean_y);
    }
    line.slope = spread > 0 ? joint / spread : 0;
    line.level = mean_y - line.slope * mean_x;
    const double last_cost = line.cost;
    line.cost = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      missed[i] = std::abs(readings[i] - line.slope * seen[i] - line.level);
      trust[i] = 1 / std::max(1.0, missed[i] / outlier_w);
      line.cost += missed[i] < outlier_w ? missed[i] * missed[i] : outlier_w * (2 * missed[i] - outlier_w);
    }
    if (line.cost > 0.9999 * last_cost) break;
  }
  std::nth_element(missed.begin(), missed.begin() + static_cast<std::ptrdiff_t>(missed.size() / 2), missed.end());
  line.residual_w = 1.4826 * missed[missed.size() / 2];
  const double variance = line.cost / static_cast<double>(seen.size());
  line.slope_deviation = spread > 0 ? std::sqrt(variance / spread) : 0;
  line.level_deviation = spread > 0 ? std::sqrt(variance * (1 / w + mean_x * mean_x / spread)) : 0;
  return line;
}

struct Fit {
  SensorKind kind = SensorKind::none;
  double constant_s = 0;
  double delay_s = 0;
  Line line;
};

class Fitter {
 public:
  Fitter(const Updates& updates, const KnownPower& known, double resolution_s)
      : updates_(updates), known_(known), resolution_s_(resolution_s) {
    const auto [low, high] = std::minmax_element(updates.reading_w.begin(), updates.reading_w.end());
    constexpr double kOutlier = 3e-3;  // of the readings' range
    outlier_w_ = std::max(kOutlier * (*high - *low), 1e-9);
  }

  [[nodiscard]] Fit at(SensorKind kind, double constant_s, double delay_s) const {
    std::vector<double> times = updates_.time_s;
    for (double& time_s : times) time_s -= delay_s;
    return {kind, constant_s, delay_s,
            huber_line(known_.seen(kind, constant_s, times), updates_.reading_w, outlier_w_)};
  }

  /// What is left when nothing the sensor has seen is used.
  [[nodiscard]] double cost_of_a_constant() const {
    return huber_line(std::vector<double>(updates_.time_s.size()), updates_.reading_w, outlier_w_).cost;
  }

  /// The best delay for this constant: a grid, then halving around its best point.
  [[nodiscard]] Fit best_delay(SensorKind kind, double constant_s) const {
    constexpr int kSteps = 12;
    const double step_s = 1.6 * resolution_s_ / kSteps;
    Fit best = at(kind, constant_s, 0);
    for (int i = -1; i <= kSteps; ++i) keep(best, at(kind, constant_s, i * step_s));
    double width_s = step_s / 2;
    while (width_s > 1e-3 * resolution_s_) {
      const double centre_s = best.delay_s;
      for (const double sign : {-1.0, 1.0}) keep(best, at(kind, constant_s, centre_s + sign * width_s));
      width_s /= 2;
    }
    return best;
  }

  [[nodiscard]] Fit best(SensorKind kind) const {
    if (kind == SensorKind::none) return best_delay(kind, 0);
    const auto [low, high] = bounds(kind);
    if (!(low < high)) return {};
    Fit best;
    double ratio = 1.12;
    double tried_s = low;
    while (tried_s <= high) {
      keep(best, best_delay(kind, tried_s));
      tried_s *= ratio;
    }
    while (ratio > 1.0005) {
      const double centre_s = best.constant_s;
      for (const double constant_s : {centre_s / ratio, centre_s * ratio})
        if (constant_s >= low && constant_s <= high) keep(best, best_delay(kind, constant_s));
      ratio = std::sqrt(ratio);
    }
    return best;
  }

  /// Where the profile over the constant stays near its minimum.
  [[nodiscard]] Interval constant_interval(const Fit& best) const {
    const auto [low, high] = bounds(best.kind);
    return interval(best, best.constant_s, low, high, 0.01 * best.constant_s,
                    [&](double value) { return best_delay(best.kind, value).line.cost; });
  }

  [[nodiscard]] Interval delay_interval(const Fit& best) const {
    return interval(best, best.delay_s, -2 * resolution_s_, 3 * resolution_s_, 0.01 * resolution_s_,
                    [&](double value) { return at(best.kind, best.constant_s, value).line.cost; });
  }

  /// Updates that share nothing: those of overlapping windows repeat each other's errors.
  [[nodiscard]] double independent_updates(const Fit& fit) const {
    const double shared = std::max(1.0, fit.constant_s / resolution_s_);
    return std::max(2.0, static_cast<double>(updates_.time_s.size()) / shared);
  }

 private:
  static void keep(Fit& best, const Fit& candidate) {
    if (candidate.line.slope > 0 && candidate.line.cost < best.line.cost) best = candidate;
  }

  [[nodiscard]] std::pair<double, double> bounds(SensorKind kind) const {
    const double span_s = updates_.time_s.back() - updates_.time_s.front();
    const double longest_s = std::min(30 * resolution_s_, span_s / 3);
    switch (kind) {
      case SensorKind::part_time:
        return {0.05 * updates_.period_s, 0.97 * updates_.period_s};
      case SensorKind::boxcar:
        return {std::max(0.97 * updates_.period_s, 0.05 * resolution_s_), longest_s};
      default:
        return {0.05 * resolution_s_, longest_s};
    }
  }

  template <class Cost>
  Interval interval(const Fit& best, double centre, double low, double high, double first_step, Cost cost) const {
    const double most = best.line.cost * (1 + 3.84 / independent_updates(best));
    Interval result{centre, centre};
    for (const double sign : {-1.0, 1.0}) {
      double& end = sign < 0 ? result.low : result.high;
      for (double step = first_step; end + sign * step >= low && end + sign * step <= high; step *= 1.3) {
        end += sign * step;
        if (cost(end) > most) break;
      }
    }
    return result;
  }

  const Updates& updates_;
  const KnownPower& known_;
  double resolution_s_;
  double outlier_w_;
};

void require_load(const std::vector<LoadMark>& load, const PowerTrace& readings) {
  bool switches = false;
  for (std::size_t i = 0; i < load.size(); ++i) {
    if (i > 0 && !(load[i].time_s > load[i - 1].time_s))
      fail_input("times of load marks must increase: mark {} at {:g} s follows {:g} s", i + 1, load[i].time_s,
                 load[i - 1].time_s);
    switches |= load[i].time_s > readings.time_s.front() && load[i].time_s < readings.time_s.back();
  }
  if (!switches)
    fail_input("no load mark lies inside the trace, which goes from {:g} to {:g} s: are both on the same clock?",
               readings.time_s.front(), readings.time_s.back());
}

Updates updates_inside(const PowerTrace& readings, const PowerTrace* meter) {
  Updates all = find_updates(readings, update_period_of(readings));
  Updates inside{.period_s = all.period_s, .time_s = {}, .reading_w = {}};
  for (std::size_t k = 0; k < all.time_s.size(); ++k) {
    if (meter != nullptr && (all.time_s[k] < meter->time_s.front() || all.time_s[k] > meter->time_s.back())) continue;
    inside.time_s.push_back(all.time_s[k]);
    inside.reading_w.push_back(all.reading_w[k]);
  }
  constexpr std::size_t kLeast = 8;
  if (inside.time_s.size() < kLeast)
    fail_input("only {} updates of the sensor can be compared{}, {} are needed: record for longer",
               inside.time_s.size(), meter != nullptr ? " with the meter" : "", kLeast);
  return inside;
}

/// The simplest kind that explains the readings about as well as any: kKinds is in the order of preference.
const Fit& simplest(const std::array<Fit, kKinds.size()>& fits, double updates) {
  std::array<double, kKinds.size()> criterion{};
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const double parameters = fits[i].kind == SensorKind::none ? 3 : 4;
    criterion[i] = updates * std::log(fits[i].line.cost + 1e-12) + parameters * std::log(updates);
  }
  const double best = *std::min_element(criterion.begin(), criterion.end());
  std::size_t i = 0;
  while (criterion[i] > best + 2) ++i;
  return fits[i];
}

}  // namespace

Calibration calibrate(const PowerTrace& readings, const std::vector<LoadMark>& load, const PowerTrace* meter,
                      const std::optional<GainOffset>& card) {
  validate(readings);
  require_load(load, readings);
  if (meter != nullptr) with_context("the meter's trace", [&] { validate(*meter); });
  const Updates updates = updates_inside(readings, meter);
  const double resolution_s = updates.period_s > 0 ? updates.period_s
                                                   : (updates.time_s.back() - updates.time_s.front()) /
                                                         static_cast<double>(updates.time_s.size() - 1);
  const KnownPower known = meter != nullptr ? KnownPower(*meter, resolution_s / 50) : KnownPower(load);
  const Fitter fitter(updates, known, resolution_s);

  Calibration result;
  std::array<Fit, kKinds.size()> fits;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    fits[i] = fitter.best(kKinds[i]);
    result.residual_by_kind_w[i] = std::isfinite(fits[i].line.cost)
                                       ? std::sqrt(fits[i].line.cost / static_cast<double>(updates.time_s.size()))
                                       : -1;
  }
  const Fit& fit = simplest(fits, static_cast<double>(updates.time_s.size()));
  if (!(fit.line.cost < 0.5 * fitter.cost_of_a_constant()))
    fail_input("the readings do not follow the load: are trace and load marks on the same clock?");
  result.updates = static_cast<std::int64_t>(updates.time_s.size());
  result.residual_w = fit.line.residual_w;
  result.model.kind = fit.kind;
  result.model.update_period_s = updates.period_s;
  result.model.delay_s = fit.delay_s;
  result.delay_95_s = fitter.delay_interval(fit);
  if (fit.kind != SensorKind::none) {
    (fit.kind == SensorKind::lag ? result.model.lag_s : result.model.window_s) = fit.constant_s;
    result.constant_95_s = fitter.constant_interval(fit);
  }
  if (meter != nullptr) {
    const double repeats = std::sqrt(static_cast<double>(updates.time_s.size()) / fitter.independent_updates(fit));
    result.model.gain = fit.line.slope;
    result.model.offset_w = fit.line.level;
    result.model.gain_half_width_95 = 1.96 * fit.line.slope_deviation * repeats;
    result.model.offset_half_width_95_w = 1.96 * fit.line.level_deviation * repeats;
    result.gain_source = "meter";
  } else if (card) {
    result.model.gain = card->gain;
    result.model.offset_w = card->offset_w;
    result.gain_source = card->source;
  } else {
    result.gain_source = "assumed";
  }
  return result;
}

Json to_json(const Calibration& calibration) {
  Json json = to_json(calibration.model);
  Json kinds = Json::object();
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (calibration.residual_by_kind_w[i] >= 0) kinds[to_string(kKinds[i])] = calibration.residual_by_kind_w[i];
  Json notes{{"updates", calibration.updates},
             {"residual_w", calibration.residual_w},
             {"residual_by_kind_w", kinds},
             {"gain_source", calibration.gain_source}};
  const auto pair = [](const Interval& interval) { return Json::array({interval.low, interval.high}); };
  if (calibration.constant_95_s)
    notes[calibration.model.kind == SensorKind::lag ? "lag_95_s" : "window_95_s"] = pair(*calibration.constant_95_s);
  if (calibration.delay_95_s) notes["delay_95_s"] = pair(*calibration.delay_95_s);
  json["calibration"] = notes;
  return json;
}

}  // namespace tabjoule
