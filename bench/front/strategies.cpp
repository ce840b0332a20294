#include "front/strategies.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "search/front_search.h"
#include "search/pareto_front.h"

namespace tabjoule {
namespace {

/// Looks scores up, each architecture once, until `count` were asked for.
class Lookups {
 public:
  Lookups(const ScoreTable& table, std::size_t count) : table_(table), count_(count) {}

  const Candidate& operator()(const Architecture& architecture) {
    const Candidate& candidate = table_.known.at(architecture);
    if (asked_.insert(architecture).second && seen_.size() < count_) seen_.push_back(candidate);
    return candidate;
  }
  [[nodiscard]] bool asked(const Architecture& architecture) const { return asked_.contains(architecture); }
  [[nodiscard]] std::size_t size() const { return seen_.size(); }
  [[nodiscard]] const std::vector<Candidate>& seen() const { return seen_; }

 private:
  const ScoreTable& table_;
  std::size_t count_;
  std::set<Architecture> asked_;
  std::vector<Candidate> seen_;
};

double median_energy_j(const ScoreTable& table) {
  std::vector<double> energies;
  for (const auto& [architecture, candidate] : table.known) energies.push_back(candidate.energy_j);
  std::nth_element(energies.begin(), energies.begin() + static_cast<std::ptrdiff_t>(energies.size() / 2),
                   energies.end());
  return energies[energies.size() / 2];
}

/// One policy after the other, scores shared; each may look at an equal share of what is left.
std::vector<Candidate> sweep(const ScoreTable& table, const std::vector<Reward>& rewards, std::size_t count,
                             std::uint64_t seed) {
  Lookups look(table, count);
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    const std::size_t until = look.size() + (count - look.size()) / (rewards.size() - i);
    SearchOptions options;
    options.updates = 400;
    options.seed = seed * 100 + i;
    options.stop = [&] { return look.size() >= until; };
    (void)policy_gradient_search(
        table.space, [&](const Architecture& a) { return look(a).utility; },
        [&](const Architecture& a) { return table.known.at(a).energy_j; }, rewards[i], options, {});
  }
  return look.seen();
}

std::vector<Candidate> one_policy(RewardKind kind, double weight, const ScoreTable& table, std::size_t count,
                                  std::uint64_t seed) {
  return sweep(table, {{weight, median_energy_j(table), kind}}, count, seed);
}

std::vector<Candidate> weights(const std::vector<double>& of, const ScoreTable& table, std::size_t count,
                               std::uint64_t seed) {
  std::vector<Reward> rewards;
  for (const double weight : of) rewards.push_back({weight, 1e-3});
  return sweep(table, rewards, count, seed);
}

std::vector<Candidate> random(const ScoreTable& table, std::size_t count, std::uint64_t seed) {
  Lookups look(table, count);
  Rng rng(seed);
  for (std::size_t tries = 0; look.size() < count && tries < 100 * count; ++tries)
    (void)look(random_architecture(table.space, rng));
  return look.seen();
}

/// Neighbours of the front so far.
void evolve(Lookups& look, const ScoreTable& table, std::size_t count, Rng& rng) {
  for (std::size_t tries = 0; look.size() < count && tries < 100 * count; ++tries) {
    const auto front = pareto_front(look.seen());
    const Architecture& one = front[rng.below(front.size())].architecture;
    const Architecture child = neighbour(table.space, one, front[rng.below(front.size())].architecture, rng);
    if (!look.asked(child)) (void)look(child);
  }
}

/// Some at random first.
std::vector<Candidate> evolution(const ScoreTable& table, std::size_t count, std::uint64_t seed) {
  Lookups look(table, count);
  Rng rng(seed);
  const std::size_t first = std::min<std::size_t>(count, 40);
  (void)look(smallest(table.space));
  for (std::size_t tries = 0; look.size() < first && tries < 1000; ++tries)
    (void)look(random_architecture(table.space, rng));
  evolve(look, table, count, rng);
  return look.seen();
}

/// A policy's search for the first half.
std::vector<Candidate> policy_then_neighbours(const ScoreTable& table, std::size_t count, std::uint64_t seed) {
  Lookups look(table, count);
  for (const Candidate& candidate : weights({0.01}, table, count / 2, seed)) (void)look(candidate.architecture);
  Rng rng(seed);
  (void)look(smallest(table.space));
  evolve(look, table, count, rng);
  return look.seen();
}

}  // namespace

const std::vector<NamedStrategy>& strategies() {
  static const std::vector<NamedStrategy> all{
      {"random", random},
      {"weighted sum .01",
       [](const ScoreTable& t, std::size_t n, std::uint64_t s) { return weights({0.01}, t, n, s); }},
      {"weighted sum .03",
       [](const ScoreTable& t, std::size_t n, std::uint64_t s) { return weights({0.03}, t, n, s); }},
      {"absolute .07", [](const ScoreTable& t, std::size_t n,
                          std::uint64_t s) { return one_policy(RewardKind::absolute, 0.07, t, n, s); }},
      {"multiplicative .07", [](const ScoreTable& t, std::size_t n,
                                std::uint64_t s) { return one_policy(RewardKind::multiplicative, 0.07, t, n, s); }},
      {"multiplicative .02", [](const ScoreTable& t, std::size_t n,
                                std::uint64_t s) { return one_policy(RewardKind::multiplicative, 0.02, t, n, s); }},
      {"sweep of 3",
       [](const ScoreTable& t, std::size_t n, std::uint64_t s) {
         return weights({0.01, 0.001, 0.1}, t, n, s);
       }},
      {"sweep of 5",
       [](const ScoreTable& t, std::size_t n, std::uint64_t s) {
         return weights({0.01, 0.003, 0.03, 0.001, 0.1}, t, n, s);
       }},
      {"evolution", evolution},
      {"policy, neighbours", policy_then_neighbours},
  };
  return all;
}

double hypervolume(const std::vector<Candidate>& points, double worst_energy_j) {
  double area = 0;
  double utility = 0;
  for (const Candidate& point : pareto_front(points)) {  // by rising energy and utility
    if (point.energy_j >= worst_energy_j || point.utility <= utility) continue;
    area += (point.utility - utility) * std::log10(worst_energy_j / point.energy_j);
    utility = point.utility;
  }
  return area;
}

}  // namespace tabjoule
