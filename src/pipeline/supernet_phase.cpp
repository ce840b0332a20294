// One supernet for each space of a search, within a common budget.
#include <algorithm>

#include "base/error.h"
#include "pipeline/search_phases.h"
#include "pipeline/work_plan.h"
#include "supernet/train_supernet.h"

namespace tabjoule {
namespace {

/// Floating-point operations at effort 1, in the mean over the spaces: about half a minute each on two cores.
constexpr double kSupernetFlops = 3e12;
/// Of the time that a time budget leaves.
constexpr double kSupernetShareOfTime = 0.35;
constexpr int kMostSupernetEpochs = 60;
constexpr int kFewestSupernetEpochs = 6;
/// Rows that the epochs of a supernet are judged on.
constexpr std::size_t kFewestProbeRows = 256;
constexpr std::size_t kMostProbeRows = 2048;

std::string file_of(std::size_t space) { return fmt::format("supernet-{}.bin", space); }

std::vector<SupernetPlan> plans_of(SearchState& state) {
  const std::size_t rows = state.data_of(0).learnt().rows();
  std::vector<double> needs;
  for (const auto& space : state.spaces)
    needs.push_back(kMostSupernetEpochs * 3 * space.mean_flops * static_cast<double>(rows));
  std::vector<double> flops =
      shared_by_need(state.request.effort * kSupernetFlops * static_cast<double>(state.spaces.size()), needs);
  if (state.clock.limited()) {
    double time_s = 0;
    for (std::size_t i = 0; i < flops.size(); ++i)
      time_s += flops[i] /
                training_speed(state.spaces[i].space, state.spaces[i].shape, state.data_of(i).learnt(), state.pool);
    const double affordable = kSupernetShareOfTime * state.clock.left_s() / time_s;
    if (affordable < 1) state.clock.cut_short();
    for (double& share : flops) share *= std::min(1.0, affordable);
  }
  std::vector<SupernetPlan> plans;
  for (std::size_t i = 0; i < flops.size(); ++i)
    plans.push_back({flops[i], rows_for(flops[i], 3 * state.spaces[i].mean_flops, rows, kFewestSupernetEpochs)});
  return plans;
}

/// Trains within `plan`, or goes on where the checkpoint is; where `stop` holds already, what is there is taken.
SupernetResult train(SearchState& state, std::size_t index, const StopCheck& stop) {
  SpaceOfRun& space = state.spaces[index];
  space.supernet.emplace(space.space, space.shape, state.request.seed);
  SupernetOptions options;
  options.flop_budget = space.plan.flop_budget;
  options.max_epochs = kMostSupernetEpochs;
  options.metric = state.metric;
  options.seed = state.request.seed;
  options.checkpoint = state.training.file(file_of(index));
  options.stop = stop;
  const std::size_t probe_rows = std::clamp(space.plan.rows / 8, kFewestProbeRows, kMostProbeRows);
  const Samples probes = spread_rows(state.data_of(index).validation, probe_rows);
  const auto count = static_cast<double>(state.spaces.size());
  const ProgressSink progress = [&](const Progress& p) {
    if (state.progress)
      state.progress({"supernet", (static_cast<double>(index) + p.fraction) / count, space.space.name});
  };
  const Samples& learnt = state.data_of(index).learnt();
  const bool all = space.plan.rows >= learnt.rows();
  SupernetResult result = all ? train_supernet(*space.supernet, learnt, probes, options, state.pool, progress)
                              : train_supernet(*space.supernet, spread_rows(learnt, space.plan.rows), probes, options,
                                               state.pool, progress);
  for (auto& [name, parameter] : space.supernet->store().all()) {  // two thirds of the memory, not needed again
    parameter.first_moment.resize(0, 0);
    parameter.second_moment.resize(0, 0);
  }
  return result;
}

Json train_all(SearchState& state) {
  if (const auto kept = state.training.load("supernets")) return *kept;
  // Kept before training begins: a resumed run's speed may be another, its plan must not be.
  Json plans = Json::array();
  if (const auto kept = state.training.load("supernet-plans")) {
    plans = *kept;
  } else {
    for (const SupernetPlan& plan : plans_of(state)) plans.push_back(to_json(plan));
    state.training.store("supernet-plans", plans);
  }
  Json outcome = Json::array();
  double left = 0;
  for (const auto& plan : plans) left += plan.at("flop_budget").get<double>();
  double share_of_time = kSupernetShareOfTime;
  for (std::size_t i = 0; i < state.spaces.size(); ++i) {
    SpaceOfRun& space = state.spaces[i];
    space.plan = supernet_plan_from_json(plans[i]);
    // The budget of the others is theirs, whatever this one takes.
    const double share = share_of_time * space.plan.flop_budget / left;
    const SupernetResult result = train(state, i, state.clock.after_share(std::min(1.0, 1.2 * share)));
    state.log(fmt::format("supernet of {}: {} of {} rows, {} epochs, best {}, loss {:.4g}, mean score {:.4g}",
                          space.space.name, space.plan.rows, state.data_of(i).learnt().rows(), result.epochs,
                          result.best_epoch + 1, result.losses[static_cast<std::size_t>(result.best_epoch)],
                          result.probe_scores[static_cast<std::size_t>(result.best_epoch)]));
    left = std::max(1.0, left - space.plan.flop_budget);
    share_of_time = std::max(0.0, share_of_time - share) / std::max(1e-9, 1 - share);
    outcome.push_back({{"plan", plans[i]}, {"losses", result.losses}, {"probe_scores", result.probe_scores}});
  }
  if (!state.clock.interrupted()) state.training.store("supernets", outcome);
  return outcome;
}

}  // namespace

Supernet& supernet_of(SearchState& state, std::size_t space) {
  if (!state.spaces[space].supernet) (void)train(state, space, [] { return true; });
  return *state.spaces[space].supernet;
}

void supernet_phase(SearchState& state) {
  kept_phase(
      state, "supernet", [&] { return train_all(state); },
      [&](const Json& outcome) {
        for (std::size_t i = 0; i < state.spaces.size(); ++i) {
          state.spaces[i].plan = supernet_plan_from_json(outcome.at(i).at("plan"));
          state.record.trace.supernets.push_back({state.spaces[i].space.name,
                                                  {outcome.at(i).at("losses").get<std::vector<double>>(),
                                                   outcome.at(i).at("probe_scores").get<std::vector<double>>()}});
        }
      });
}

}  // namespace tabjoule
