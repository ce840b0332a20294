#include "pipeline/run_record.h"

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr int kVersionOfFormat = 2;

template <class T = double>
std::optional<T> optional_from(const Json& json, const char* key) {
  const Json& value = json.at(key);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

Json interval_json(const std::optional<Interval>& interval) {
  return interval ? Json::array({interval->low, interval->high}) : Json(nullptr);
}

std::optional<Interval> interval_from(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (value.is_null()) return std::nullopt;
  return Interval{value.at(0).get<double>(), value.at(1).get<double>()};
}

Json kernels_json(const std::vector<RunKernel>& kernels) {
  Json json = Json::array();
  for (const auto& kernel : kernels)
    json.push_back({{"kernel", kernel.text},
                    {"nodes", kernel.nodes},
                    {"energy_per_batch_j", kernel.energy_j},
                    {"time_per_batch_s", kernel.time_s}});
  return json;
}

std::vector<RunKernel> kernels_from(const Json& json) {
  std::vector<RunKernel> kernels;
  for (const auto& kernel : json)
    kernels.push_back({kernel.at("kernel").get<std::string>(), kernel.at("nodes").get<std::vector<std::string>>(),
                       kernel.at("energy_per_batch_j").get<double>(), kernel.at("time_per_batch_s").get<double>()});
  return kernels;
}

EnergySource source_from(const std::string& text) {
  for (const auto source : {EnergySource::measured, EnergySource::estimated, EnergySource::simulated})
    if (text == to_string(source)) return source;
  fail_input("\"{}\" is no energy source (measured, estimated or simulated)", text);
}

Json spaces_json(const std::vector<RunSpace>& spaces) {
  Json json = Json::array();
  for (const auto& space : spaces)
    json.push_back({{"name", space.name},
                    {"family", space.family},
                    {"architectures", space.architectures},
                    {"scored", space.scored}});
  return json;
}

Json limits_json(const RunLimits& limits) {
  return {{"energy_budget_j", or_null(limits.energy_budget_j)},
          {"min_score", or_null(limits.min_score)},
          {"latency_s", or_null(limits.latency_s)},
          {"parameters", or_null(limits.parameters)}};
}

RunLimits limits_from(const Json& json) {
  return {optional_from(json, "energy_budget_j"), optional_from(json, "min_score"), optional_from(json, "latency_s"),
          optional_from<std::int64_t>(json, "parameters")};
}

Json baselines_json(const RunRecord& record) {
  Json json = Json::object();
  for (const auto& baseline : record.baselines) {
    json[baseline.name] = to_json(baseline.point);
    json[baseline.name]["saving_fraction"] = baseline.saving_fraction;
    json[baseline.name]["saving_from"] = baseline.saving_predicted ? "predicted" : "measured";
  }
  return json;
}

Json trace_json(const RunTrace& trace) {
  Json supernets = Json::object();
  for (const auto& [name, supernet] : trace.supernets)
    supernets[name] = {{"losses", supernet.losses}, {"probe_scores", supernet.probe_scores}};
  Json searches = Json::object();
  for (const auto& [name, search] : trace.searches)
    searches[name] = {{"mean_rewards", search.mean_rewards}, {"entropies", search.entropies}};
  return {{"supernets", supernets}, {"searches", searches}};
}

RunTrace trace_from(const Json& json) {
  const auto list = [](const Json& from, const char* key) { return from.at(key).get<std::vector<double>>(); };
  RunTrace trace;
  for (const auto& [name, supernet] : json.at("supernets").items())
    trace.supernets.push_back({name, {list(supernet, "losses"), list(supernet, "probe_scores")}});
  for (const auto& [name, search] : json.at("searches").items())
    trace.searches.push_back({name, {list(search, "mean_rewards"), list(search, "entropies")}});
  return trace;
}

/// What was asked and on what.
void request_from(const Json& json, RunRecord& record) {
  const auto text = [&](const char* key) { return json.at(key).get<std::string>(); };
  record.version = text("program_version");
  record.created = text("created");
  record.command = json.at("command").get<std::vector<std::string>>();
  record.machine = text("machine");
  record.data = text("data");
  record.target = text("target");
  record.task = text("task");
  record.metric = text("metric");
  record.higher_is_better = json.at("higher_is_better").get<bool>();
  record.device = text("device");
  record.fingerprint = text("fingerprint");
  record.batch = json.at("batch").get<std::int64_t>();
  record.source = source_from(json.at("energy_source").at("kind").get<std::string>());
  record.sensor = json.at("energy_source").at("sensor").get<std::string>();
  record.sensor_description = json.at("energy_source").at("description").get<std::string>();
  record.seed = json.at("seed").get<std::uint64_t>();
  record.threads = json.at("threads").get<int>();
  record.reward.name = json.at("reward").at("name").get<std::string>();
  record.reward.energy_weight = json.at("reward").at("energy_weight").get<double>();
  record.limits = limits_from(json.at("limits"));
  record.rows_train = json.at("rows").at("train").get<std::size_t>();
  record.rows_validation = json.at("rows").at("validation").get<std::size_t>();
  record.rows_test = json.at("rows").at("test").get<std::size_t>();
  record.raw_columns = json.at("raw_columns").get<int>();
  record.features = json.at("features").get<int>();
  record.classes = json.at("classes").get<std::vector<std::string>>();
  record.dummy_test_score = json.at("dummy_test_score").get<double>();
  if (const auto teacher = json.find("teacher"); teacher != json.end() && !teacher->is_null())
    record.teacher = teacher_from_json(*teacher);
}

/// What came of it.
void result_from(const Json& json, RunRecord& record) {
  record.chosen = point_from_json(json.at("chosen"));
  const Json& by = json.at("chosen_by");
  record.chosen_by = {by.at("rule").get<std::string>(), by.at("text").get<std::string>(), by.at("holds").get<bool>()};
  for (const auto& [name, point] : json.at("baselines").items())
    record.baselines.push_back({name, point_from_json(point), point.at("saving_fraction").get<double>(),
                                point.at("saving_from").get<std::string>() == "predicted"});
  for (const auto& point : json.at("pareto")) record.pareto.push_back(point_from_json(point));
  for (const auto& space : json.at("spaces"))
    record.spaces.push_back({space.at("name").get<std::string>(), space.at("family").get<std::string>(),
                             space.at("architectures").get<std::uint64_t>(), space.at("scored").get<std::size_t>()});
  record.architectures_scored = json.at("architectures_scored").get<std::size_t>();
  record.predictor = json.at("predictor");
  record.export_difference = json.at("export_difference").get<double>();
  record.trace = trace_from(json.at("trace"));
  record.stopped_early = optional_from<std::string>(json, "stopped_early");
  for (const auto& [name, phase] : json.at("timing").items())
    record.phases.push_back({name, phase.at("time_s").get<double>(), phase.at("energy_j").get<double>()});
  record.notices = json.at("notices").get<std::vector<std::string>>();
}

}  // namespace

