// SAMPLES: anyone's measured kernels as a table (docs/samples-format.md), for fit, evaluate and adapt.
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "kernel/kernel.h"

namespace tabjoule {

/// `data`: a path or a SQL query, as read_table takes it. Rows come in the file's order; equal keys are repeated
/// measurements and stay apart. A sample holds 0 for the one of time and energy that its row does not tell. Columns
/// that the format does not know are left alone and told in a notice. Errors (input), naming the row from 1: an unknown
/// type, a shape column that is absent, empty or no whole number from 1, a time, power, energy or weight that is not
/// positive, three that contradict each other by more than 5 %, neither time nor energy.
[[nodiscard]] std::vector<KernelSample> read_samples(const std::string& data, const NoticeSink& notice);

}  // namespace tabjoule
