// Joules and seconds of a kernel from its shape, and of a model as the sum of its kernels (arXiv 2504.08359,
// section 3): physics first, learning second. Per kernel type, time and energy are each a sum of roofline terms
// (a constant, FLOPs, bytes, outputs) with non-negative weights fitted in relative error, and of products a model of
// the machine, times what trees and Gaussian processes learn of the residual's logarithm where samples are enough
// (docs/predictor.md).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/kernel.h"
#include "predict/model_correction.h"
#include "profile/profile.h"

namespace tabjoule {

struct Prediction {
  double energy_j = 0;      ///< of one run of the kernel (all rows)
  double energy_low_j = 0;  ///< 90 % interval
  double energy_high_j = 0;
  double time_s = 0;
  double time_low_s = 0;  ///< 90 % interval
  double time_high_s = 0;
  bool extrapolated = false;  ///< the shape lies outside what was measured
  bool known = true;          ///< false: no sample tells the energy of this type; it is 0 and must be reported
  bool time_known = true;     ///< the same of the time
};

struct KernelPrediction {
  Kernel kernel;
  Prediction prediction;
};

/// Per batch in sum; divide by the batch for joules per prediction. Where the profile has measured models, the sums
/// are corrected by them (predict/model_correction.h); the kernels are not.
struct ModelPrediction {
  double energy_per_batch_j = 0;
  double energy_low_per_batch_j = 0;
  double energy_high_per_batch_j = 0;
  double time_per_batch_s = 0;
  double time_low_per_batch_s = 0;  ///< 90 % interval, like that of the energy
  double time_high_per_batch_s = 0;
  int unknown = 0;  ///< kernels without a prediction, counted, never silently zero
  int extrapolated = 0;
  bool corrected = false;                 ///< by measured models
  std::vector<KernelPrediction> kernels;  ///< the session's fixed cost is the first
};

/// Errors of a predictor on held-out samples, beside those of a constant and of FLOPs times a constant.
struct PredictorAccuracy {
  int rows = 0;
  double mape = 0, rmspe = 0, within_10 = 0;
  double constant_mape = 0, flops_mape = 0;
};

/// Of a kernel type, or it is known by its own measurements alone.
inline constexpr std::size_t kFewestSamplesOfType = 5;

/// What to do with a profile none of whose types has that many.
enum class FewSamples {
  refuse,
  look_up  ///< kernels are known where they were measured themselves, and no others
};

class Crowding;

class Predictor {
 public:
  /// Fits on the samples of `profile`; needs kFewestSamplesOfType of a type to fit it. Samples that lack one of time
  /// and energy (0) count for the other. Deterministic. Errors (input): no sample, or one whose time or energy is
  /// negative or not finite, or that has neither (the row is named); too few, unless they may be. The same at any
  /// number of threads.
  static Predictor fit(const DeviceProfile& profile, int threads = 1, FewSamples few = FewSamples::refuse);
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  /// Thread-safe. A kernel by itself costs what it did where it was measured, among copies of itself; in a graph,
  /// what it does among the weights of all its kernels (predict/crowding.h).
  [[nodiscard]] Prediction predict(const KernelKey& key) const;
  [[nodiscard]] ModelPrediction predict(const KernelGraph& graph) const;

  /// For tables that sum by themselves.
  [[nodiscard]] const Crowding& crowding() const;
  [[nodiscard]] const ModelCorrection& energy_correction() const;
  [[nodiscard]] const ModelCorrection& time_correction() const;

  /// By five-fold cross-validation over the samples it was fitted on; no rows where none was fitted.
  [[nodiscard]] const PredictorAccuracy& accuracy() const;

 private:
  struct State;
  void fit_corrections(const DeviceProfile& profile);
  explicit Predictor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tabjoule
