// The samples that tell one of the costs, column by column.
#pragma once

#include <optional>
#include <vector>

#include "kernel/kernel.h"
#include "predict/output_tile.h"

namespace tabjoule {

struct CostRows {
  std::vector<KernelKey> keys;
  std::vector<double> target, weight;            ///< positive
  std::vector<std::optional<OutputTile>> tiles;  ///< that ran; empty: of no sample is it known
  std::vector<int> folds;                        ///< which one a sample is held out with
};

}  // namespace tabjoule
