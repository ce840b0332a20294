// In which order to measure, so that a run that stops early has seen the whole range of shapes.
#pragma once

#include <span>
#include <vector>

#include "kernel/kernel.h"

namespace tabjoule {

/// Distinct keys of `wanted`. Within a group (type and variant) each key is the one farthest, in log2 of its sizes,
/// from all before it, which begins with the corners (Gonzalez 1985). Groups take turns for their first 8, what
/// a fit needs, and after that in proportion to the square root of their size. Deterministic.
[[nodiscard]] std::vector<KernelKey> space_filling_order(std::span<const KernelKey> wanted);

}  // namespace tabjoule
