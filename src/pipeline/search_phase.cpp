// The searches of a run: by its aim, and by the baselines' in its place, on the same supernets with the same budgets.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/supernet_scores.h"
#include "pipeline/work_plan.h"
#include "search/front_search.h"
#include "search/pareto_front.h"

namespace tabjoule {
namespace {

/// Floating-point operations of scoring that a search of one space may ask for at effort 1.
constexpr double kSearchFlops = 4e11;
/// Of the time that a time budget leaves after the supernets.
constexpr double kSearchShareOfTime = 0.35;
constexpr std::size_t kMostRows = 2048;
constexpr std::size_t kFewestRows = 512;

/// What a search trades the score for.
enum class Cost { energy, nothing, flops, latency };

/// A search's name, what it weighs and whether the run's limits bind it: conventional searches know no joules.
struct Kind {
  std::string name;
  Cost cost = Cost::energy;
  double weight = 0;
  bool limited = false;
};

Kind kind_of(const SearchState& state, const std::string& name) {
  // Within an energy budget the aim's weight is 0; what the baselines weigh is then the request's.
  const double weight = state.request.energy_weight;
  if (name == "energy") return {name, Cost::energy, state.aim.energy_weight, true};
  if (name == "accuracy") return {name, Cost::nothing, 0, false};
  if (name == "flops") return {name, Cost::flops, weight, false};
  if (name == "latency") return {name, Cost::latency, weight, false};
  return {name, Cost::energy, state.aim.energy_weight, true};  // random
}

/// Of the policy, which are half of a search.
int updates_of(const SearchRequest& request) {
  return std::max(10, static_cast<int>(request.effort * SearchOptions{}.updates / 2));
}

/// One search over all spaces while it happens.
class Search {
 public:
  Search(SearchState& state, Kind kind, SupernetScores& scores, StopCheck stop)
      : state_(state), kind_(std::move(kind)), scores_(scores), stop_(std::move(stop)), reward_(reward_of()) {}

  void by_policy(std::size_t space, double flops, const ProgressSink& progress);
  void at_random(std::size_t count);

  [[nodiscard]] const std::vector<SearchPoint>& evaluated() const { return evaluated_; }
  [[nodiscard]] const SearchPoint* best() const;
  /// Of the policy of a space.
  [[nodiscard]] RunTrace::Search trace(std::size_t space) const;

 private:
  [[nodiscard]] Reward reward_of() const;
  [[nodiscard]] double cost_of(const SearchPoint& point) const;
  [[nodiscard]] double value_of(const SearchPoint& point) const { return reward_(point.utility, cost_of(point)); }
  const SearchPoint& predicted(std::size_t space, const Architecture& architecture);
  bool any_keeps(std::size_t space, std::uint64_t listable);
  void evaluate(std::size_t space, const Architecture& architecture);

