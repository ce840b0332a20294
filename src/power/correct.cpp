#include "power/correct.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "power/deconvolution.h"
#include "power/updates.h"

namespace tabjoule {
namespace {

constexpr double kStep_s = 1e-9;
/// More cells than this a window cost time and find nothing: the readings' scatter hides them.
constexpr double kMostCells = 32;

/// A corrected trace and what correcting knows about its own error.
struct Corrected {
  PowerTrace power;
  bool by_pieces = false;  ///< steps; else straight lines between samples
  double cell_s = 0;       ///< how finely a jump is placed at worst
  double scatter_w = 0;    ///< standard deviation of a reading around the solution, outliers left out
};

void add_piece(PowerTrace& trace, double from_s, double to_s, double power_w) {
  if (to_s - from_s < 2 * kStep_s) return;
  trace.time_s.insert(trace.time_s.end(), {from_s, to_s - kStep_s});
  trace.power_w.insert(trace.power_w.end(), {power_w, power_w});
}

double true_w(const SensorModel& model, double reading_w) { return (reading_w - model.offset_w) / model.gain; }

Corrected shifted(const Updates& updates, const SensorModel& model, double age_s) {
  Corrected result;
  for (std::size_t k = 0; k < updates.time_s.size(); ++k) {
    result.power.time_s.push_back(updates.time_s[k] - age_s);
    result.power.power_w.push_back(true_w(model, updates.reading_w[k]));
  }
  return result;
}

Corrected without_lag(const Updates& updates, const SensorModel& model) {
  Corrected result{.power = {}, .by_pieces = true, .cell_s = 0, .scatter_w = 0};
  for (std::size_t k = 1; k < updates.time_s.size(); ++k) {
    const double dt_s = updates.time_s[k] - updates.time_s[k - 1];
    const double kept = std::exp(-dt_s / model.lag_s);
    const double power_w =
        (true_w(model, updates.reading_w[k]) - kept * true_w(model, updates.reading_w[k - 1])) / (1 - kept);
    add_piece(result.power, updates.time_s[k - 1] - model.delay_s, updates.time_s[k] - model.delay_s, power_w);
    result.cell_s = std::max(result.cell_s, dt_s);
  }
  return result;
}

/// The last reading of each cell; NaN for a cell without one. Cells of one update period, or of a part of the window
/// where the sensor is read faster than that is worth.
struct Cells {
  double cell_s;
  double first_end_s;
  std::vector<double> power_w;
};

Cells make_cells(const Updates& updates, const SensorModel& model) {
  double cell_s = std::max(updates.period_s, model.window_s / kMostCells);
  const double begin_s = updates.time_s.front();
  // As many whole periods a cell as it takes, so that every cell ends with an update.
  if (updates.period_s > 0) cell_s = updates.period_s * std::ceil(cell_s / updates.period_s - 1e-9);
  const auto count = static_cast<std::size_t>(std::lround((updates.time_s.back() - begin_s) / cell_s)) + 1;
  constexpr std::size_t kMost = 1'000'000;
  if (count > kMost)
    fail_input("the trace is {:.0f} s long, too much for windows of {:g} s in one piece: cut it",
               cell_s * static_cast<double>(count), model.window_s);
  Cells cells{cell_s, begin_s - model.delay_s, std::vector<double>(count, NAN)};
  for (std::size_t k = 0; k < updates.time_s.size(); ++k) {
    const double place = (updates.time_s[k] - begin_s) / cell_s;
    const auto cell = static_cast<std::size_t>(std::ceil(place - 0.25));
    if (cell < count) cells.power_w[cell] = true_w(model, updates.reading_w[k]);
  }
  return cells;
}

double robust_deviation(const std::vector<double>& residuals) {
  std::vector<double> sizes;
  for (const double residual : residuals)
    if (!std::isnan(residual)) sizes.push_back(std::abs(residual));
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return 1.4826 * *middle;
}

Corrected without_boxcar(const Updates& updates, const SensorModel& model) {
  const Cells cells = make_cells(updates, model);
  const double window_cells = std::max(1.0, model.window_s / cells.cell_s);
  const Deconvolution solved = deconvolve(cells.power_w, window_cells);
  const std::vector<double>& p = solved.power_w;
  const auto [low, high] = std::minmax_element(p.begin(), p.end());
  const double least_jump_w = 0.02 * (*high - *low);
  Corrected result{
      .power = {}, .by_pieces = true, .cell_s = cells.cell_s, .scatter_w = robust_deviation(solved.residual_w)};
  const std::size_t reach = p.size() - cells.power_w.size() + 1;
  const double begin_s = cells.first_end_s - static_cast<double>(reach) * cells.cell_s;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double from_s = begin_s + static_cast<double>(i) * cells.cell_s;
    const double to_s = from_s + cells.cell_s;
    const double before = p[i == 0 ? 0 : i - 1];
    const double after = p[std::min(i + 1, p.size() - 1)];
    if ((p[i] - before) * (after - p[i]) > 0 && std::abs(after - before) > least_jump_w) {
      const double jump_s = from_s + cells.cell_s * (after - p[i]) / (after - before);
      add_piece(result.power, from_s, jump_s, before);
      add_piece(result.power, jump_s, to_s, after);
    } else {
      add_piece(result.power, from_s, to_s, p[i]);
    }
  }
  return result;
}

Corrected corrected(const PowerTrace& readings, const SensorModel& model) {
  validate(readings);
  validate(model);
  const Updates updates = find_updates(readings, model.update_period_s);
  if (updates.time_s.size() < 2)
    fail_input("the trace covers fewer than 2 updates of {:g} s of its sensor: record for longer",
               model.update_period_s);
  if (model.kind == SensorKind::boxcar && readings.time_s.back() - readings.time_s.front() < model.window_s)
    fail_input("the trace is {:g} s long, shorter than the sensor's window of {:g} s: record for longer",
               readings.time_s.back() - readings.time_s.front(), model.window_s);
  switch (model.kind) {
    case SensorKind::none:
      return shifted(updates, model, model.delay_s);
    case SensorKind::lag:
      return without_lag(updates, model);
    case SensorKind::boxcar:
      return without_boxcar(updates, model);
    case SensorKind::part_time:
      return shifted(updates, model, model.delay_s + 0.5 * model.window_s);
  }
  fail_internal("a sensor model of no known kind");
}

/// Largest less smallest power within `around_s` of `time_s`.
double swing_w(const PowerTrace& power, double time_s, double around_s) {
  double low = INFINITY, high = -INFINITY;
  const auto& t = power.time_s;
  const auto begin = std::lower_bound(t.begin(), t.end(), time_s - around_s) - t.begin();
  for (auto i = static_cast<std::size_t>(begin); i < t.size() && t[i] <= time_s + around_s; ++i) {
    low = std::min(low, power.power_w[i]);
    high = std::max(high, power.power_w[i]);
  }
  return high > low ? high - low : 0;
}

}  // namespace

