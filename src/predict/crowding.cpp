#include "predict/crowding.h"

#include <algorithm>
#include <cmath>

#include "profile/kernel_model.h"

namespace tabjoule {
namespace {

constexpr double kLeastShare = 1.0 / 3;

Crowd between(const Crowd& a, const Crowd& b, double share) {
  return {a.time_s + share * (b.time_s - a.time_s), a.energy_j + share * (b.energy_j - a.energy_j)};
}

double log2_of(double value) { return std::log2(std::max(1.0, value)); }

}  // namespace

Crowding::Crowding(std::span<const CrowdingSample> samples) {
  std::map<double, std::vector<const CrowdingSample*>> by_rows;
  for (const CrowdingSample& sample : samples)
    if (sample.key.type == KernelType::linear)
      by_rows[log2_of(static_cast<double>(sample.key.shape[0]))].push_back(&sample);
  for (auto& [rows, same] : by_rows) {
    const auto fewer = [](const auto* a, const auto* b) { return a->weight_bytes < b->weight_bytes; };
    std::sort(same.begin(), same.end(), fewer);
    Crowd nearest{same.front()->time_s, same.front()->energy_j};
    for (const CrowdingSample* sample : same)
      nearest = {std::min(nearest.time_s, sample->time_s), std::min(nearest.energy_j, sample->energy_j)};
    Crowd last;
    for (const CrowdingSample* sample : same) {
      const double bytes = std::max(1.0, crowded_bytes(sample->key));
      last = {std::max(last.time_s, (sample->time_s - nearest.time_s) / bytes),
              std::max(last.energy_j, (sample->energy_j - nearest.energy_j) / bytes)};
      curves_[rows].push_back({log2_of(sample->weight_bytes), last});
    }
  }
}

Crowd Crowding::per_byte(double m, double weight_bytes) const {
  if (curves_.empty()) return {};
  const double log_bytes = log2_of(weight_bytes);
  const auto on_curve = [log_bytes](const std::vector<Point>& curve) {
    const auto above =
        std::find_if(curve.begin(), curve.end(), [&](const Point& p) { return p.log_bytes >= log_bytes; });
    if (above == curve.begin()) return curve.front().per_byte;
    if (above == curve.end()) return curve.back().per_byte;
    const Point& below = *(above - 1);
    return between(below.per_byte, above->per_byte,
                   (log_bytes - below.log_bytes) / (above->log_bytes - below.log_bytes));
  };
  const double rows = log2_of(m);
  const auto above = curves_.lower_bound(rows);
  if (above == curves_.begin()) return on_curve(above->second);
  const auto below = std::prev(above);
  if (above == curves_.end()) return on_curve(below->second);
  return between(on_curve(below->second), on_curve(above->second),
                 (rows - below->first) / (above->first - below->first));
}

Crowd Crowding::per_byte_as_measured(const KernelKey& key) const {
  const double bytes = crowded_bytes(key);
  if (curves_.empty() || bytes == 0) return {};
  return per_byte(static_cast<double>(key.shape[0]), bytes * copies_to_measure(key));
}

double crowded_bytes(const KernelKey& key) { return key.type == KernelType::linear ? parameter_bytes(key) : 0; }

Crowd adjusted(const Crowd& cost, double bytes, const Crowd& here, const Crowd& measured) {
  return {std::max(kLeastShare * cost.time_s, cost.time_s + bytes * (here.time_s - measured.time_s)),
          std::max(kLeastShare * cost.energy_j, cost.energy_j + bytes * (here.energy_j - measured.energy_j))};
}

}  // namespace tabjoule