  SearchState& state_;
  Kind kind_;
  SupernetScores& scores_;
  StopCheck stop_;
  Reward reward_;  ///< the same for all spaces
  std::vector<std::map<Architecture, SearchPoint>> predicted_{state_.spaces.size()};
  std::vector<SearchPoint> evaluated_;
  double flops_ = 0;  ///< of scoring what was evaluated
  std::map<std::size_t, RunTrace::Search> traces_;
};

/// What nothing is weighed by costs the same everywhere, so that a front of it is its best score.
double Search::cost_of(const SearchPoint& point) const {
  switch (kind_.cost) {
    case Cost::nothing:
      return 1;
    case Cost::flops:
      return static_cast<double>(point.flops);
    case Cost::latency:
      return point.time_s;
    default:
      return point.energy_j;
  }
}

/// Weighed from the middle (on a logarithmic scale) of what the spaces' networks cost.
Reward Search::reward_of() const {
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  for (std::size_t i = 0; i < state_.spaces.size(); ++i) {
    const SearchSpace& space = state_.spaces[i].space;
    least = std::min(least, cost_of(predicted_point(state_, i, smallest(space))));
    most = std::max(most, cost_of(predicted_point(state_, i, largest(space))));
  }
  return Reward::of_tenfold(state_.request.reward, kind_.weight, std::sqrt(least * most));
}

const SearchPoint& Search::predicted(std::size_t space, const Architecture& architecture) {
  const auto known = predicted_[space].find(architecture);
  if (known != predicted_[space].end()) return known->second;
  return predicted_[space].emplace(architecture, predicted_point(state_, space, architecture)).first->second;
}

void Search::evaluate(std::size_t space, const Architecture& architecture) {
  SearchPoint point = predicted(space, architecture);
  point.utility = state_.utility_of(scores_.score(space, architecture));
  flops_ += static_cast<double>(point.flops) * static_cast<double>(search_rows(state_));
  evaluated_.push_back(std::move(point));
}

/// How far a point is over the limits, the worse the more, by the upper ends of the predictions: 0 keeps them all.
double excess_of(const SearchRequest& request, const SearchPoint& point) {
  const SearchLimits& limits = request.limits;
  double excess = 0;
  const auto add = [&](double value, double limit) { excess += std::max(0.0, std::log10(value / limit)); };
  if (limits.energy_budget_j) add(point.energy_high_j, *limits.energy_budget_j);
  if (limits.latency_s) add(point.time_high_s, *limits.latency_s);
  if (limits.parameters) add(static_cast<double>(point.parameters), static_cast<double>(*limits.parameters));
  return excess;
}

/// Whether a network of the space keeps the limits: of a space too large to list, the smallest is asked.
bool Search::any_keeps(std::size_t space, std::uint64_t listable) {
  const SearchSpace& of = state_.spaces[space].space;
  const std::vector<Architecture> asked =
      of.size() <= listable ? all_architectures(of) : std::vector<Architecture>{smallest(of)};
  return std::any_of(asked.begin(), asked.end(),
                     [&](const Architecture& a) { return keeps_limits(state_.request, predicted(space, a)); });
}

/// A space without a network that keeps the limits is left to the others; networks of the others that break them are
/// never scored.
void Search::by_policy(std::size_t space, double flops, const ProgressSink& progress) {
  const SearchSpace& of = state_.spaces[space].space;
  FrontOptions options;
  options.policy.seed = state_.request.seed + space;
  options.policy.updates = updates_of(state_.request);
  if (kind_.limited && state_.request.limits.bind_before_scoring()) {
    if (!any_keeps(space, options.policy.listable)) return;
    options.policy.excess = [&](const Architecture& a) { return excess_of(state_.request, predicted(space, a)); };
  }
  const double begun = flops_;
  options.policy.stop = [&] { return flops_ - begun > flops / 2 || stop_(); };
  options.stop = [&] { return flops_ - begun > flops || stop_(); };
  const SearchResult result = front_search(
      of,
      [&](const Architecture& a) {
        evaluate(space, a);
        return evaluated_.back().utility;
      },
      [&](const Architecture& a) { return cost_of(predicted(space, a)); }, reward_, options,
      [&](Progress p) {
        if (const SearchPoint* so_far = best())
          p.detail = fmt::format("best {} at {}", score_text(state_.score_of(so_far->utility)),
                                 with_unit(so_far->energy_j, "J"));
        if (progress) progress(p);
      });
  traces_[space] = {result.mean_rewards, result.entropies};
}

/// As many architectures as a search evaluated, spaces in turn.
void Search::at_random(std::size_t count) {
  Rng rng = Rng(state_.request.seed).split(7);
  for (std::size_t i = 0; i < count && !(i > 0 && stop_()); ++i) {
    const std::size_t space = i % state_.spaces.size();
    const SearchSpace& of = state_.spaces[space].space;
    const Architecture architecture = i < state_.spaces.size() ? smallest(of) : random_architecture(of, rng);
    if (keeps_limits(state_.request, predicted(space, architecture))) evaluate(space, architecture);
  }
}

const SearchPoint* Search::best() const {
  const auto found =
      std::max_element(evaluated_.begin(), evaluated_.end(),
                       [&](const SearchPoint& a, const SearchPoint& b) { return value_of(a) < value_of(b); });
  return found == evaluated_.end() ? nullptr : &*found;
}

RunTrace::Search Search::trace(std::size_t space) const {
  const auto found = traces_.find(space);
  return found == traces_.end() ? RunTrace::Search{} : found->second;
}

/// The whole phase while it happens.
class Searches {
 public:
  explicit Searches(SearchState& state) : state_(state), flops_(flops_of(state)), scores_(state, search_rows(state)) {}

