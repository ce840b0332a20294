// Table, device and spaces of a search.
#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/machine.h"
#include "base/text.h"
#include "base/version.h"
#include "pipeline/scaling_choice.h"
#include "pipeline/search_phases.h"
#include "supernet/train_supernet.h"

namespace tabjoule {
namespace {

std::string hash_of(const Dataset& dataset, const Split& split) {
  std::string text = fmt::format("{} {}", dataset.features.rows, fmt::join(dataset.features.names(), "\t"));
  const auto add = [&](const auto& values) {
    text += fmt::format(" {:016x}", stable_hash({reinterpret_cast<const char*>(values.data()),
                                                 values.size() * sizeof(*values.data())}));
  };
  add(dataset.target.labels);
  add(dataset.target.values);
  add(split.train);
  return fmt::format("{:016x}", stable_hash(text));
}

/// Everything of a request that bears on what is trained, as runs must have in common that share it.
Json training_identity_of(const SearchState& state, const PreparedData& data) {
  const SearchRequest& request = state.request;
  Json spaces = Json::array();
  for (const auto& space : state.spaces) spaces.push_back(space.space.name);
  return {{"data", request.data.data},
          {"target", request.data.target},
          {"rows hash", hash_of(*data.dataset, data.split)},
          {"metric", to_string(state.metric)},
          {"spaces", spaces},
          {"class weights", request.data.class_weights},
          {"label smoothing", request.data.label_smoothing},
          {"choice of scaling", request.data.choose_scaling},
          {"scaling", static_cast<int>(request.data.preprocess.scaling)},
          {"dropout", request.dropout},
          {"teacher", request.data.teacher},
          {"effort", request.effort},
          {"time budget", request.time_budget_s},
          {"seed", request.seed}};
}

/// And on the result, as what a resumed run must share with the one that was begun.
Json identity_of(const SearchState& state, const PreparedData& data) {
  const SearchRequest& request = state.request;
  const SearchLimits& limits = request.limits;
  Json identity = training_identity_of(state, data);
  identity.update({{"device", state.device.fingerprint},
                   {"batch", request.batch},
                   {"energy weight", request.energy_weight},
                   {"reward", to_string(request.reward)},
                   {"knee", request.knee},
                   {"energy budget", or_null(limits.energy_budget_j)},
                   {"smallest score", or_null(limits.min_score)},
                   {"latency", or_null(limits.latency_s)},
                   {"most parameters", or_null(limits.parameters)},
                   {"baselines", request.compare},
                   {"points to train", request.train_points}});
  return identity;
}

void load_spaces(SearchState& state) {
  std::set<std::string> names;
  for (const std::string& name : state.request.spaces) {
    SpaceOfRun space;
    space.space = load_space(name);
    if (!names.insert(space.space.name).second)
      fail_usage("--space {}: there is a space \"{}\" already; give its file another \"name\"", name, space.space.name);
    state.spaces.push_back(std::move(space));
  }
}

/// Chosen once for all encodings, and kept.
void choose_scaling_of_numbers(SearchState& state, PreparedData& data, PreprocessOptions& options) {
  if (!state.request.data.choose_scaling) return;
  if (const auto kept = state.training.load("scaling")) {
    options.scaling = kept->at("standard").get<bool>() ? Scaling::standard : Scaling::quantile;
    preprocess(data, options, {});
    const std::string text = kept->at("notice").get<std::string>();
    if (!text.empty()) state.record.notices.push_back(text);
    return;
  }
  const ScalingChoice choice = choose_scaling(data, options, state.request.seed, state.pool, state.progress);
  options.scaling = choice.scaling;
  std::string text;
  if (choice.scaling == Scaling::standard) {
    text = fmt::format(
        "numeric columns are standardised: a small network's validation loss is {:.4g}, on quantiles it "
        "is {:.4g}",
        *choice.loss_standard, *choice.loss_quantile);
    state.tell(text);
  }
  state.training.store("scaling", {{"standard", choice.scaling == Scaling::standard}, {"notice", text}});
}

void prepare_all(SearchState& state) {
  DataRequest wanted = state.request.data;
  const CategoryEncoding first = category_encoding(state.spaces.front().space);
  wanted.preprocess.encoding = first;
  PreparedData data = prepare_data(wanted, state.request.seed, state.pool.threads(),
                                   [&](const std::string& text) { state.tell(text); });
  const Task task = data.dataset->target.task;
  state.metric = state.request.metric.empty() ? default_metric(task) : metric_from(state.request.metric, task);
  state.checkpoint.open(identity_of(state, data), state.request.resume);
  if (!state.request.training_folder.empty()) state.training.open(training_identity_of(state, data), true);
  choose_scaling_of_numbers(state, data, wanted.preprocess);
  for (const auto& space : state.spaces) {
    const CategoryEncoding encoding = category_encoding(space.space);
    if (encoding == first || state.data.contains(encoding)) continue;
    PreparedData other;
    other.dataset = data.dataset;
    other.split = data.split;
    other.loss = data.loss;
    PreprocessOptions options = wanted.preprocess;
    options.encoding = encoding;
    preprocess(other, options, {});  // what there is to tell was told
    state.data.emplace(encoding, std::move(other));
  }
  state.data.emplace(first, std::move(data));
  for (std::size_t i = 0; i < state.spaces.size(); ++i) {
    SpaceOfRun& space = state.spaces[i];
    space.shape = shape_of(state.data_of(i), state.request.dropout);
    space.mean_flops = mean_path_flops(space.space, space.shape, {});
  }
}

/// Training the largest network of each space must fit; the supernet's moments and best epoch are in its bytes.
void require_memory(SearchState& state) {
  std::size_t most = 0;
  std::string whose;
  for (const SpaceOfRun& space : state.spaces) {
    const Network network = to_network(space.space, largest(space.space), space.shape);
    const int batch = default_batch(state.data.begin()->second.train.rows());
    const std::size_t bytes = training_bytes(network, batch, state.pool.threads());
    if (bytes > most) whose = space.space.name;
    most = std::max(most, bytes);
  }
  const std::size_t available = available_memory_bytes();
  const auto gigabytes = [](std::size_t bytes) { return static_cast<double>(bytes) / 1e9; };
  if (available > 0 && most > available)
    fail_input(
        "training the largest network of space {} takes {:.1f} GB of memory beside the rows, {:.1f} GB are free: "
        "give a --space of smaller networks, or --drop columns",
        whose, gigabytes(most), gigabytes(available));
  if (most > kToldTrainingBytes)
    state.tell(fmt::format("training the largest network of space {} takes {:.1f} GB of memory beside the rows", whose,
                           gigabytes(most)));
}

void describe(SearchState& state) {
  RunRecord& record = state.record;
  const SearchRequest& request = state.request;
  const PreparedData& data = state.data_of(0);
  const Target& target = data.dataset->target;
  record.version = kVersion;
  record.created = utc_now();
  record.command = request.command;
  record.machine = machine_text();
  record.data = request.data.data;
  record.target = target.name;
  record.task = to_string(target.task);
  record.metric = to_string(state.metric);
  record.higher_is_better = higher_is_better(state.metric);
  record.device = state.device.name;
  record.fingerprint = state.device.fingerprint;
  record.sensor = state.device.energy.name;
  record.sensor_description = state.device.energy.description;
  record.source = state.device.energy.source;
  record.batch = request.batch;
  record.seed = request.seed;
  record.threads = state.pool.threads();
  record.reward = {to_string(request.reward), state.aim.energy_weight};
  const SearchLimits& limits = request.limits;
  record.limits = {limits.energy_budget_j, limits.min_score, limits.latency_s, limits.parameters};
  record.rows_train = data.train.rows();
  record.rows_validation = data.validation.rows();
  record.rows_test = data.test.rows();
  record.raw_columns = static_cast<int>(data.dataset->features.columns.size());
  record.classes = target.classes;
  record.dummy_test_score = dummy_score(data.train, data.test, target.outputs(), state.metric);
  state.dummy = dummy_score(data.train, data.validation, target.outputs(), state.metric);
  for (const auto& space : state.spaces)
    record.spaces.push_back({space.space.name, space.space.family, space.space.size(), 0});
  record.folder = request.out;
}

}  // namespace

void read_phase(SearchState& state) {
  state.device = open_device(state.request.device, state.request.device_options);
  load_spaces(state);
  timed_phase(state, "read", [&] {
    prepare_all(state);
    require_memory(state);
    describe(state);
  });
}

}  // namespace tabjoule
