#include "profile/measure.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "profile/conditions.h"
#include "profile/measure_in_windows.h"
#include "profile/median.h"

namespace tabjoule {
namespace {

// A trial is lengthened until it spans this many steps of the sensor's counter: 2 % rounding at each trial's worst.
constexpr double kStepsPerTrial = 50;
// Halves of the trials that differ by more than this many half-widths are a drift: for independent trials the
// difference of the halves' medians is within one half-width in 2 of 3 cases and within 3 practically always.
constexpr double kDriftHalfWidths = 3;
// Between two looks: trials are far shorter than asking a device about its state may take.
constexpr double kLookS = 0.1;
constexpr double kPaceS = 0.02;     // the same of a device with a pace, whose quiet moments may be as short
constexpr double kFewestWaitS = 2;  // for a quiet moment; else as long as the budget

struct Trial {
  double energy_j = 0;  ///< of the whole trial
  double time_s = 0;
};

void check(const Device& device, std::int64_t batch, const MeasureOptions& options) {
  if (!device.runner || (!device.sensor && !device.recorder) || !device.clock)
    fail_usage("the device has no runner, sensor or clock");
  if (batch < 1) fail_usage("the batch must be at least 1, got {}", batch);
  for (const double value : {options.target_relative_half_width, options.trial_s, options.budget_s,
                             options.give_up_relative_half_width, options.window_trial_s, options.lead_s})
    if (!(value > 0) || !std::isfinite(value))
      fail_usage("a measurement's target, trial length, budget, limit and lead must be positive, got {}", value);
  if (!(options.rest_share >= 0 && options.rest_share <= 1))
    fail_usage("the share of the budget to rest in must lie in 0 .. 1, got {}", options.rest_share);
  if (options.min_trials < 1) fail_usage("a measurement needs at least one trial, got {}", options.min_trials);
}

Trial run_trial(LoadedModel& model, int runs, Device& device) {
  const double begin_j = device.sensor->read_energy_j();
  const double begin_s = device.clock->now_s();
  model.run_bound(runs);
  const double end_s = device.clock->now_s();
  const Trial trial{device.sensor->read_energy_j() - begin_j, end_s - begin_s};
  if (!std::isfinite(trial.energy_j) || trial.energy_j < 0)
    fail_device("the sensor \"{}\" went backwards or gave no number ({} J in a trial); use another sensor",
                device.sensor->info().name, trial.energy_j);
  return trial;
}

/// How often to run the model in one trial. Doubling first warms caches, clocks and the runtime's allocators.
int runs_per_trial(LoadedModel& model, Device& device, const MeasureOptions& options, double end_s) {
  const double energy_needed_j = kStepsPerTrial * device.sensor->info().resolution_j;
  int runs = 1;
  for (;;) {
    const Trial trial = run_trial(model, runs, device);
    const bool long_enough = trial.time_s >= options.trial_s && trial.energy_j >= energy_needed_j;
    if (long_enough || runs >= kMostRuns || device.clock->now_s() > end_s) return runs;
    // The last step aims at the length itself, so that a trial is not up to twice as long as asked.
    const bool near = trial.time_s > 0.1 * options.trial_s && trial.energy_j >= energy_needed_j;
    const double factor = near ? std::clamp(1.05 * options.trial_s / trial.time_s, 1.0, 2.0) : 2.0;
    runs = std::max(runs + 1, static_cast<int>(factor * runs));
  }
}

double relative(const MedianEstimate& estimate) {
  if (!(estimate.median > 0)) return std::numeric_limits<double>::infinity();
  return estimate.half_width_95 / estimate.median;
}

double relative_drift(const MedianEstimate& estimate) {
  if (!(estimate.median > 0)) return std::numeric_limits<double>::infinity();
  return std::abs(estimate.drift) / estimate.median;
}

/// Trials so far, per run of the model.
struct Series {
  std::vector<double> energies_j;
  std::vector<double> times_s;
  MedianEstimate energy;
  MedianEstimate time;

