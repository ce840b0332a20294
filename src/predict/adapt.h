// A profile for a new device from one of another and a few measurements. Kernels that are dear on one device are dear
// on another: the ratio of the two is a smooth function of the shape, which a few samples fix; the source's samples,
// scaled by it, stand where the new device was not measured. Where the samples alone predict one another better,
// nothing is carried over.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/progress.h"
#include "profile/profile.h"

namespace tabjoule {

struct AdaptOptions {
  /// Rank correlation between source and samples below which nothing is carried over: half of the variance of the
  /// ranks would be unexplained.
  double least_correlation = 0.7;
  std::size_t most_transferred = 150;  ///< source samples carried over, of a type
  /// How many measured samples all transferred ones of a type count for together: little beside 20 of the device's own.
  double transferred_weight = 4;
  std::optional<int> processors;  ///< DeviceProfile::processors of the new device
  std::uint64_t seed = 0;
  NoticeSink notice = {};  ///< is told where nothing is carried over
};

/// `source` scaled to the device that `samples` (of one or more kernel types) were measured on, and the samples. Types
/// without samples are left out. A type whose data type the source lacks is taken from another one of its. Errors
/// (input): fewer than 3 samples of a type, a type the source does not know, samples that do not correlate with the
/// source (the figures are told).
[[nodiscard]] DeviceProfile adapt(const DeviceProfile& source, std::span<const KernelSample> samples,
                                  const AdaptOptions& options);

/// Which of `wanted` to measure next when `measured` are there: for each in turn the one farthest, in the logarithms of
/// the sizes, from all measured and chosen ones of its type; types take turns. At most `count`, all of `wanted` without
/// those measured where they are fewer.
[[nodiscard]] std::vector<KernelKey> next_to_measure(std::span<const KernelKey> wanted,
                                                     std::span<const KernelKey> measured, std::size_t count);

}  // namespace tabjoule
