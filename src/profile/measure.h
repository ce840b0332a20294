// Repeat until stable: the energy and time of one run of a model, with their spread.
#pragma once

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

  [[nodiscard]] double energy_j() const { return energy_per_batch_j / static_cast<double>(batch); }
};

struct MeasureOptions {
  double target_relative_half_width = 0.03;
  /// Length of a trial; lengthened until the sensor's counter takes 50 steps. Shorter than a scheduler's turn
  /// (3 ms and more), so that on a busy machine most trials run between two interruptions.
  double trial_s = 0.002;
  int min_trials = 5;                         ///< 6 at least are taken: fewer give no 95 % interval of a median
  double budget_s = 5;                        ///< gives up after this
  double give_up_relative_half_width = 0.15;  ///< refused when still wider than this at the end of the budget
};

/// A measurement that did not become stable: worth another try later, unlike a sensor that fails.
class UnstableError final : public Error {
 public:
  explicit UnstableError(const std::string& message) : Error(ErrorKind::device, message) {}
};

/// Warm-up, one thrown-away trial, then trials until the relative half-width of the 95 % interval of the median
/// is under the target, for energy and for time, and the trials do not drift. `model` must be bound. Errors
/// (device): still unstable at the end of the budget (UnstableError; the message says how wide), or the sensor
/// fails. docs/measuring.md argues the estimator.
[[nodiscard]] Measurement measure(LoadedModel& model, std::int64_t batch, Device& device,
                                  const MeasureOptions& options);

[[nodiscard]] Json to_json(const Measurement& measurement);

}  // namespace tabjoule
