// The answer of a search: chosen among the trained networks, exported, and held against the baselines'.
#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/energy_model.h"
#include "pipeline/model_files.h"
#include "pipeline/search_phases.h"

namespace tabjoule {
namespace {

/// Points of the front that the record keeps, those that were trained not counted.
constexpr std::size_t kFrontPoints = 40;

/// By what was measured, where it was; else by the upper end of the prediction.
bool keeps_measured(const SearchState& state, const RunPoint& point) {
  const SearchLimits& limits = state.request.limits;
  const auto batch = static_cast<double>(state.request.batch);
  if (limits.energy_budget_j) {
    const double most_j = point.energy_measured_j ? *point.energy_measured_j + *point.energy_measured_half_width_95_j
                                                  : point.energy_predicted_interval_90_j->high;
    if (most_j > *limits.energy_budget_j) return false;
  }
  if (limits.latency_s) {
    const double time_s = point.time_measured_s ? *point.time_measured_s : point.time_predicted_interval_90_s->high;
    if (time_s * batch > *limits.latency_s) return false;
  }
  if (limits.parameters && point.parameters > *limits.parameters) return false;
  return !limits.min_score || state.utility_of(*point.score_validation) >= state.utility_of(*limits.min_score);
}

double energy_of(const RunPoint& point) { return point.energy_measured_j.value_or(*point.energy_predicted_j); }

std::string limits_text(const SearchState& state) {
  const SearchLimits& limits = state.request.limits;
  std::vector<std::string> texts;
  if (limits.energy_budget_j) texts.push_back(with_unit(*limits.energy_budget_j, "J") + " per prediction");
  if (limits.min_score)
    texts.push_back(fmt::format("a {} of {} on validation", to_string(state.metric), score_text(*limits.min_score)));
  if (limits.latency_s)
    texts.push_back(fmt::format("{} for a batch of {}", with_unit(*limits.latency_s, "s"), state.request.batch));
  if (limits.parameters) texts.push_back(fmt::format("{} parameters", *limits.parameters));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string reason(const SearchState& state, bool holds) {
  const std::string limits = limits_text(state);
  if (!holds) return fmt::format("no trained network keeps {}; this one comes nearest", limits);
  const std::string within = limits.empty() ? "" : " within " + limits;
  switch (state.aim.rule) {
    case Aim::Rule::energy_budget:
      return fmt::format("the best score{}", within);
    case Aim::Rule::min_score:
      return fmt::format("the fewest joules at {}", limits);
    case Aim::Rule::knee:
      return fmt::format("the knee of the trained front{}: beyond it, joules buy little score", within);
    default:
      if (state.aim.energy_weight == 0) return fmt::format("the best score{}, whatever it costs", within);
      return fmt::format("the best score{} less {:g} for each factor of ten in energy", within,
                         state.aim.energy_weight);
  }
}

/// Index into state.points.
std::size_t chosen_index(SearchState& state) {
  std::vector<Choosable> points;
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < state.points.size(); ++i) {
    if (!state.trained[i].front) continue;  // a baseline's answer is no answer to what was asked
    const RunPoint& point = state.points[i];
    std::vector<double> left_out;
    for (const double score : state.trained[i].trained.left_out) left_out.push_back(state.utility_of(score));
    points.push_back({state.utility_of(*point.score_validation), energy_of(point), keeps_measured(state, point),
                      std::move(left_out)});
    indices.push_back(i);
  }
  const std::size_t chosen = choose(points, state.aim);
  state.record.chosen_by = {state.aim.name(), reason(state, points[chosen].keeps), points[chosen].keeps};
  return indices[chosen];
}

/// The trained point of this network, if it was measured.
const RunPoint* trained_point(const SearchState& state, const SearchPoint& point) {
  for (std::size_t i = 0; i < state.points.size(); ++i)
    if (state.trained[i].trained.point.same_network(point)) return &state.points[i];
  return nullptr;
}

void fill_front(SearchState& state) {
  const std::size_t step = std::max<std::size_t>(1, (state.front.size() + kFrontPoints - 1) / kFrontPoints);
  for (std::size_t i = 0; i < state.front.size(); ++i) {
    const RunPoint* trained = trained_point(state, state.front[i]);
    if (trained == nullptr && i % step != 0) continue;
    RunPoint point = trained != nullptr ? *trained : run_point(state, state.front[i]);
    point.score_supernet_standard_error = state.front_standard_errors[i];
    if (trained != nullptr && point.text == state.record.chosen.text)
      state.record.chosen.score_supernet_standard_error = point.score_supernet_standard_error;
    state.record.pareto.push_back(std::move(point));
  }
}

void fill_baselines(SearchState& state) {
  const RunPoint& chosen = state.record.chosen;
  for (const SearchOutcome& outcome : state.found) {
    const RunPoint* point = outcome.name == "energy" ? nullptr : trained_point(state, outcome.best);
    if (point == nullptr) continue;
    RunBaseline baseline{outcome.name, *point, 0, false};
    baseline.saving_predicted = !chosen.energy_measured_j || !point->energy_measured_j;
    if (point->text != chosen.text)
      baseline.saving_fraction = baseline.saving_predicted ? 1 - *chosen.energy_predicted_j / *point->energy_predicted_j
                                                           : 1 - *chosen.energy_measured_j / *point->energy_measured_j;
    state.record.baselines.push_back(std::move(baseline));
  }
}

}  // namespace

RunPoint run_point(const SearchState& state, const SearchPoint& point) {
  const SpaceOfRun& space = state.spaces[point.space];
  const Network network = to_network(space.space, point.architecture, space.shape);
  const ModelPrediction prediction = state.predictor->predict(kernels_of(state.device, network, state.request.batch));
  const auto batch = static_cast<double>(state.request.batch);
  RunPoint result;
  result.space = space.space.name;
  result.architecture = to_json(space.space, point.architecture);
  result.text = state.text_of(point);
  result.score_supernet = state.score_of(point.utility);
  result.energy_predicted_j = point.energy_j;
  result.energy_predicted_interval_90_j =
      Interval{prediction.energy_low_per_batch_j / batch, prediction.energy_high_per_batch_j / batch};
  result.time_predicted_s = point.time_s / batch;
  result.time_predicted_interval_90_s =
      Interval{prediction.time_low_per_batch_s / batch, prediction.time_high_per_batch_s / batch};
  result.parameters = point.parameters;
  result.flops = point.flops;
  for (const auto& kernel : prediction.kernels)
    result.kernels.push_back(
        {kernel.kernel.key.text(), kernel.kernel.nodes, kernel.prediction.energy_j, kernel.prediction.time_s});
  return result;
}

void export_phase(SearchState& state) {
  timed_phase(state, "export", [&] {
    const std::size_t chosen = chosen_index(state);
    state.record.chosen = state.points[chosen];
    const TrainedEntry& entry = state.trained[chosen];
    const SpaceOfRun& space = state.spaces[entry.trained.point.space];
    const TrainedModel model = read_trained(state.training.file(entry.file), space.space, space.shape, true).model;
    const PreparedData& data = state.data_of(entry.trained.point.space);
    state.log(fmt::format("chosen {}: {}", state.record.chosen.text, state.record.chosen_by.text));
    state.record.features = data.preprocessor.width();
    state.record.export_difference = export_model(state.request.out, model, data, *state.device.runner, state.pool);
    fill_front(state);
    fill_baselines(state);
    if (!state.record.chosen_by.holds) state.tell(state.record.chosen_by.text);
  });
  state.record.stopped_early = state.clock.stopped_early();
}

}  // namespace tabjoule
