// The class weights a user asks for, as text.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "table/dataset.h"

namespace tabjoule {

/// `text`: empty for none; "balanced" (nn/loss.h); or "NAME=W,NAME=W", where a class that is not named counts 1 and a
/// name may hold commas and equals signs. `labels`: of the training rows. Returns K weights, or none. Errors (usage):
/// the target is a number, an unknown class (the nearest is suggested) or one named twice, a weight that is not a
/// number over 0.
[[nodiscard]] std::vector<float> class_weights_from(const std::string& text, const Target& target,
                                                    std::span<const std::int32_t> labels);

}  // namespace tabjoule
