// Repeat until stable: the energy and time of one run of a model, with their spread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "profile/device.h"

namespace tabjoule {

/// Per run of the whole batch unless the name says otherwise.
struct Measurement {
  double energy_per_batch_j = 0;
  double energy_half_width_95_j = 0;  ///< half the 95 % interval of energy_per_batch_j
  double time_per_batch_s = 0;
  double time_half_width_95_s = 0;
  std::int64_t batch = 1;
  int trials = 0;
  std::int64_t runs_per_trial = 0;
  EnergySource source = EnergySource::estimated;
  std::string sensor;
  std::optional<double> idle_power_w = {};  ///< before the model ran; not subtracted. Where the sensor reads in windows
  /// What other programs left of the device: how many times slower it was than undisturbed; about 1 where nothing
  /// disturbed. Where the sensor can be read at any time.
  std::optional<double> slowness = {};
  /// Clocks and temperature at the end, where they can be read; throttling: whatever was met on the way.
  DeviceState state;

  [[nodiscard]] double energy_j() const { return energy_per_batch_j / static_cast<double>(batch); }
};

struct MeasureOptions {
  double target_relative_half_width = 0.03;
  /// Length of a trial; lengthened until the sensor's counter takes 50 steps. Shorter than a scheduler's turn
  /// (3 ms and more), so that on a busy machine most trials run between two interruptions.
  double trial_s = 0.002;
  int min_trials = 5;                         ///< a sensor that is read at any time takes 6 at least, for its median
  double budget_s = 20;                       ///< gives up after this
  double give_up_relative_half_width = 0.15;  ///< refused when still wider than this at the end of the budget
  // Of sensors that read in windows, beside which trial_s does not count:
  double window_trial_s = 0.25;  ///< length of a trial at least; lengthened until 10 readings fall into it
  bool idle_baseline = true;     ///< waits until the device is idle and reads its power first
  double lead_s = 0.4;           ///< of load before a trial counts: five times what clocks remember (80 ms)
  std::uint64_t seed = 0;        ///< of the pauses between trials
  /// Of a device that other programs slow down all the time: measured all the same, else refused.
  bool accept_disturbed = true;
  /// Share of the budget (a second at least) in which a device that was slowed down by heat may rest.
  double rest_share = 0.25;
};

/// A measurement that did not become stable: worth another try later, unlike a sensor that fails.
class UnstableError final : public Error {
 public:
  explicit UnstableError(const std::string& message) : Error(ErrorKind::device, message) {}
};

/// Warm-up, one thrown-away trial, then trials until the relative half-width of the 95 % interval is under the target,
/// for energy and for time, and the trials do not drift. Trials in which the device was slowed down by heat or its
/// hardware do not count; it rests and goes on. Where the device has a pace, trials beside which something
/// else slowed it down do not count either; it waits, in all for 2 s or once more the budget. If it never becomes
/// quiet, what was disturbed counts, or (UnstableError) nothing. `model` must be bound. A sensor that can be read at
/// any time gives short trials and their median; one that reads in windows (Device::reads_in_windows) gives long ones
/// at shifted phases, the power of each times the time of a run, and their mean. Errors (device): still unstable at the
/// end of the budget, or slowed down all the time (UnstableError; the message says how wide, or what slows it down), or
/// the sensor fails. docs/measuring.md argues the estimators.
[[nodiscard]] Measurement measure(LoadedModel& model, std::int64_t batch, Device& device,
                                  const MeasureOptions& options);

/// How to measure one of many kernels: with small budgets where the sensor can be read at any time, one after the other
/// without waiting for an idle device where it reads in windows.
[[nodiscard]] MeasureOptions kernel_options(const Device& device);

[[nodiscard]] Json to_json(const Measurement& measurement);

}  // namespace tabjoule
