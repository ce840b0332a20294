#include "predict/committee.h"

#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {
namespace {

/// Every sample of the rare types and of the session, a half of each other type's.
DeviceProfile half_of(const DeviceProfile& profile, Rng rng) {
  constexpr std::size_t kFewest = 10;  // below, a half would be too small to fit
  std::map<KernelType, std::vector<const KernelSample*>> by_type;
  for (const KernelSample& sample : profile.samples) by_type[sample.key.type].push_back(&sample);
  DeviceProfile half;
  half.fingerprint = profile.fingerprint;
  for (auto& [type, samples] : by_type) {
    std::size_t count = samples.size();
    if (count >= kFewest) {
      rng.shuffle(std::span(samples));
      count = (count + 1) / 2;
    }
    for (std::size_t i = 0; i < count; ++i) half.samples.push_back(*samples[i]);
  }
  return half;
}

}  // namespace

std::vector<double> disagreement(const DeviceProfile& profile, std::span<const KernelKey> keys, int members,
                                 std::uint64_t seed) {
  if (members < 2) fail_usage("a committee needs at least 2 members, got {}", members);
  std::vector<double> sum(keys.size()), squares(keys.size());
  std::vector<bool> unknown(keys.size());
  for (int member = 0; member < members; ++member) {
    const Predictor predictor = Predictor::fit(half_of(profile, Rng(seed).split(static_cast<std::uint64_t>(member))));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Prediction prediction = predictor.predict(keys[i]);
      if (!prediction.known || !(prediction.energy_j > 0)) {
        unknown[i] = true;
        continue;
      }
      const double log_energy = std::log(prediction.energy_j);
      sum[i] += log_energy;
      squares[i] += log_energy * log_energy;
    }
  }
  std::vector<double> result;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double mean = sum[i] / members;
    result.push_back(unknown[i] ? kUnknownDisagreement : std::sqrt(std::max(0.0, squares[i] / members - mean * mean)));
  }
  return result;
}

}  // namespace tabjoule
