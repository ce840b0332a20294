#include "profile/measure_in_windows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "power/correct.h"
#include "profile/conditions.h"
#include "profile/mean.h"

namespace tabjoule {
namespace {

constexpr double kReadingsATrial = 10;
constexpr double kLongSettle = 0.25;      // of a trial
constexpr double kLagsToForget = 8;       // of a lag's time constant
constexpr double kIdleS = 1;              // of waiting before idle power is read
constexpr double kIdleAgrees = 0.02;      // two idle powers in a row differ by no more: the device is at rest
constexpr int kMostIdleReads = 5;         // a device that is never quite at rest is measured all the same
constexpr double kDriftTargets = 3;       // halves of the trials that differ by more than so many targets drift
constexpr std::size_t kFrozenReads = 50;  // alike to the last digit, through rest and load
constexpr int kPhases = 4;
constexpr double kCallS = 0.01;  // of runs between two reads of a counter at most

struct WindowTrial {
  double power_w = 0;
  double time_s = 0;  ///< of a run
};

class Measuring {
 public:
  Measuring(LoadedModel& model, std::int64_t batch, Device& device, const MeasureOptions& options)
      : model_(model),
        batch_(batch),
        device_(device),
        options_(options),
        conditions_(device, std::max(1.0, options.rest_share * options.budget_s)),
        rng_(options.seed) {
    const double period_s = device.energy.update_period_s;
    const SensorModel& power = device.power;
    settle_s_ = !device.recorder ? period_s : period_s + power.delay_s + power.window_s + kLagsToForget * power.lag_s;
    trial_s_ = std::max({options.window_trial_s, kReadingsATrial * period_s, 2 * power.window_s});
    // Undoing the model costs a little noise; waiting until the sensor has forgotten costs time.
    inverts_ = device.recorder && (power.kind == SensorKind::boxcar || power.kind == SensorKind::lag) &&
               settle_s_ > kLongSettle * trial_s_;
  }

  Measurement measure() {
    const double end_s = device_.clock->now_s() + options_.budget_s;
    if (!conditions_.held()) conditions_.cool_down();
    if (options_.idle_baseline) read_idle_power();
    warm_up();
    static_cast<void>(trial(0));
    for (int wanted = std::max(2, options_.min_trials);; wanted *= 2) {
      while (energy_j_.size() < static_cast<std::size_t>(wanted) && device_.clock->now_s() < end_s) add_trial();
      if (stable() || device_.clock->now_s() >= end_s) break;
    }
    refuse_if_unstable();
    return result();
  }

 private:
  /// A device that cools down from the work before spends less from read to read.
  void read_idle_power() {
    device_.clock->sleep(kIdleS);
    const double time_s = trial_s_ + settle_s_;
    double last_w = -1;
    for (int i = 0; i < kMostIdleReads; ++i) {
      const double now_w = power_during(settle_s_, [&] { device_.clock->sleep(time_s); });
      idle_power_w_ = now_w;
      if (std::abs(now_w - last_w) <= kIdleAgrees * now_w) return;
      last_w = now_w;
    }
  }

  void warm_up() {
    for (int runs = 1;; runs = std::min(2 * runs, kMostRuns)) {
      const double begin_s = device_.clock->now_s();
      model_.run_bound(runs);
      const double took_s = device_.clock->now_s() - begin_s;
      run_s_ = took_s / runs;
      if (took_s >= options_.lead_s || runs == kMostRuns) break;
    }
    if (!(run_s_ > 0)) fail_device("the clock of {} did not move while the model ran", device_.name);
  }

  int runs_for(double time_s) const { return static_cast<int>(std::clamp(std::ceil(time_s / run_s_), 1.0, 1e9)); }

  void add_trial() {
    const WindowTrial done = trial(static_cast<int>(energy_j_.size()) % kPhases);
    if (!conditions_.held()) return conditions_.cool_down();
    energy_j_.push_back(done.power_w * done.time_s);
    time_s_.push_back(done.time_s);
  }

