// Everything learnt about one kernel type: its two costs, how wrong they are, and what was measured.
#pragma once

#include <span>
#include <vector>

#include "predict/cost_model.h"
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
  /// `samples`: all of one type, valid. The correction is kept for a cost where there are at least 30 samples and
  /// cross-validation says that it helps. Repeated measurements of a shape are held out together.
  static TypeModel fit(std::span<const KernelSample* const> samples);

  [[nodiscard]] Prediction predict(const KernelKey& key) const;
  [[nodiscard]] const std::vector<HeldOut>& held_out() const { return held_out_; }

 private:
  explicit TypeModel(Terms terms) : terms_(std::move(terms)) {}
  [[nodiscard]] double octaves_outside(const KernelKey& key) const;

  Terms terms_;
  CostModel time_;
  CostModel energy_;
  double energy_error_ = 0;  ///< 90 % of held-out |log(predicted / measured)| lie below
  std::vector<double> low_;  ///< of log2(1 + size), per shape column
  std::vector<double> high_;
  std::vector<HeldOut> held_out_;
};

}  // namespace tabjoule
