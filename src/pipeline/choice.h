// Which points of a front are worth training to the end, and which of the trained ones is the answer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/request.h"
#include "pipeline/run_record.h"

namespace tabjoule {

/// The aim of a run as its choice sees it.
struct Aim {
  enum class Rule { energy_weight, energy_budget, min_score, latency, parameters, knee };
  Rule rule = Rule::energy_weight;
  double energy_weight = 0.01;

  [[nodiscard]] const char* name() const;  ///< as in run.json: "energy-weight"
};

[[nodiscard]] Aim aim_of(const SearchRequest& request);

/// A point as a choice sees it: `utility` more is better, energy in joules.
struct Choosable {
  double utility = 0;
  double energy_j = 0;
  bool keeps = true;                     ///< the limits
  std::vector<double> left_out_utility;  ///< as left_out_scores gives; may be empty: nothing is within noise
};

/// utility - weight x log10(energy): what the aim maximises; min_score minimises the energy, the others weigh energy
/// (energy_budget: by 0).
[[nodiscard]] double value_of(const Aim& aim, double utility, double energy_j);

/// Up to `count` points of a front (by rising energy), as indices: the two of the highest value first, then one after
/// the other the point that adds most to the area that those taken dominate (hypervolume, in log energy and utility,
/// each relative to its range).
[[nodiscard]] std::vector<std::size_t> points_to_train(std::span<const Choosable> front, const Aim& aim,
                                                       std::size_t count);

/// Of the points that keep the limits: the best by the aim, or one of less energy whose value is not surely lower (by
/// more than a standard error of the difference); where none keeps them, the one of the best utility (min_score) or of
/// the least energy. Of the knee: the point farthest from the line through the ends of the front. Errors (internal):
/// there is none.
[[nodiscard]] std::size_t choose(std::span<const Choosable> points, const Aim& aim);

}  // namespace tabjoule
