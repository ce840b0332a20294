// Which kernels a profile still lacks.
#pragma once

#include <span>
#include <vector>

#include "profile/profile.h"

namespace tabjoule {

/// Those of `wanted` to measure so that each is within a factor of 1.25, in every dimension, of one measured (here or
/// in `profile`): farthest first. Behind these, of types of fewer than `fewest_of_type` samples, others of them up to
/// that number. Empty when the profile covers them all.
[[nodiscard]] std::vector<KernelKey> kernels_to_measure(const DeviceProfile& profile, std::span<const KernelKey> wanted,
                                                        std::size_t fewest_of_type);

}  // namespace tabjoule