  void add(const Trial& trial, int runs) {
    energies_j.push_back(trial.energy_j / runs);
    times_s.push_back(trial.time_s / runs);
    estimate();
  }
  void keep(std::size_t trials) {
    energies_j.resize(trials);
    times_s.resize(trials);
    energy = time = {};
    if (trials > 0) estimate();
  }
  void estimate() {
    energy = estimate_median(energies_j);
    time = estimate_median(times_s);
  }
  [[nodiscard]] double width() const { return std::max(relative(energy), relative(time)); }
  [[nodiscard]] double drift() const { return std::max(relative_drift(energy), relative_drift(time)); }
};

double rest_s(const MeasureOptions& options) { return std::max(1.0, options.rest_share * options.budget_s); }

/// Whether trials are sound: neither heat nor other programs slowed the device down.
class Watch {
 public:
  Watch(Device& device, const MeasureOptions& options)
      : device_(device),
        conditions_(device, rest_s(options)),
        wait_left_s_(std::max(kFewestWaitS, options.budget_s)),
        accepts_disturbed_(options.accept_disturbed) {
    static_cast<void>(conditions_.held());  // what happened before does not count
    if (device.pace) wait();
  }

  /// Since the last time, or since the device was sound again.
  [[nodiscard]] bool held() {
    quiet_ = !device_.pace || accepted_ || hears(device_.pace->slowness());
    cool_ = conditions_.held();
    return quiet_ && cool_;
  }

  /// Until the device is sound. Errors (UnstableError): not within the time allowed.
  void recover() {
    if (!cool_) conditions_.cool_down();
    if (!quiet_) wait();
  }

  /// When to call held() at the latest.
  [[nodiscard]] double next_look_s() const { return device_.clock->now_s() + (device_.pace ? kPaceS : kLookS); }
  /// Does not count in the budget.
  [[nodiscard]] double waited_s() const { return waited_s_; }
  [[nodiscard]] DeviceState state() const { return conditions_.state(); }
  /// Of the time in which trials were counted.
  [[nodiscard]] std::optional<double> slowness() const {
    if (!device_.pace) return {};
    return slowness_;
  }

 private:
  bool hears(double slowness) {
    slowness_ = slowness;
    return slowness <= kQuiet;
  }

  void wait() {
    const double begin_s = device_.clock->now_s();
    const bool quiet = hears(device_.pace->wait_until_quiet(begin_s + wait_left_s_));
    const double took_s = device_.clock->now_s() - begin_s;
    waited_s_ += took_s;
    wait_left_s_ -= took_s;
    if (quiet) return;
    if (!accepts_disturbed_)
      throw UnstableError(fmt::format(
          "something else slows the device down, by {:.0f} % after {:.1f} s of waiting: stop other programs",
          100 * (slowness_ - 1), waited_s_));
    accepted_ = true;
  }