  Json run() {
    std::vector<std::string> names{"energy"};
    names.insert(names.end(), state_.request.compare.begin(), state_.request.compare.end());
    const double share = 1.0 / static_cast<double>(names.size());
    Json searches = Json::array();
    std::vector<SearchPoint> front;
    std::size_t evaluated = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0 && state_.clock.interrupted()) break;  // what is asked for comes first
      const StopCheck stop = state_.clock.after_share(kSearchShareOfTime * share /
                                                      (1 - kSearchShareOfTime * share * static_cast<double>(i)));
      Search search(state_, kind_of(state_, names[i]), scores_, stop);
      search_all(search, names[i], evaluated, static_cast<double>(i) * share, share);
      const SearchPoint* best = search.best();
      if (best == nullptr) fail_usage("no network was found that keeps all the limits at once: allow more");
      if (i == 0) {
        evaluated = search.evaluated().size();
        front = pareto_front(search.evaluated());
      }
      state_.log(fmt::format("search by {}: {} architectures, best {}, {} on {} rows, {}", names[i],
                             search.evaluated().size(), state_.text_of(*best),
                             score_text(state_.score_of(best->utility)), search_rows(state_),
                             with_unit(best->energy_j, "J")));
      const RunTrace::Search trace = search.trace(best->space);
      searches.push_back({{"name", names[i]},
                          {"best", to_json(*best)},
                          {"mean_rewards", trace.mean_rewards},
                          {"entropies", trace.entropies}});
    }
    scores_.keep();
    Json points = Json::array();
    for (const SearchPoint& point : front)
      points.push_back(
          {{"point", to_json(point)}, {"standard_error", scores_.standard_error_of(point.space, point.architecture)}});
    Json scored = Json::array();
    for (std::size_t space = 0; space < state_.spaces.size(); ++space) scored.push_back(scores_.scored(space));
    return {{"searches", searches}, {"front", points}, {"scored", scored}};
  }

 private:
  /// Of each space, in one search: those whose networks cost more to score get no more architectures than they pay for.
  static std::vector<double> flops_of(const SearchState& state) {
    const double samples = 2.0 * updates_of(state.request) * SearchOptions{}.samples_per_update;
    std::vector<double> needs;
    for (const auto& space : state.spaces)
      needs.push_back(space.mean_flops * static_cast<double>(search_rows(state)) * samples);
    return shared_by_need(state.request.effort * for_spaces(kSearchFlops, state.spaces.size()), needs);
  }

  void search_all(Search& search, const std::string& name, std::size_t evaluated, double from, double share) {
    if (name == "random") {
      search.at_random(evaluated);
      return;
    }
    const auto count = static_cast<double>(state_.spaces.size());
    for (std::size_t space = 0; space < state_.spaces.size(); ++space)
      search.by_policy(space, flops_[space], [&](const Progress& p) {
        const double done = (static_cast<double>(space) + p.fraction) / count;
        if (state_.progress)
          state_.progress({name == "energy" ? "search" : "search by " + name, from + share * done, p.detail});
      });
  }

  SearchState& state_;
  std::vector<double> flops_;
  SupernetScores scores_;
};

void apply_search(SearchState& state, const Json& outcome) {
  for (const auto& search : outcome.at("searches")) {
    SearchOutcome found{
        search.at("name").get<std::string>(),
        search_point_from_json(search.at("best")),
        {search.at("mean_rewards").get<std::vector<double>>(), search.at("entropies").get<std::vector<double>>()}};
    state.record.trace.searches.emplace_back(found.name, found.trace);
    state.found.push_back(std::move(found));
  }
  for (const auto& entry : outcome.at("front")) {
    state.front.push_back(search_point_from_json(entry.at("point")));
    state.front_standard_errors.push_back(entry.at("standard_error").get<double>());
  }
  for (std::size_t i = 0; i < state.spaces.size(); ++i)
    state.record.architectures_scored += state.record.spaces[i].scored = outcome.at("scored").at(i).get<std::size_t>();
}

}  // namespace

/// The same rows for all spaces, so that their scores can be compared: fewer where one of them is dear.
std::size_t search_rows(const SearchState& state) {
  double most = 0;
  for (const auto& space : state.spaces) most = std::max(most, space.mean_flops);
  constexpr double kArchitectures = 150;
  const double affordable = for_spaces(kSearchFlops, state.spaces.size()) / (kArchitectures * most);
  const auto rows = static_cast<std::size_t>(
      std::clamp(affordable, static_cast<double>(kFewestRows), static_cast<double>(kMostRows)));
  return std::min(rows, state.data_of(0).validation.rows());
}

void search_phase(SearchState& state) {
  kept_phase(
      state, "search", [&] { return Searches(state).run(); },
      [&](const Json& outcome) { apply_search(state, outcome); });
}

}  // namespace tabjoule
