// The trained networks of a search on the device.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "pipeline/energy_model.h"
#include "pipeline/score_error.h"
#include "pipeline/search_phases.h"
#include "profile/measure.h"

namespace tabjoule {
namespace {

/// What a measurement gets of a time budget at least, before it is given up: a sensor that reads in windows takes
/// longer.
constexpr double kFewestSeconds = 1;
constexpr double kFewestSecondsInWindows = 8;

MeasureOptions options_of(const SearchState& state) {
  MeasureOptions options;
  if (!state.clock.limited() || state.device.simulation) return options;  // virtual seconds cost nothing
  const double fewest = state.device.reads_in_windows() ? kFewestSecondsInWindows : kFewestSeconds;
  options.budget_s =
      std::clamp(state.clock.left_s() / static_cast<double>(2 * state.trained.size()), fewest, options.budget_s);
  return options;
}

TrainedModel model_of(const SearchState& state, const TrainedEntry& entry) {
  const SpaceOfRun& space = state.spaces[entry.trained.point.space];
  return read_trained(state.training.file(entry.file), space.space, space.shape, true).model;
}

/// A simulated device begins anew for each network, so that what a run measures does not depend on what it measured
/// before it was killed.
void begin_anew(SearchState& state) {
  if (state.device.simulation) state.device = open_device(state.request.device, state.request.device_options);
}

RunPoint measured_point(SearchState& state, const TrainedEntry& entry) {
  const std::int64_t batch = state.request.batch;
  const TrainedPoint& trained = entry.trained;
  RunPoint result = run_point(state, trained.point);
  result.trained = true;
  result.score_validation = trained.model.score_validation;
  result.score_validation_standard_error = standard_error(trained.left_out);
  result.score_test = trained.model.score_test;
  result.training = {
      {"learning_rate", trained.recipe.learning_rate},   {"weight_decay", trained.recipe.weight_decay},
      {"dropout", static_cast<double>(trained.dropout)}, {"batch", trained.recipe.batch},
      {"epochs", trained.model.training.epochs},         {"best_epoch", trained.model.training.best_epoch}};
  begin_anew(state);
  const TrainedModel model = model_of(state, entry);
  const auto loaded = state.device.runner->load(to_onnx(to_graph(model.network, &model.store)));
  loaded->bind_random(batch, state.request.seed);
  try {
    const Measurement measurement = measure(*loaded, batch, state.device, options_of(state));
    result.energy_measured_j = measurement.energy_j();
    result.energy_measured_half_width_95_j = measurement.energy_half_width_95_j / static_cast<double>(batch);
    result.time_measured_s = measurement.time_per_batch_s / static_cast<double>(batch);
  } catch (const Error& error) {  // the trained network is not lost over a measurement
    if (error.kind() != ErrorKind::device) throw;
    state.tell(fmt::format("{} was not measured: {}; `tabjoule measure` tries again", result.text, error.what()));
  }
  const KernelGraph expected = kernels_of(state.device, model.network, batch);
  if (state.device.simulation)
    result.energy_true_j = state.device.simulation->steady_cost(expected).energy_j / static_cast<double>(batch);
  const KernelGraph executed = detect_kernels(state.device, loaded->executed_graph(), batch);
  const auto sorted_keys = [](const KernelGraph& graph) {  // a runtime may run branches in another order
    std::vector<KernelKey> keys;
    for (const Kernel& kernel : graph.kernels) keys.push_back(kernel.key);
    std::sort(keys.begin(), keys.end());
    return keys;
  };
  if (sorted_keys(executed) != sorted_keys(expected))
    state.tell(
        fmt::format("{} runs {} kernels for {} where {} were expected: its energy is predicted from other kernels "
                    "than it runs",
                    state.device.runner->name(), executed.kernels.size(), result.text, expected.kernels.size()));
  return result;
}

Json measure_all(SearchState& state) {
  Json points = Json::array();
  for (std::size_t i = 0; i < state.trained.size(); ++i) {
    if (i > 0 && state.clock.interrupted()) break;
    const std::string name = "measured-" + state.trained[i].file;
    Json point;
    if (const auto kept = state.checkpoint.load(name)) {
      point = *kept;
    } else {
      point = to_json(measured_point(state, state.trained[i]));
      state.checkpoint.store(name, point);
      if (!point.at("energy_measured_j").is_null())
        state.log(fmt::format("measured {}: {} where {} were predicted", point.at("text").get<std::string>(),
                              with_unit(point.at("energy_measured_j").get<double>(), "J"),
                              with_unit(point.at("energy_predicted_j").get<double>(), "J")));
    }
    points.push_back(std::move(point));
    if (state.progress)
      state.progress({"measure", static_cast<double>(i + 1) / static_cast<double>(state.trained.size()), ""});
  }
  return points;
}

}  // namespace

void measure_phase(SearchState& state) {
  kept_phase(
      state, "measure", [&] { return measure_all(state); },
      [&](const Json& outcome) {
        for (const auto& point : outcome) state.points.push_back(point_from_json(point));
      });
}

}  // namespace tabjoule