  Device& device_;
  Conditions conditions_;
  double wait_left_s_;
  bool accepts_disturbed_;
  double waited_s_ = 0;
  double slowness_ = 1;  ///< as looked at last
  bool quiet_ = true, cool_ = true;
  bool accepted_ = false;  ///< it does not become quiet: what is measured now counts, and nobody looks again
};

void refuse_if_unstable(const Series& series, const MeasureOptions& options) {
  const auto trials = static_cast<int>(series.energies_j.size());
  const double limit = options.give_up_relative_half_width;
  if (trials < std::max(options.min_trials, kFewestTrials))
    throw UnstableError(
        fmt::format("only {} trials of {} fit into the budget of {:g} s: raise the budget or lower the batch", trials,
                    std::max(options.min_trials, kFewestTrials), options.budget_s));
  if (!(series.energy.median > 0))
    throw UnstableError(fmt::format(
        "the sensor did not move in half of the trials: raise the trial length above {:g} s", options.trial_s));
  if (series.width() > limit)
    throw UnstableError(
        fmt::format("not stable after {} trials in {:g} s: the 95 % interval is +-{:.0f} %, at most {:.0f} % is "
                    "accepted; stop other "
                    "programs or raise the budget",
                    trials, options.budget_s, 100 * series.width(), 100 * limit));
  if (series.drift() > limit)
    throw UnstableError(
        fmt::format("drifts: the second half of {} trials differs from the first by {:.0f} %, at most {:.0f} % is "
                    "accepted; let the "
                    "device warm up or stop other programs",
                    trials, 100 * series.drift(), 100 * limit));
}

}  // namespace

Measurement measure(LoadedModel& model, std::int64_t batch, Device& device, const MeasureOptions& options) {
  check(device, batch, options);
  if (device.reads_in_windows()) return measure_in_windows(model, batch, device, options);
  const double end_s = device.clock->now_s() + options.budget_s;
  const int runs = runs_per_trial(model, device, options, end_s);
  (void)run_trial(model, runs, device);
  Watch watch(device, options);
  Series series;
  const auto enough = static_cast<std::size_t>(std::max(options.min_trials, kFewestTrials));
  const auto stable = [&] {
    return series.energies_j.size() >= enough && series.width() <= options.target_relative_half_width &&
           series.drift() <= kDriftHalfWidths * options.target_relative_half_width;
  };
  const auto left = [&] { return device.clock->now_s() < end_s + watch.waited_s(); };
  std::size_t sound = 0;  // trials known to be
  double look_s = watch.next_look_s();
  while (left() && (!stable() || sound < series.energies_j.size())) {
    if (!stable()) series.add(run_trial(model, runs, device), runs);
    if (!stable() && device.clock->now_s() < look_s && left()) continue;
    if (watch.held()) {
      sound = series.energies_j.size();
    } else {
      series.keep(sound);
      watch.recover();
      (void)run_trial(model, runs, device);
    }
    look_s = watch.next_look_s();
  }
  refuse_if_unstable(series, options);
  return {.energy_per_batch_j = series.energy.median,
          .energy_half_width_95_j = series.energy.half_width_95,
          .time_per_batch_s = series.time.median,
          .time_half_width_95_s = series.time.half_width_95,
          .batch = batch,
          .trials = static_cast<int>(series.energies_j.size()),
          .runs_per_trial = runs,
          .source = device.energy.source,
          .sensor = device.energy.name,
          .idle_power_w = {},
          .slowness = watch.slowness(),
          .state = watch.state()};
}

MeasureOptions kernel_options(const Device& device) {
  if (device.reads_in_windows()) return {.idle_baseline = false};
  return {.trial_s = 0.001, .budget_s = 0.35};
}

Json to_json(const Measurement& measurement) {
  Json json = {{"energy_j", measurement.energy_j()},
               {"energy_per_batch_j", measurement.energy_per_batch_j},
               {"energy_half_width_95_j", measurement.energy_half_width_95_j},
               {"time_per_batch_s", measurement.time_per_batch_s},
               {"time_half_width_95_s", measurement.time_half_width_95_s},
               {"batch", measurement.batch},
               {"trials", measurement.trials},
               {"runs_per_trial", measurement.runs_per_trial},
               {"source", to_string(measurement.source)},
               {"sensor", measurement.sensor}};
  if (measurement.slowness) json["slowness"] = *measurement.slowness;
  if (measurement.idle_power_w) json["idle_power_w"] = *measurement.idle_power_w;
  const DeviceState& state = measurement.state;
  const auto add = [&](const char* name, const std::optional<double>& value) {
    if (value) json[name] = *value;
  };
  add("clock_hz", state.core_clock_hz);
  add("memory_clock_hz", state.memory_clock_hz);
  add("temperature_c", state.temperature_c);
  add("power_limit_w", state.power_limit_w);
  if (!state.throttling.empty()) json["throttling"] = state.throttling;
  return json;
}

}  // namespace tabjoule
