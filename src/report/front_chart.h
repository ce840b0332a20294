// The Pareto front as an inline SVG.
#pragma once

#include <string>

#include "pipeline/run_record.h"

namespace tabjoule {

/// Supernet score over predicted energy (log scale) of the front, the chosen network and the baselines.
[[nodiscard]] std::string front_chart(const RunRecord& record);

}  // namespace tabjoule
