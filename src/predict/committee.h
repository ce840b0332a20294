// Where a predictor disagrees with itself: the kernels that measuring tells most about.
#pragma once

#include <span>
#include <vector>

#include "predict/predictor.h"

namespace tabjoule {

/// Query by committee (Seung, Opper and Sompolinsky 1992): `members` predictors, each fitted to another seeded half of
/// each type's samples; the disagreement about a key is the standard deviation of the logarithms of the energies they
/// predict. Of a type of few samples a member takes as many as a fit needs, and what the members differ by is widened
/// to what halves would. Kernels of a type that no part of its samples could be fitted to count kUnknownDisagreement,
/// which is also the most. Thread-safe, deterministic. Errors: as Predictor::fit of half of the samples.
[[nodiscard]] std::vector<double> disagreement(const DeviceProfile& profile, std::span<const KernelKey> keys,
                                               int members = 4, std::uint64_t seed = 0);

inline constexpr double kUnknownDisagreement = 1;

}  // namespace tabjoule
