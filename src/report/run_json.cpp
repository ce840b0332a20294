#include "report/run_json.h"

#include <algorithm>

#include "base/error.h"

namespace tabjoule {
namespace {

const Json* member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

/// The member, or `none` where it is not of none's type.
const Json& typed_member(const Json& json, const char* key, const Json& none) {
  const Json* value = member(json, key);
  return value != nullptr && value->type() == none.type() ? *value : none;
}

void add(std::vector<RunNetwork>& networks, const Json& point, const std::string& role) {
  const auto same = [&](const RunNetwork& other) { return text(*other.point, "text") == text(point, "text"); };
  const auto found = std::find_if(networks.begin(), networks.end(), same);
  if (found == networks.end())
    networks.push_back({&point, {role}});
  else
    found->roles.push_back(role);
}

}  // namespace

const Json& object(const Json& json, const char* key) {
  static const Json none = Json::object();
  return typed_member(json, key, none);
}

const Json& array(const Json& json, const char* key) {
  static const Json none = Json::array();
  return typed_member(json, key, none);
}

std::optional<double> number(const Json& json, const char* key) {
  const Json* value = member(json, key);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::optional<bool> boolean(const Json& json, const char* key) {
  const Json* value = member(json, key);
  return value != nullptr && value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
}

std::string text(const Json& json, const char* key) {
  const Json* value = member(json, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::string as_text(const Json& json) { return json.is_string() ? json.get<std::string>() : to_text(json); }

std::string source_kind(const Json& run) {
  const std::string kind = text(object(run, "energy_source"), "kind");
  return kind.empty() ? "estimated" : kind;
}

Json read_run(const std::filesystem::path& folder) {
  const auto path = folder / "run.json";
  if (!std::filesystem::exists(path))
    fail_input("{} is not a run directory: there is no run.json; give the folder of a finished search",
               folder.string());
  Json run = read_json(path);
  try {
    require_format(run, "tabjoule-run", 2);
  } catch (const Error& error) {
    fail_input("{}: {}", path.string(), error.what());
  }
  if (object(run, "chosen").empty()) fail_input("{}: the run has no chosen network", path.string());
  return run;
}

std::vector<RunNetwork> networks_of(const Json& run) {
  std::vector<RunNetwork> networks;
  add(networks, object(run, "chosen"), "chosen");
  for (const auto& [name, point] : object(run, "baselines").items()) add(networks, point, name);
  for (const Json& point : array(run, "pareto")) add(networks, point, "front");
  return networks;
}

std::optional<PointEnergy> energy_of(const Json& run, const Json& point) {
  if (const auto found = number(point, "energy_measured_j")) {
    PointEnergy energy{*found, {}, {}, source_kind(run)};
    if (const auto half_width = number(point, "energy_measured_half_width_95_j")) {
      energy.low_j = *found - *half_width;
      energy.high_j = *found + *half_width;
    }
    return energy;
  }
  const auto predicted = number(point, "energy_predicted_j");
  if (!predicted) return std::nullopt;
  PointEnergy energy{*predicted, {}, {}, "predicted"};
  const Json& interval = array(point, "energy_predicted_interval_90_j");
  if (interval.size() == 2 && interval[0].is_number() && interval[1].is_number()) {
    energy.low_j = interval[0].get<double>();
    energy.high_j = interval[1].get<double>();
  }
  return energy;
}

}  // namespace tabjoule
