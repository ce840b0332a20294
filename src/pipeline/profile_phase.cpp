// What the device spends on the kernels of a search's spaces.
#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/energy_model.h"
#include "pipeline/search_phases.h"

namespace tabjoule {
namespace {

/// Of a time budget, at most.
constexpr double kProfileShareOfTime = 0.2;
constexpr int kModelsOfSpace = 4;  // measured as a whole

/// The kernels of all spaces, and a few networks of each as a whole: alone, kernels find warmer caches.
ProfilingTargets targets_of(SearchState& state) {
  std::set<KernelKey> keys;
  for (const auto& space : state.spaces)
    for (const KernelKey& key : kernels_of_space(state.device, space.space, space.shape, state.request.batch))
      keys.insert(key);
  ProfilingTargets targets{{keys.begin(), keys.end()}, {}};
  for (int i = 0; i < kModelsOfSpace; ++i) {
    for (const auto& space : state.spaces) {
      Rng rng = Rng(0).split(static_cast<std::uint64_t>(i));
      const Architecture architecture = random_architecture(space.space, rng);
      targets.models.push_back(
          whole_model(space.space, architecture, space.shape, state.request.batch, state.device.rules, rng));
    }
  }
  return targets;
}

Json profile_json(SearchState& state) {
  EnergyModelOptions options;
  options.profile_budget_s = state.request.profile_budget_s;
  if (state.clock.limited())
    options.profile_budget_s =
        std::max(1.0, std::min(options.profile_budget_s, kProfileShareOfTime * state.clock.left_s()));
  options.profile_folder = state.request.profile_folder;
  options.seed = state.request.seed;
  return to_json(extended_profile(
      state.device, targets_of(state), options, [&](const std::string& text) { state.tell(text); }, state.progress));
}

void apply_profile(SearchState& state, const Json& json) {
  const DeviceProfile profile = profile_from_json(json);
  state.predictor.emplace(Predictor::fit(profile, state.pool.threads()));
  const PredictorAccuracy& accuracy = state.predictor->accuracy();
  state.record.predictor = {{"samples", profile.samples.size()},
                            {"mape", accuracy.mape},
                            {"rmspe", accuracy.rmspe},
                            {"within_10", accuracy.within_10},
                            {"constant", {{"mape", accuracy.constant_mape}}},
                            {"flops", {{"mape", accuracy.flops_mape}}}};
}

/// Not even the smallest networks keep a limit: better said now than after the training.
void require_feasible(const SearchState& state) {
  const SearchLimits& limits = state.request.limits;
  double energy_j = std::numeric_limits<double>::infinity();
  double time_s = energy_j;
  auto parameters = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < state.spaces.size(); ++i) {
    const SearchPoint point = predicted_point(state, i, smallest(state.spaces[i].space));
    energy_j = std::min(energy_j, point.energy_high_j);
    time_s = std::min(time_s, point.time_high_s);
    parameters = std::min(parameters, point.parameters);
  }
  if (limits.energy_budget_j && energy_j > *limits.energy_budget_j)
    fail_usage("--energy-budget {} is too little: the smallest network takes up to {} per prediction at batch {} on {}",
               with_unit(*limits.energy_budget_j, "J"), with_unit(energy_j, "J"), state.request.batch,
               state.device.name);
  if (limits.latency_s && time_s > *limits.latency_s)
    fail_usage("--latency {} is too little: the smallest network takes up to {} for a batch of {} on {}",
               with_unit(*limits.latency_s, "s"), with_unit(time_s, "s"), state.request.batch, state.device.name);
  if (limits.parameters && parameters > *limits.parameters)
    fail_usage("--max-parameters {} is too little: the smallest network has {}", *limits.parameters, parameters);
}

}  // namespace

SearchPoint predicted_point(const SearchState& state, std::size_t space, const Architecture& architecture) {
  const SpaceOfRun& of = state.spaces[space];
  const Network network = to_network(of.space, architecture, of.shape);
  const ModelPrediction prediction = state.predictor->predict(kernels_of(state.device, network, state.request.batch));
  if (prediction.unknown > 0)
    fail_device("{} kernels of {} were not measured on {}: raise --profile-budget", prediction.unknown,
                to_text(of.space, architecture), state.device.name);
  const auto batch = static_cast<double>(state.request.batch);
  SearchPoint point;
  point.space = space;
  point.architecture = architecture;
  point.energy_j = prediction.energy_per_batch_j / batch;
  point.energy_high_j = prediction.energy_high_per_batch_j / batch;
  point.time_s = prediction.time_per_batch_s;
  point.time_high_s = prediction.time_high_per_batch_s;
  point.parameters = network.parameter_count();
  point.flops = network.flops();
  return point;
}

bool keeps_limits(const SearchRequest& request, const SearchPoint& point) {
  const SearchLimits& limits = request.limits;
  return (!limits.energy_budget_j || point.energy_high_j <= *limits.energy_budget_j) &&
         (!limits.latency_s || point.time_high_s <= *limits.latency_s) &&
         (!limits.parameters || point.parameters <= *limits.parameters);
}

void profile_phase(SearchState& state) {
  kept_phase(
      state, "profile", [&] { return profile_json(state); }, [&](const Json& json) { apply_profile(state, json); });
  require_feasible(state);
}

}  // namespace tabjoule
