// The profile's file format (docs/profile-format.md).
#include "base/error.h"
#include "profile/profile.h"

namespace tabjoule {
namespace {

constexpr const char* kFormat = "tabjoule-profile";
constexpr int kVersion = 2;

std::string text_member(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_string()) fail_input("the text member \"{}\" is missing", name);
  return member->get<std::string>();
}

std::vector<KernelSample> samples_from(const Json& list, const char* what) {
  if (!list.is_array()) fail_input("a {} is expected in a list", what);
  std::vector<KernelSample> samples;
  for (std::size_t i = 0; i < list.size(); ++i)
    with_context(fmt::format("{} {}", what, i + 1), [&] { samples.push_back(sample_from_json(list[i])); });
  return samples;
}

/// 0 where absent: profiles made from a table of samples have none.
double cost_member(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end()) return 0;
  if (!member->is_number() || member->get<double>() < 0) fail_input("\"{}\" must be a number from 0", name);
  return member->get<double>();
}

Json json_of(const ModelSample& model) {
  Json kernels = Json::array();
  for (const KernelKey& key : model.kernels) kernels.push_back(to_json(key));
  return {{"name", model.name},
          {"batch", model.batch},
          {"time_s", model.time_s},
          {"energy_j", model.energy_j},
          {"kernels", std::move(kernels)}};
}

ModelSample model_from_json(const Json& json) {
  if (!json.is_object()) fail_input("expected an object, came {}", json.type_name());
  ModelSample model;
  model.name = text_member(json, "name");
  const auto batch = json.find("batch");
  if (batch == json.end() || !batch->is_number_integer() || batch->get<std::int64_t>() < 1)
    fail_input("\"batch\" must be an integer from 1");
  model.batch = batch->get<std::int64_t>();
  model.time_s = cost_member(json, "time_s");
  model.energy_j = cost_member(json, "energy_j");
  if (!(model.time_s > 0) || !(model.energy_j > 0)) fail_input("\"time_s\" and \"energy_j\" must be above 0");
  const auto kernels = json.find("kernels");
  if (kernels == json.end() || !kernels->is_array()) fail_input("the list \"kernels\" is missing");
  for (std::size_t i = 0; i < kernels->size(); ++i)
    with_context(fmt::format("kernel {}", i + 1), [&] { model.kernels.push_back(key_from_json((*kernels)[i])); });
  return model;
}

}  // namespace

EnergySource energy_source_from(const std::string& text) {
  for (const EnergySource source : {EnergySource::measured, EnergySource::estimated, EnergySource::simulated})
    if (text == to_string(source)) return source;
  fail_input("the energy source is \"{}\"; measured, estimated or simulated was expected", text);
}

Json to_json(const DeviceProfile& profile) {
  Json samples = Json::array();
  for (const KernelSample& sample : profile.samples) samples.push_back(to_json(sample));
  Json evidence = Json::array();
  for (const RuleEvidence& row : profile.rule_evidence) evidence.push_back(to_json(row));
  Json held_out = Json::array();
  for (const KernelSample& sample : profile.held_out) held_out.push_back(to_json(sample));
  Json crowding = Json::array();
  for (const CrowdingSample& sample : profile.crowding) {
    crowding.push_back(to_json(KernelSample{sample.key, sample.time_s, sample.energy_j, 1, profile.fingerprint}));
    crowding.back()["weight_bytes"] = sample.weight_bytes;
  }
  Json models = Json::array();
  for (const ModelSample& model : profile.models) models.push_back(json_of(model));
  return {{"format", kFormat},
          {"version", kVersion},
          {"device", profile.device},
          {"fingerprint", profile.fingerprint},
          {"energy_source", to_string(profile.source)},
          {"sensor", profile.sensor},
          {"intermediate_time_s", profile.intermediate_time_s},
          {"intermediate_energy_j", profile.intermediate_energy_j},
          {"rules", profile.rules},
          {"processors", profile.processors ? Json(*profile.processors) : Json()},
          {"crowding", std::move(crowding)},
          {"rule_evidence", std::move(evidence)},
          {"held_out", std::move(held_out)},
          {"models", std::move(models)},
          {"samples", std::move(samples)}};
}

DeviceProfile profile_from_json(const Json& json) {
  require_format(json, kFormat, kVersion);
  DeviceProfile profile;
  profile.device = text_member(json, "device");
  profile.fingerprint = text_member(json, "fingerprint");
  profile.source = energy_source_from(text_member(json, "energy_source"));
  profile.sensor = text_member(json, "sensor");
  profile.intermediate_time_s = cost_member(json, "intermediate_time_s");
  profile.intermediate_energy_j = cost_member(json, "intermediate_energy_j");
  profile.rules = text_member(json, "rules");
  if (const Json processors = json.value("processors", Json()); !processors.is_null()) {
    if (!processors.is_number_integer() || processors < 0)
      fail_input("\"processors\" must be a whole number, or null where unknown");
    profile.processors = processors.get<int>();
  }
  const Json models = json.value("models", Json::array());
  if (!models.is_array()) fail_input("\"models\" must be a list");
  for (std::size_t i = 0; i < models.size(); ++i)
    with_context(fmt::format("model {}", i + 1), [&] { profile.models.push_back(model_from_json(models[i])); });
  const Json crowding = json.value("crowding", Json::array());
  for (std::size_t i = 0; i < crowding.size(); ++i)
    with_context(fmt::format("crowding sample {}", i + 1), [&] {
      KernelSample sample = sample_from_json(crowding.at(i));
      profile.crowding.push_back(
          {std::move(sample.key), cost_member(crowding.at(i), "weight_bytes"), sample.time_s, sample.energy_j});
    });
  for (const Json& row : json.value("rule_evidence", Json::array()))
    profile.rule_evidence.push_back(rule_evidence_from_json(row));
  const auto samples = json.find("samples");
  if (samples == json.end()) fail_input("the list \"samples\" is missing");
  profile.samples = samples_from(*samples, "sample");
  profile.held_out = samples_from(json.value("held_out", Json::array()), "held-out sample");
  return profile;
}

DeviceProfile read_profile(const std::filesystem::path& path) {
  return with_context(path.string(), [&] { return profile_from_json(read_json(path)); });
}

}  // namespace tabjoule
