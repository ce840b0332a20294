// Everything learnt about one kernel type in one data type: its two costs, how wrong they are, what was measured.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "predict/calibrated_cost.h"
#include "predict/predictor.h"

namespace tabjoule {

/// A sample's energy as predicted by a model that has not seen its shape.
struct HeldOut {
  double energy_j = 0;  ///< measured
  double predicted_j = 0;
  double flops = 0;
  int fold = 0;
};

class TypeModel {
 public:
  /// `samples`: all of one type and data type, valid, at least one. `processors`: of the device where it is known, else
  /// what the samples betray.
  static TypeModel fit(std::span<const KernelSample* const> samples, std::optional<int> processors, ThreadPool& pool);

  [[nodiscard]] Prediction predict(const KernelKey& key) const;
  [[nodiscard]] const std::vector<HeldOut>& held_out() const { return held_out_; }

 private:
  explicit TypeModel(Terms terms) : terms_(std::move(terms)) {}
  [[nodiscard]] double octaves_outside(const KernelKey& key) const;

  Terms terms_;
  std::optional<CalibratedCost> time_;
  std::optional<CalibratedCost> energy_;
  std::vector<double> low_;  ///< of log2(1 + size), per shape column
  std::vector<double> high_;
  std::vector<HeldOut> held_out_;
};

}  // namespace tabjoule
