#include "profile/coverage.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace tabjoule {
namespace {

const double kCovered = std::log(1.25);

/// Largest log ratio over the dimensions; infinite between kernels of different type, data type or variant.
double distance(const KernelKey& a, const KernelKey& b) {
  if (type_key(a) != type_key(b) || a.variant != b.variant || a.shape.size() != b.shape.size())
    return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    const auto x = static_cast<double>(std::max<std::int64_t>(a.shape[i], 1));
    const auto y = static_cast<double>(std::max<std::int64_t>(b.shape[i], 1));
    largest = std::max(largest, std::abs(std::log(x / y)));
  }
  return largest;
}

}  // namespace

std::vector<KernelKey> kernels_to_measure(const DeviceProfile& profile, std::span<const KernelKey> wanted,
                                          std::size_t fewest_of_type) {
  std::vector<double> nearest(wanted.size(), std::numeric_limits<double>::infinity());
  const auto measured = [&](const KernelKey& key) {
    for (std::size_t i = 0; i < wanted.size(); ++i) nearest[i] = std::min(nearest[i], distance(wanted[i], key));
  };
  for (const auto& sample : profile.samples) measured(sample.key);
  std::vector<KernelKey> chosen;
  for (;;) {
    const auto farthest = std::max_element(nearest.begin(), nearest.end());
    if (farthest == nearest.end() || *farthest <= kCovered) break;
    chosen.push_back(wanted[static_cast<std::size_t>(farthest - nearest.begin())]);
    measured(chosen.back());
  }
  std::map<TypeKey, std::size_t> samples;
  for (const KernelSample& sample : profile.samples) ++samples[type_key(sample.key)];
  for (const KernelKey& key : chosen) ++samples[type_key(key)];
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (nearest[i] <= 0) continue;  // itself measured or chosen
    std::size_t& count = samples[type_key(wanted[i])];
    if (count >= fewest_of_type) continue;
    chosen.push_back(wanted[i]);
    ++count;
  }
  return chosen;
}

}  // namespace tabjoule
