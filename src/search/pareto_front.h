// What a search trades: more score for more joules.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

namespace tabjoule {

/// The points, which have a `utility` and an `energy_j`, that no other beats in one of the two without losing in the
/// other; by rising energy. Of equals the first.
template <class Point>
[[nodiscard]] std::vector<Point> pareto_front(std::vector<Point> points) {
  std::stable_sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return a.energy_j != b.energy_j ? a.energy_j < b.energy_j : a.utility > b.utility;
  });
  std::vector<Point> front;
  for (Point& point : points)
    if (front.empty() || point.utility > front.back().utility) front.push_back(std::move(point));
  return front;
}

}  // namespace tabjoule