PowerTrace correct(const PowerTrace& readings, const SensorModel& model) {
  PowerTrace power = corrected(readings, model).power;
  power.late = readings.late;
  return power;
}

TraceEnergy energy_of(const PowerTrace& readings, const SensorModel& model, double from_s, double to_s) {
  const Corrected known = corrected(readings, model);
  TraceEnergy result = integrate(known.power, from_s, to_s);
  result.model = to_string(model.kind);
  result.samples =
      std::count_if(readings.time_s.begin(), readings.time_s.end(), [&](double t) { return t >= from_s && t <= to_s; });
  double variance = 0;
  if (known.by_pieces) {
    for (const double end_s : {from_s, to_s})
      variance += std::pow(swing_w(known.power, end_s, known.cell_s) * known.cell_s, 2) / 12;
    // A window's energy is a sum of readings, each times the sensor's window, of which all but those at its ends
    // cancel.
    const double memory_s = model.kind == SensorKind::boxcar ? model.window_s : model.lag_s;
    variance += 2 * std::pow(known.scatter_w * memory_s, 2);
  } else {
    variance = std::pow(result.half_width_95_j / 1.96, 2);
  }
  const double gain_j = model.gain_half_width_95 / model.gain * result.energy_j;
  const double offset_j = model.offset_half_width_95_w / model.gain * (to_s - from_s);
  result.half_width_95_j = std::sqrt(1.96 * 1.96 * variance + gain_j * gain_j + offset_j * offset_j);
  return result;
}

}  // namespace tabjoule
