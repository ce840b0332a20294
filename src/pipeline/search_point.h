// An architecture of one of a run's spaces, with what is known of it before it is trained.
#pragma once

#include "base/json.h"
#include "space/search_space.h"

namespace tabjoule {

struct SearchPoint {
  std::size_t space = 0;  ///< index into the run's spaces
  Architecture architecture;
  double utility = 0;        ///< of its score on the supernet; more is better
  double energy_j = 0;       ///< predicted, per prediction
  double energy_high_j = 0;  ///< which it stays below with 95 %: the upper end of the 90 % interval
  double time_s = 0;         ///< predicted, of one batch
  double time_high_s = 0;
  std::int64_t parameters = 0, flops = 0;

  [[nodiscard]] bool same_network(const SearchPoint& other) const {
    return space == other.space && architecture == other.architecture;
  }
};

[[nodiscard]] Json to_json(const SearchPoint& point);
[[nodiscard]] SearchPoint search_point_from_json(const Json& json);

}  // namespace tabjoule
