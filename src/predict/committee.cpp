#include "predict/committee.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {
namespace {

/// What a member is fitted to, and by type how much less the members differ than samples themselves would make them.
struct Part {
  DeviceProfile profile;
  std::map<KernelType, double> narrowed;
};

/// A half of each type's samples, of a rare type as many as it needs; all where it has no more than that.
Part part_of(const DeviceProfile& profile, Rng rng) {
  std::map<KernelType, std::vector<const KernelSample*>> by_type;
  for (const KernelSample& sample : profile.samples) by_type[sample.key.type].push_back(&sample);
  Part part;
  part.profile.fingerprint = profile.fingerprint;
  for (auto& [type, samples] : by_type) {
    const std::size_t all = samples.size();
    std::size_t count = all;
    if (type != KernelType::session && all > kFewestSamplesOfType) {
      rng.shuffle(std::span(samples));
      count = std::max((all + 1) / 2, kFewestSamplesOfType);
      // What m of n samples tell lies around what all tell with a variance of 1/m - 1/n, that around the truth 1/n.
      part.narrowed[type] = std::sqrt(static_cast<double>(all) / static_cast<double>(count) - 1);
    }
    for (std::size_t i = 0; i < count; ++i) part.profile.samples.push_back(*samples[i]);
  }
  return part;
}

}  // namespace

std::vector<double> disagreement(const DeviceProfile& profile, std::span<const KernelKey> keys, int members,
                                 std::uint64_t seed) {
  if (members < 2) fail_usage("a committee needs at least 2 members, got {}", members);
  std::vector<double> sum(keys.size()), squares(keys.size());
  std::vector<bool> unknown(keys.size());
  for (int member = 0; member < members; ++member) {
    const Part part = part_of(profile, Rng(seed).split(static_cast<std::uint64_t>(member)));
    const Predictor predictor = Predictor::fit(part.profile);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const Prediction prediction = predictor.predict(keys[i]);
      const auto narrowed = part.narrowed.find(keys[i].type);
      if (!prediction.known || !(prediction.energy_j > 0) || narrowed == part.narrowed.end()) {
        unknown[i] = true;
        continue;
      }
      const double log_energy = std::log(prediction.energy_j) / narrowed->second;
      sum[i] += log_energy;
      squares[i] += log_energy * log_energy;
    }
  }
  std::vector<double> result;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const double mean = sum[i] / members;
    const double deviation = std::sqrt(std::max(0.0, squares[i] / members - mean * mean));
    result.push_back(unknown[i] ? kUnknownDisagreement : std::min(deviation, kUnknownDisagreement));
  }
  return result;
}

}  // namespace tabjoule
