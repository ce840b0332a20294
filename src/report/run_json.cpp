#include "report/run_json.h"

#include <algorithm>

#include "base/error.h"

namespace tabjoule {
namespace {

void add(std::vector<RunNetwork>& networks, const Json& point, const std::string& role) {
  const auto same = [&](const RunNetwork& other) { return text(*other.point, "text") == text(point, "text"); };
  const auto found = std::find_if(networks.begin(), networks.end(), same);
  if (found == networks.end())
    networks.push_back({&point, {role}});
  else
    found->roles.push_back(role);
}

}  // namespace

const Json* member(const Json& json, const char* key) {
  if (!json.is_object()) return nullptr;
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

std::optional<double> number(const Json& json, const char* key) {
  const Json* value = member(json, key);
  return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::string text(const Json& json, const char* key) {
  const Json* value = member(json, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

Json read_run(const std::filesystem::path& folder) {
  const auto path = folder / "run.json";
  if (!std::filesystem::exists(path))
    fail_input("{}: there is no run.json; give the folder of a finished search", folder.string());
  Json run = read_json(path);
  try {
    require_format(run, "tabjoule-run", 2);
  } catch (const Error& error) {
    fail_input("{}: {}", path.string(), error.what());
  }
  if (member(run, "chosen") == nullptr) fail_input("{}: the run has no chosen network", path.string());
  return run;
}

std::vector<RunNetwork> networks_of(const Json& run) {
  std::vector<RunNetwork> networks;
  add(networks, run.at("chosen"), "chosen");
  if (const Json* baselines = member(run, "baselines"))
    for (const auto& [name, point] : baselines->items()) add(networks, point, name);
  if (const Json* front = member(run, "pareto"))
    for (const Json& point : *front) add(networks, point, "front");
  return networks;
}

std::optional<PointEnergy> energy_of(const Json& run, const Json& point) {
  if (const auto found = number(point, "energy_measured_j")) {
    const Json* source = member(run, "energy_source");
    PointEnergy energy{*found, {}, {}, source != nullptr ? text(*source, "kind") : "estimated"};
    if (const auto half_width = number(point, "energy_measured_half_width_95_j")) {
      energy.low_j = *found - *half_width;
      energy.high_j = *found + *half_width;
    }
    return energy;
  }
  const auto predicted = number(point, "energy_predicted_j");
  if (!predicted) return std::nullopt;
  PointEnergy energy{*predicted, {}, {}, "predicted"};
  const Json* interval = member(point, "energy_predicted_interval_90_j");
  if (interval != nullptr && interval->is_array() && interval->size() == 2) {
    energy.low_j = interval->at(0).get<double>();
    energy.high_j = interval->at(1).get<double>();
  }
  return energy;
}

}  // namespace tabjoule
