#include "pipeline/choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "pipeline/score_error.h"

namespace tabjoule {
namespace {

/// Log energy and utility of points, each from 0 to 1 over them.
struct Place {
  double energy = 0, utility = 0;
};

std::vector<Place> places_of(std::span<const Choosable> points) {
  std::vector<Place> places;
  for (const Choosable& point : points) places.push_back({std::log(point.energy_j), point.utility});
  for (double Place::*const axis : {&Place::energy, &Place::utility}) {
    const auto [low, high] = std::minmax_element(places.begin(), places.end(),
                                                 [&](const Place& a, const Place& b) { return a.*axis < b.*axis; });
    const double from = (*low).*axis;
    const double range = (*high).*axis - from;
    for (Place& place : places) place.*axis = range > 0 ? (place.*axis - from) / range : 0;
  }
  return places;
}

/// The area that some places dominate, a tenth of the range beyond both ends included, so that the ends count too.
double area_of(const std::vector<Place>& places, const std::vector<std::size_t>& some) {
  constexpr double kMargin = 0.1;
  std::vector<Place> chosen;
  for (const std::size_t i : some) chosen.push_back(places[i]);
  std::sort(chosen.begin(), chosen.end(), [](const Place& a, const Place& b) { return a.energy < b.energy; });
  double area = 0;
  double reached = -kMargin;
  for (const Place& place : chosen) {
    area += std::max(0.0, place.utility - reached) * (1 + kMargin - place.energy);
    reached = std::max(reached, place.utility);
  }
  return area;
}

/// The point of `among` that lies farthest above the line from the one of least energy to the one of most.
std::size_t knee_of(std::span<const Choosable> points, const std::vector<std::size_t>& among) {
  std::vector<Choosable> some;
  for (const std::size_t i : among) some.push_back(points[i]);
  const std::vector<Place> places = places_of(some);
  const auto by_energy = [](const Place& a, const Place& b) { return a.energy < b.energy; };
  const Place first = *std::min_element(places.begin(), places.end(), by_energy);
  const Place last = *std::max_element(places.begin(), places.end(), by_energy);
  const auto above = [&](const Place& p) {
    return (p.utility - first.utility) * (last.energy - first.energy) -
           (p.energy - first.energy) * (last.utility - first.utility);
  };
  const auto best = std::max_element(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    return above(a) != above(b) ? above(a) < above(b) : a.energy > b.energy;
  });
  return among[static_cast<std::size_t>(best - places.begin())];
}

}  // namespace

const char* Aim::name() const {
  switch (rule) {
    case Rule::energy_weight:
      return "energy-weight";
    case Rule::energy_budget:
      return "energy-budget";
    case Rule::min_score:
      return "min-score";
    case Rule::latency:
      return "latency";
    case Rule::parameters:
      return "parameters";
    case Rule::knee:
      return "knee";
  }
  return "";
}

Aim aim_of(const SearchRequest& request) {
  const SearchLimits& limits = request.limits;
  if (limits.energy_budget_j) return {Aim::Rule::energy_budget, 0};
  if (limits.min_score) return {Aim::Rule::min_score, request.energy_weight};
  if (request.knee) return {Aim::Rule::knee, request.energy_weight};
  if (limits.latency_s) return {Aim::Rule::latency, request.energy_weight};
  if (limits.parameters) return {Aim::Rule::parameters, request.energy_weight};
  return {Aim::Rule::energy_weight, request.energy_weight};
}

double value_of(const Aim& aim, double utility, double energy_j) {
  if (aim.rule == Aim::Rule::min_score) return -std::log10(energy_j);
  if (aim.rule == Aim::Rule::energy_budget || aim.energy_weight == 0) return utility;
  return utility - aim.energy_weight * std::log10(energy_j);
}

std::vector<std::size_t> points_to_train(std::span<const Choosable> front, const Aim& aim, std::size_t count) {
  std::vector<std::size_t> order(front.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (front[a].keeps != front[b].keeps) return front[a].keeps;
    return value_of(aim, front[a].utility, front[a].energy_j) > value_of(aim, front[b].utility, front[b].energy_j);
  });
  const std::vector<Place> places = places_of(front);
  std::vector<std::size_t> taken(
      order.begin(),
      order.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>({order.size(), count, std::size_t{2}})));
  while (taken.size() < std::min(count, front.size())) {
    const double reached = area_of(places, taken);
    std::size_t best = 0;
    double most = reached;
    for (std::size_t i = 0; i < front.size(); ++i) {
      taken.push_back(i);
      if (const double area = area_of(places, taken); area > most) {
        most = area;
        best = i;
      }
      taken.pop_back();
    }
    if (most == reached) break;  // the same figures again
    taken.push_back(best);
  }
  return taken;
}

std::size_t choose(std::span<const Choosable> points, const Aim& aim) {
  if (points.empty()) fail_internal("there is no trained network to choose from");
  std::vector<std::size_t> among;
  for (std::size_t i = 0; i < points.size(); ++i)
    if (points[i].keeps) among.push_back(i);
  const auto best_of = [&](const std::vector<std::size_t>& indices, auto&& value) {
    return *std::max_element(indices.begin(), indices.end(),
                             [&](std::size_t a, std::size_t b) { return value(a) < value(b); });
  };
  if (among.empty()) {
    among.resize(points.size());
    std::iota(among.begin(), among.end(), std::size_t{0});
    const bool by_score = aim.rule == Aim::Rule::min_score;
    return best_of(among, [&](std::size_t i) { return by_score ? points[i].utility : -points[i].energy_j; });
  }
  if (aim.rule == Aim::Rule::knee) return knee_of(points, among);
  const auto value = [&](std::size_t i) { return value_of(aim, points[i].utility, points[i].energy_j); };
  const std::size_t best = best_of(among, value);
  std::size_t chosen = best;
  for (const std::size_t i : among) {
    if (points[i].left_out_utility.empty() || points[best].left_out_utility.empty()) continue;
    const double noise = standard_error_of_difference(points[best].left_out_utility, points[i].left_out_utility);
    if (aim.rule != Aim::Rule::min_score && points[i].energy_j < points[chosen].energy_j &&
        value(best) - value(i) <= noise)
      chosen = i;
  }
  return chosen;
}

}  // namespace tabjoule