Json to_json(const RunPoint& point) {
  return {{"space", point.space},
          {"architecture", point.architecture},
          {"text", point.text},
          {"trained", point.trained},
          {"score_supernet", or_null(point.score_supernet)},
          {"score_supernet_standard_error", or_null(point.score_supernet_standard_error)},
          {"score_validation", or_null(point.score_validation)},
          {"score_validation_standard_error", or_null(point.score_validation_standard_error)},
          {"score_test", or_null(point.score_test)},
          {"energy_predicted_j", or_null(point.energy_predicted_j)},
          {"energy_predicted_interval_90_j", interval_json(point.energy_predicted_interval_90_j)},
          {"energy_measured_j", or_null(point.energy_measured_j)},
          {"energy_measured_half_width_95_j", or_null(point.energy_measured_half_width_95_j)},
          {"energy_true_j", or_null(point.energy_true_j)},
          {"time_predicted_s", or_null(point.time_predicted_s)},
          {"time_predicted_interval_90_s", interval_json(point.time_predicted_interval_90_s)},
          {"time_measured_s", or_null(point.time_measured_s)},
          {"parameters", point.parameters},
          {"flops", point.flops},
          {"training", point.training},
          {"kernels", kernels_json(point.kernels)}};
}

RunPoint point_from_json(const Json& json) {
  RunPoint point;
  point.space = json.at("space").get<std::string>();
  point.architecture = json.at("architecture");
  point.text = json.at("text").get<std::string>();
  point.trained = json.at("trained").get<bool>();
  point.score_supernet = optional_from(json, "score_supernet");
  point.score_supernet_standard_error = optional_from(json, "score_supernet_standard_error");
  point.score_validation = optional_from(json, "score_validation");
  point.score_validation_standard_error = optional_from(json, "score_validation_standard_error");
  point.score_test = optional_from(json, "score_test");
  point.energy_predicted_j = optional_from(json, "energy_predicted_j");
  point.energy_predicted_interval_90_j = interval_from(json, "energy_predicted_interval_90_j");
  point.energy_measured_j = optional_from(json, "energy_measured_j");
  point.energy_measured_half_width_95_j = optional_from(json, "energy_measured_half_width_95_j");
  point.energy_true_j = optional_from(json, "energy_true_j");
  point.time_predicted_s = optional_from(json, "time_predicted_s");
  point.time_predicted_interval_90_s = interval_from(json, "time_predicted_interval_90_s");
  point.time_measured_s = optional_from(json, "time_measured_s");
  point.parameters = json.at("parameters").get<std::int64_t>();
  point.flops = json.at("flops").get<std::int64_t>();
  point.training = json.at("training");
  point.kernels = kernels_from(json.at("kernels"));
  return point;
}