  WindowTrial trial(int phase) {
    const double period_s = device_.energy.update_period_s;
    const auto approach = [&] {
      device_.clock->sleep(period_s * (rng_.uniform() + static_cast<double>(phase) / kPhases));
      model_.run_bound(runs_for(options_.lead_s));
    };
    const auto timed = [&](int count) {
      const double begin_s = device_.clock->now_s();
      model_.run_bound(count);
      return device_.clock->now_s() - begin_s;
    };
    WindowTrial result;
    if (!device_.recorder) {
      approach();
      result = trial_by_counter(timed);
    } else if (inverts_) {
      result = trial_by_inversion(approach, timed);
    } else {
      approach();
      const int runs = runs_for(trial_s_ + settle_s_);
      result.power_w = power_during(settle_s_, [&] { result.time_s = timed(runs) / runs; });
    }
    if (!std::isfinite(result.power_w) || result.power_w < 0)
      fail_device("the sensor \"{}\" gives {} W: use another sensor", device_.energy.name, result.power_w);
    return result;
  }

  /// What the sensor's model makes of the readings from the rest before the trial to a little after it, undone
  /// (power/correct.h): no reading is too early to count.
  template <class Approach, class Timed>
  WindowTrial trial_by_inversion(Approach&& approach, Timed&& timed) {
    device_.recorder->start();
    approach();
    const int runs = runs_for(trial_s_);
    const double begin_s = device_.clock->now_s();
    const double time_s = timed(runs) / runs;
    const double end_s = device_.clock->now_s();
    // The load goes on until the readings that cover the trial's end are there.
    model_.run_bound(runs_for(2 * device_.energy.update_period_s + device_.power.delay_s));
    const PowerTrace trace = device_.recorder->stop();
    look_for_life(trace);
    try {
      return {energy_of(trace, device_.power, begin_s, end_s).energy_j / (end_s - begin_s), time_s};
    } catch (const Error& error) {
      fail_device("the sensor \"{}\": {}", device_.energy.name, error.what());
    }
  }

  [[nodiscard]] double true_w(double reading_w) const {
    return (reading_w - device_.power.offset_w) / device_.power.gain;
  }

  /// Mean corrected power of the readings that saw nothing older than `settle_s` after the begin of `body`.
  template <class Body>
  double power_during(double settle_s, Body&& body) {
    if (!device_.recorder) {
      const double begin_j = device_.sensor->read_energy_j(), begin_s = device_.clock->now_s();
      body();
      return true_w((device_.sensor->read_energy_j() - begin_j) / (device_.clock->now_s() - begin_s));
    }
    const double from_s = device_.clock->now_s() + settle_s;
    device_.recorder->start();
    body();
    const PowerTrace trace = device_.recorder->stop();
    look_for_life(trace);
    double sum_w = 0;
    int readings = 0;
    for (std::size_t i = 0; i < trace.size(); ++i) {
      if (trace.time_s[i] < from_s) continue;
      sum_w += true_w(trace.power_w[i]);
      ++readings;
    }
    if (readings == 0)
      fail_device("the sensor \"{}\" gave no reading in {:g} s", device_.energy.name, device_.clock->now_s() - from_s);
    return sum_w / readings;
  }

  /// Errors (device): many readings and all the same.
  void look_for_life(const PowerTrace& trace) {
    for (const double power_w : trace.power_w) {
      if (reads_ == 0) first_w_ = power_w;
      alive_ = alive_ || power_w != first_w_;
      ++reads_;
    }
    if (!alive_ && reads_ >= kFrozenReads)
      fail_device("the sensor \"{}\" says {:g} W {} times in a row, at rest and under load: it has stopped",
                  device_.energy.name, first_w_, reads_);
  }

  /// From one step of the counter to another: between them energy and time are both exact but for one call.
  template <class Timed>
  WindowTrial trial_by_counter(Timed&& timed) {
    const int runs = runs_for(std::min(kCallS, device_.energy.update_period_s / 50));
    double total_s = 0;
    std::int64_t total_runs = 0;
    const auto until_step = [&](double least_s) {
      const double begin_s = device_.clock->now_s();
      double last_j = device_.sensor->read_energy_j();
      for (;;) {
        total_s += timed(runs);
        total_runs += runs;
        const double now_j = device_.sensor->read_energy_j();
        const double past_s = device_.clock->now_s() - begin_s;
        if (now_j != last_j && past_s >= least_s) return now_j;
        if (past_s > least_s + 100 * device_.energy.update_period_s)
          throw UnstableError(fmt::format("the counter \"{}\" stands still", device_.energy.name));
        last_j = now_j;
      }
    };
    const double begin_j = until_step(0), begin_s = device_.clock->now_s();
    const double end_j = until_step(trial_s_), end_s = device_.clock->now_s();
    return {true_w((end_j - begin_j) / (end_s - begin_s)), total_s / static_cast<double>(total_runs)};
  }

