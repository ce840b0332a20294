#include "profile/order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/random.h"
#include "base/text.h"

namespace tabjoule {
namespace {

constexpr std::size_t kTurns = 8;

using Point = std::vector<double>;

Point log_shape(const KernelKey& key) {
  Point point;
  for (const std::int64_t size : key.shape) point.push_back(std::log2(1 + static_cast<double>(size)));
  return point;
}

double squared_distance(const Point& a, const Point& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// keys: of one group, sorted, so that the first is the smallest.
std::vector<KernelKey> farthest_first(const std::vector<KernelKey>& keys) {
  std::vector<Point> points;
  for (const KernelKey& key : keys) points.push_back(log_shape(key));
  std::vector<double> distance(keys.size(), std::numeric_limits<double>::infinity());
  std::vector<KernelKey> order;
  std::size_t next = 0;
  while (order.size() < keys.size()) {
    order.push_back(keys[next]);
    const std::size_t taken = next;
    distance[taken] = -1;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      distance[i] = std::min(distance[i], squared_distance(points[i], points[taken]));
      if (distance[i] > distance[next] || distance[next] < 0) next = i;
    }
  }
  return order;
}

}  // namespace

std::vector<KernelKey> space_filling_order(std::span<const KernelKey> wanted) {
  std::map<std::pair<TypeKey, std::string>, std::vector<KernelKey>> groups;
  for (const KernelKey& key : std::set<KernelKey>(wanted.begin(), wanted.end()))
    groups[{type_key(key), key.variant}].push_back(key);
  std::vector<std::pair<double, KernelKey>> turns;
  for (const auto& [group, keys] : groups) {
    const double pace = std::sqrt(static_cast<double>(keys.size()));
    const std::vector<KernelKey> order = farthest_first(keys);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto place = static_cast<double>(i);
      turns.emplace_back(i < kTurns ? place - kTurns : place / pace, order[i]);
    }
  }
  std::sort(turns.begin(), turns.end());
  std::vector<KernelKey> result;
  for (auto& [turn, key] : turns) result.push_back(std::move(key));
  return result;
}

std::vector<KernelKey> most_doubtful(std::span<const KernelKey> candidates, std::span<const double> doubts,
                                     std::span<const KernelKey> measured, std::size_t count) {
  std::vector<Point> points;
  for (const KernelKey& key : candidates) points.push_back(log_shape(key));
  std::vector<double> apart(candidates.size(), 1);  // a negative one is taken
  const auto take = [&](const KernelKey& key) {
    const Point point = log_shape(key);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (type_key(candidates[i]) == type_key(key) && candidates[i].variant == key.variant &&
          point.size() == points[i].size())
        apart[i] = std::min(apart[i], std::sqrt(squared_distance(points[i], point)));
  };
  for (const KernelKey& key : measured) take(key);
  std::vector<KernelKey> chosen;
  while (chosen.size() < std::min(count, candidates.size())) {
    std::size_t best = candidates.size();
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (apart[i] >= 0 && (best == candidates.size() || apart[i] * doubts[i] > apart[best] * doubts[best])) best = i;
    chosen.push_back(candidates[best]);
    take(candidates[best]);
    apart[best] = -1;
  }
  return chosen;
}

std::vector<KernelKey> choose_held_out(std::span<const KernelKey> wanted, std::size_t count, std::uint64_t seed) {
  constexpr std::size_t kLeastShare = 4;
  std::vector<std::pair<std::uint64_t, KernelKey>> hashed;
  for (const KernelKey& key : std::set<KernelKey>(wanted.begin(), wanted.end()))
    if (key.type != KernelType::session && key.type != KernelType::unknown)
      hashed.emplace_back(Rng(stable_hash(key.text()) ^ seed).next(), key);
  std::sort(hashed.begin(), hashed.end());
  hashed.resize(std::min(count, hashed.size() / kLeastShare));
  std::vector<KernelKey> chosen;
  for (auto& [hash, key] : hashed) chosen.push_back(std::move(key));
  return chosen;
}

}  // namespace tabjoule
