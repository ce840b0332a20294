#include "pipeline/run_record.h"

#include "base/error.h"

namespace tabjoule {
namespace {

template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<double> optional_from(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? std::nullopt : std::optional(found->get<double>());
}

Json to_json(const RunPoint& point) {
  return {{"architecture", point.architecture},
          {"text", point.text},
          {"score_supernet", optional_json(point.score_supernet)},
          {"score_validation", optional_json(point.score_validation)},
          {"score_test", optional_json(point.score_test)},
          {"energy_predicted_j", optional_json(point.energy_predicted_j)},
          {"energy_measured_j", optional_json(point.energy_measured_j)},
          {"energy_measured_half_width_95_j", optional_json(point.energy_measured_half_width_95_j)},
          {"energy_true_j", optional_json(point.energy_true_j)},
          {"time_predicted_s", optional_json(point.time_predicted_s)},
          {"time_measured_s", optional_json(point.time_measured_s)},
          {"parameters", point.parameters},
          {"flops", point.flops}};
}

RunPoint point_from(const Json& json) {
  RunPoint point;
  point.architecture = json.at("architecture");
  point.text = json.at("text").get<std::string>();
  point.score_supernet = optional_from(json, "score_supernet");
  point.score_validation = optional_from(json, "score_validation");
  point.score_test = optional_from(json, "score_test");
  point.energy_predicted_j = optional_from(json, "energy_predicted_j");
  point.energy_measured_j = optional_from(json, "energy_measured_j");
  point.energy_measured_half_width_95_j = optional_from(json, "energy_measured_half_width_95_j");
  point.energy_true_j = optional_from(json, "energy_true_j");
  point.time_predicted_s = optional_from(json, "time_predicted_s");
  point.time_measured_s = optional_from(json, "time_measured_s");
  point.parameters = json.at("parameters").get<std::int64_t>();
  point.flops = json.at("flops").get<std::int64_t>();
  return point;
}

EnergySource source_from(const std::string& text) {
  for (const auto source : {EnergySource::measured, EnergySource::estimated, EnergySource::simulated})
    if (text == to_string(source)) return source;
  fail_input("\"{}\" is no energy source (measured, estimated or simulated)", text);
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

}  // namespace

Json to_json(const RunRecord& record) {
  Json pareto = Json::array();
  for (const auto& point : record.pareto) pareto.push_back(to_json(point));
  Json kernels = Json::array();
  for (const auto& kernel : record.chosen_kernels)
    kernels.push_back({{"kernel", kernel.text},
                       {"nodes", kernel.nodes},
                       {"energy_per_batch_j", kernel.energy_j},
                       {"time_per_batch_s", kernel.time_s}});
  Json timing = Json::object();
  for (const auto& phase : record.phases) timing[phase.name] = {{"time_s", phase.time_s}, {"energy_j", phase.energy_j}};
  Json savings = Json::object();
  for (const auto& baseline : record.baselines) savings[baseline.name] = baseline.saving_fraction;
  return {{"format", "tabjoule-run"},
          {"version", 1},
          {"program_version", record.version},
          {"created", record.created},
          {"data", record.data},
          {"target", record.target},
          {"task", record.task},
          {"metric", record.metric},
          {"higher_is_better", record.higher_is_better},
          {"space", record.space},
          {"device", record.device},
          {"fingerprint", record.fingerprint},
          {"batch", record.batch},
          {"energy_source",
           {{"kind", to_string(record.source)}, {"sensor", record.sensor}, {"description", record.sensor_description}}},
          {"seed", record.seed},
          {"threads", record.threads},
          {"energy_weight", record.energy_weight},
          {"rows", {{"train", record.rows_train}, {"validation", record.rows_validation}, {"test", record.rows_test}}},
          {"raw_columns", record.raw_columns},
          {"features", record.features},
          {"classes", record.classes},
          {"dummy_test_score", record.dummy_test_score},
          {"chosen", to_json(record.chosen)},
          {"chosen_kernels", kernels},
          {"baselines", baselines_json(record)},
          {"saving_fraction", savings},
          {"pareto", pareto},
          {"architectures_in_space", record.architectures_in_space},
          {"architectures_scored", record.architectures_scored},
          {"predictor", record.predictor},
          {"export_difference", record.export_difference},
          {"trace",
           {{"supernet_losses", record.trace.supernet_losses},
            {"mean_rewards", record.trace.mean_rewards},
            {"entropies", record.trace.entropies}}},
          {"timing", timing},
          {"notices", record.notices}};
}

RunRecord record_from_json(const Json& json) {
  require_format(json, "tabjoule-run", 1);
  try {
    RunRecord record;
    const auto text = [&](const char* key) { return json.at(key).get<std::string>(); };
    record.version = text("program_version");
    record.created = text("created");
    record.data = text("data");
    record.target = text("target");
    record.task = text("task");
    record.metric = text("metric");
    record.higher_is_better = json.at("higher_is_better").get<bool>();
    record.space = text("space");
    record.device = text("device");
    record.fingerprint = text("fingerprint");
    record.batch = json.at("batch").get<std::int64_t>();
    record.source = source_from(json.at("energy_source").at("kind").get<std::string>());
    record.sensor = json.at("energy_source").at("sensor").get<std::string>();
    record.sensor_description = json.at("energy_source").at("description").get<std::string>();
    record.seed = json.at("seed").get<std::uint64_t>();
    record.threads = json.at("threads").get<int>();
    record.energy_weight = json.at("energy_weight").get<double>();
    record.rows_train = json.at("rows").at("train").get<std::size_t>();
    record.rows_validation = json.at("rows").at("validation").get<std::size_t>();
    record.rows_test = json.at("rows").at("test").get<std::size_t>();
    record.raw_columns = json.at("raw_columns").get<int>();
    record.features = json.at("features").get<int>();
    record.classes = json.at("classes").get<std::vector<std::string>>();
    record.dummy_test_score = json.at("dummy_test_score").get<double>();
    record.chosen = point_from(json.at("chosen"));
    for (const auto& kernel : json.at("chosen_kernels"))
      record.chosen_kernels.push_back(
          {kernel.at("kernel").get<std::string>(), kernel.at("nodes").get<std::vector<std::string>>(),
           kernel.at("energy_per_batch_j").get<double>(), kernel.at("time_per_batch_s").get<double>()});
    for (const auto& [name, point] : json.at("baselines").items())
      record.baselines.push_back({name, point_from(point), point.at("saving_fraction").get<double>(),
                                  point.at("saving_from").get<std::string>() == "predicted"});
    for (const auto& point : json.at("pareto")) record.pareto.push_back(point_from(point));
    record.architectures_in_space = json.at("architectures_in_space").get<std::uint64_t>();
    record.architectures_scored = json.at("architectures_scored").get<std::size_t>();
    record.predictor = json.at("predictor");
    record.export_difference = json.at("export_difference").get<double>();
    record.trace.supernet_losses = json.at("trace").at("supernet_losses").get<std::vector<double>>();
    record.trace.mean_rewards = json.at("trace").at("mean_rewards").get<std::vector<double>>();
    record.trace.entropies = json.at("trace").at("entropies").get<std::vector<double>>();
    for (const auto& [name, phase] : json.at("timing").items())
      record.phases.push_back({name, phase.at("time_s").get<double>(), phase.at("energy_j").get<double>()});
    record.notices = json.at("notices").get<std::vector<std::string>>();
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