  [[nodiscard]] double width() const {
    const auto relative = [](const std::vector<double>& values) {
      const MeanEstimate estimate = estimate_mean(values);
      return estimate.mean > 0 ? estimate.half_width_95 / estimate.mean : std::numeric_limits<double>::infinity();
    };
    return std::max(relative(energy_j_), relative(time_s_));
  }

  [[nodiscard]] bool stable() const {
    return energy_j_.size() >= static_cast<std::size_t>(std::max(2, options_.min_trials)) &&
           width() <= options_.target_relative_half_width &&
           drift() <= kDriftTargets * options_.target_relative_half_width;
  }

  /// How far the means of the first and the second half of the trials lie apart.
  [[nodiscard]] double drift() const {
    const auto relative = [](std::span<const double> values) {
      const std::size_t half = values.size() / 2;
      return std::abs(estimate_mean(values.last(half)).mean - estimate_mean(values.first(half)).mean) /
             estimate_mean(values).mean;
    };
    return energy_j_.size() < 2 ? 0 : std::max(relative(energy_j_), relative(time_s_));
  }

  void refuse_if_unstable() const {
    const auto least = static_cast<std::size_t>(std::max(2, options_.min_trials));
    if (energy_j_.size() < least)
      throw UnstableError(fmt::format(
          "only {} trials of {} fit into the budget of {:g} s: raise the budget (a trial takes {:.2g} s by "
          "\"{}\") or lower the batch",
          energy_j_.size(), least, options_.budget_s, trial_s_ + settle_s_ + options_.lead_s, device_.energy.name));
    if (width() > options_.give_up_relative_half_width)
      throw UnstableError(
          fmt::format("not stable after {} trials in {:g} s: the 95 % interval is +-{:.0f} %, at most {:.0f} % is "
                      "accepted; stop other programs or raise the budget",
                      energy_j_.size(), options_.budget_s, 100 * width(), 100 * options_.give_up_relative_half_width));
    if (drift() > options_.give_up_relative_half_width)
      throw UnstableError(
          fmt::format("drifts: the second half of {} trials differs from the first by {:.0f} %, at most {:.0f} % is "
                      "accepted; let the device warm up or stop other programs",
                      energy_j_.size(), 100 * drift(), 100 * options_.give_up_relative_half_width));
  }

  [[nodiscard]] Measurement result() const {
    const MeanEstimate energy = estimate_mean(energy_j_);
    const MeanEstimate time = estimate_mean(time_s_);
    return {.energy_per_batch_j = energy.mean,
            .energy_half_width_95_j = energy.half_width_95,
            .time_per_batch_s = time.mean,
            .time_half_width_95_s = time.half_width_95,
            .batch = batch_,
            .trials = static_cast<int>(energy_j_.size()),
            .runs_per_trial = runs_for(inverts_ ? trial_s_ : trial_s_ + settle_s_),
            .source = device_.energy.source,
            .sensor = device_.energy.name,
            .idle_power_w = idle_power_w_,
            .state = conditions_.state()};
  }

  LoadedModel& model_;
  std::int64_t batch_;
  Device& device_;
  const MeasureOptions& options_;
  Conditions conditions_;
  Rng rng_;
  bool inverts_ = false;  ///< the sensor's model can be undone
  double settle_s_ = 0;
  double trial_s_ = 0;
  double run_s_ = 0;
  std::optional<double> idle_power_w_;
  std::vector<double> energy_j_;  ///< of a run, by trial
  std::vector<double> time_s_;
  std::size_t reads_ = 0;
  double first_w_ = 0;
  bool alive_ = false;
};

}  // namespace

Measurement measure_in_windows(LoadedModel& model, std::int64_t batch, Device& device, const MeasureOptions& options) {
  return Measuring(model, batch, device, options).measure();
}

}  // namespace tabjoule
