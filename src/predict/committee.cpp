#include "predict/committee.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {
namespace {

/// What a member is fitted to.
struct Part {
  DeviceProfile profile;
  std::map<TypeKey, double> narrowed;
};

/// A half of each type's samples, of a rare type as many as it needs; all where it has no more than that.
Part part_of(const DeviceProfile& profile, Rng rng) {
  std::map<TypeKey, std::vector<const KernelSample*>> by_type;
  for (const KernelSample& sample : profile.samples) by_type[type_key(sample.key)].push_back(&sample);
  Part part;
  part.profile.fingerprint = profile.fingerprint;
  for (auto& [type, samples] : by_type) {
    const std::size_t all = samples.size();
    std::size_t count = all;
    if (type.first != KernelType::session && all > kFewestSamplesOfType) {
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

Committee::Committee(const DeviceProfile& profile, int members, std::uint64_t seed, int threads) {
  if (members < 2) fail_usage("a committee needs at least 2 members, got {}", members);
  for (int member = 0; member < members; ++member) {
    Part part = part_of(profile, Rng(seed).split(static_cast<std::uint64_t>(member)));
    members_.push_back({Predictor::fit(part.profile, threads), std::move(part.narrowed)});
  }
}

std::vector<double> Committee::disagreement(std::span<const KernelKey> keys) const {
  std::vector<double> result;
  for (const KernelKey& key : keys) {
    double sum = 0, squares = 0;
    bool known = true;
    for (const Member& member : members_) {
      const Prediction prediction = member.predictor.predict(key);
      const auto narrowed = member.narrowed.find(type_key(key));
      known = known && prediction.known && prediction.energy_j > 0 && narrowed != member.narrowed.end();
      if (!known) break;
      const double log_energy = std::log(prediction.energy_j) / narrowed->second;
      sum += log_energy;
      squares += log_energy * log_energy;
    }
    const auto count = static_cast<double>(members_.size());
    const double variance = std::max(0.0, squares / count - sum / count * (sum / count));
    result.push_back(known ? std::min(std::sqrt(variance), kUnknownDisagreement) : kUnknownDisagreement);
  }
  return result;
}

double Committee::energy_j(const KernelKey& key) const { return members_.front().predictor.predict(key).energy_j; }

}  // namespace tabjoule