Json to_json(const RunRecord& record) {
  Json pareto = Json::array();
  for (const auto& point : record.pareto) pareto.push_back(to_json(point));
  Json timing = Json::object();
  for (const auto& phase : record.phases) timing[phase.name] = {{"time_s", phase.time_s}, {"energy_j", phase.energy_j}};
  Json savings = Json::object();
  for (const auto& baseline : record.baselines) savings[baseline.name] = baseline.saving_fraction;
  const RunChoice& by = record.chosen_by;
  return {{"format", "tabjoule-run"},
          {"version", kVersionOfFormat},
          {"program_version", record.version},
          {"created", record.created},
          {"command", record.command},
          {"machine", record.machine},
          {"data", record.data},
          {"target", record.target},
          {"task", record.task},
          {"metric", record.metric},
          {"higher_is_better", record.higher_is_better},
          {"device", record.device},
          {"fingerprint", record.fingerprint},
          {"batch", record.batch},
          {"energy_source",
           {{"kind", to_string(record.source)}, {"sensor", record.sensor}, {"description", record.sensor_description}}},
          {"seed", record.seed},
          {"threads", record.threads},
          {"reward", {{"name", record.reward.name}, {"energy_weight", record.reward.energy_weight}}},
          {"limits", limits_json(record.limits)},
          {"rows", {{"train", record.rows_train}, {"validation", record.rows_validation}, {"test", record.rows_test}}},
          {"raw_columns", record.raw_columns},
          {"features", record.features},
          {"classes", record.classes},
          {"dummy_test_score", record.dummy_test_score},
          {"teacher", record.teacher ? to_json(*record.teacher) : Json()},
          {"chosen", to_json(record.chosen)},
          {"chosen_by", {{"rule", by.rule}, {"text", by.text}, {"holds", by.holds}}},
          {"baselines", baselines_json(record)},
          {"saving_fraction", savings},
          {"pareto", pareto},
          {"spaces", spaces_json(record.spaces)},
          {"architectures_scored", record.architectures_scored},
          {"predictor", record.predictor},
          {"export_difference", record.export_difference},
          {"trace", trace_json(record.trace)},
          {"stopped_early", or_null(record.stopped_early)},
          {"timing", timing},
          {"notices", record.notices}};
}

Json to_json(const RunTeacher& teacher) {
  return {{"share_of_trees", teacher.share_of_trees},
          {"rows", teacher.rows},
          {"score_validation", teacher.score_validation},
          {"score_test", teacher.score_test}};
}

RunTeacher teacher_from_json(const Json& json) {
  return {json.at("share_of_trees").get<double>(), json.at("rows").get<std::size_t>(),
          json.at("score_validation").get<double>(), json.at("score_test").get<double>()};
}

RunRecord record_from_json(const Json& json) {
  require_format(json, "tabjoule-run", kVersionOfFormat);
  try {
    RunRecord record;
    request_from(json, record);
    result_from(json, record);
    return record;
  } catch (const nlohmann::json::exception& error) {
    fail_input("not a run record: {}", error.what());
  }
}

RunRecord read_record(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "run.json"))
    fail_input("{}: is not a run directory, it holds no run.json", folder.string());
  return with_context((folder / "run.json").string(), [&] {
    RunRecord record = record_from_json(read_json(folder / "run.json"));
    record.folder = folder;
    return record;
  });
}

}  // namespace tabjoule
