// What the training of one supernet of a run may cost.
#pragma once

#include <cstddef>

#include "base/json.h"

namespace tabjoule {

struct SupernetPlan {
  double flop_budget = 0;
  std::size_t rows = 0;  ///< of the training rows, evenly spread
};

[[nodiscard]] inline Json to_json(const SupernetPlan& plan) {
  return {{"flop_budget", plan.flop_budget}, {"rows", plan.rows}};
}
[[nodiscard]] inline SupernetPlan supernet_plan_from_json(const Json& json) {
  return {json.at("flop_budget").get<double>(), json.at("rows").get<std::size_t>()};
}

}  // namespace tabjoule
