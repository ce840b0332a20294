// A predictor judged on samples it was not fitted on: what `tabjoule evaluate` prints.
#pragma once

#include <map>
#include <span>

#include "predict/predictor.h"

namespace tabjoule {

/// Fractions, not per cent.
struct Errors {
  int rows = 0;
  double mape = 0, median = 0, rmspe = 0;
  double within_5 = 0, within_10 = 0, within_20 = 0;
  double spearman = 0;       ///< 0 where all measured or all predicted values are equal
  double coverage_90 = 0;    ///< of the rows lie in their 90 % interval
  double constant_mape = 0;  ///< of one constant for all kernels
  double flops_mape = 0;     ///< of FLOPs times one constant; kernels without FLOPs are predicted as 0
  double flops_spearman = 0;
};

/// Errors over all types and type by type; the baselines of a type are fitted to that type alone.
struct Evaluation {
  Errors all;
  std::map<TypeKey, Errors> types;
};

struct Evaluations {
  Evaluation energy, time;
  int unknown = 0;       ///< samples of kernels the predictor does not know: in no error
  int extrapolated = 0;  ///< samples outside what it was fitted on
};

/// The baselines get their constants from `training`, each the one with the smallest mean absolute percentage error
/// there; they are never shown `samples`.
[[nodiscard]] Evaluations evaluate(const Predictor& predictor, std::span<const KernelSample> training,
                                   std::span<const KernelSample> samples);

/// Pearson's correlation of the ranks, ties sharing their mean rank. 0 where one side is constant.
[[nodiscard]] double spearman(std::span<const double> a, std::span<const double> b);

/// As `evaluate --json` has it: the energy's members, "types", and the same for time under "time".
[[nodiscard]] Json to_json(const Evaluations& evaluations);

}  // namespace tabjoule
