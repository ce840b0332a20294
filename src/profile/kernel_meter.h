// Costs of single kernels out of measured models: a kernel is the slope from a run without it to one with many copies
// (docs/measuring.md).
#pragma once

#include "profile/kernel_model.h"
#include "profile/measure.h"
#include "profile/profile.h"

namespace tabjoule {

/// Seconds and joules, with half their 95 % intervals.
struct MeteredCost {
  double time_s = 0;
  double energy_j = 0;
  double time_half_width_s = 0;
  double energy_half_width_j = 0;

  [[nodiscard]] bool positive() const { return time_s > 0 && energy_j > 0; }
};

[[nodiscard]] MeteredCost operator+(const MeteredCost& a, const MeteredCost& b);
[[nodiscard]] MeteredCost operator-(const MeteredCost& a, const MeteredCost& b);  ///< half-widths add in squares
[[nodiscard]] MeteredCost operator*(double factor, const MeteredCost& cost);

/// What every run costs, and what an output costs more that stays inside a model.
struct SessionCost {
  MeteredCost run;
  MeteredCost intermediate;
};

class KernelMeter {
 public:
  /// `device` must outlive it.
  KernelMeter(Device& device, const MeasureOptions& options, CopyInputs inputs)
      : device_(device), options_(options), inputs_(inputs) {}

  /// One run of the batch. `patience` multiplies the budget and divides the interval asked for. What is
  /// disturbed for all of it is unstable or, if accepted, divided by its slowness. Errors as measure.
  [[nodiscard]] MeteredCost model(const Graph& graph, std::int64_t batch, double patience = 1,
                                  bool accept_disturbed = false) const;

  /// From chains of the smallest kernel: cost = run + links x (kernel + intermediate); and from the same kernels side
  /// by side, whose outputs all leave the model: cost = run + links x kernel. Tries a few times and for `patience_s`,
  /// and then takes what is disturbed. Errors (device): not stable even so.
  [[nodiscard]] SessionCost session(double patience_s) const;
  /// The same in one try. Errors (UnstableError): not stable.
  [[nodiscard]] SessionCost session_again() const { return measure_session(/*accept_disturbed=*/false); }

  /// One kernel of `copies`. Errors: (UnstableError) it is lost in the session's cost, not stable or disturbed for all
  /// of the budget; (input) it cannot be built alone.
  [[nodiscard]] MeteredCost kernel(const KernelKey& key, int copies, const SessionCost& session,
                                   double patience = 1) const;

  [[nodiscard]] CopyInputs inputs() const { return inputs_; }

 private:
  [[nodiscard]] SessionCost measure_session(bool accept_disturbed) const;
  /// As the device's runtime is told to compute in the key's data type.
  [[nodiscard]] Graph graph_of(const KernelKey& key, int copies) const;
  /// A convolution that the runtime computes in blocks of channels, or a pool that it does behind one; nothing of all
  /// others.
  [[nodiscard]] std::optional<Graph> in_blocks(const KernelKey& key, int copies) const;

  Device& device_;
  MeasureOptions options_;
  CopyInputs inputs_;
};

}  // namespace tabjoule
