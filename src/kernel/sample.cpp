// KernelSample <-> JSON: {"kernel": TYPE, its shape columns, "variant", "time_s", "energy_j", "weight", "source",
// "implementation"}.
#include <cmath>

#include "base/error.h"
#include "kernel/kernel.h"

namespace tabjoule {
namespace {

const Json& sample_member(const Json& json, const std::string& name) {
  const auto found = json.find(name);
  if (found == json.end()) fail_input("kernel sample: \"{}\" is absent; add it", name);
  return *found;
}

std::string text_of(const Json& json, const std::string& name) {
  const Json& value = sample_member(json, name);
  if (!value.is_string()) fail_input("kernel sample: \"{}\" must be a text", name);
  return value.get<std::string>();
}

double positive_of(const Json& json, const std::string& name) {
  const Json& value = sample_member(json, name);
  const double number = value.is_number() ? value.get<double>() : 0;
  if (!std::isfinite(number) || number <= 0) fail_input("kernel sample: \"{}\" must be a positive number", name);
  return number;
}

std::int64_t extent_of(const Json& json, const std::string& name) {
  const Json& value = sample_member(json, name);
  const std::int64_t extent = value.is_number_integer() ? value.get<std::int64_t>() : 0;
  if (extent < 1) fail_input("kernel sample: \"{}\" must be an integer from 1", name);
  return extent;
}

}  // namespace

Json to_json(const KernelKey& key) {
  const auto& columns = kernel_columns(key.type);
  if (columns.size() != key.shape.size()) fail_internal("kernel \"{}\": shape values", key.text());
  Json json;
  json["kernel"] = to_string(key.type);
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (key.shape[i] != usual_size(key.type, columns[i], std::span(key.shape).first(i)))
      json[columns[i]] = key.shape[i];
  json["variant"] = key.variant;
  if (key.dtype != DataType::float32) json["dtype"] = to_string(key.dtype);
  return json;
}

KernelKey key_from_json(const Json& json) {
  if (!json.is_object()) fail_input("kernel sample: expected an object, came {}", json.type_name());
  KernelKey key;
  key.type = kernel_type_from(text_of(json, "kernel"));
  for (const std::string& column : kernel_columns(key.type)) {
    const std::optional<std::int64_t> usual = usual_size(key.type, column, key.shape);
    key.shape.push_back(usual && !json.contains(column) ? *usual : extent_of(json, column));
  }
  if (json.contains("variant")) key.variant = text_of(json, "variant");
  if (json.contains("dtype")) key.dtype = data_type_from(text_of(json, "dtype"));
  return key;
}

Json to_json(const KernelSample& sample) {
  Json json = to_json(sample.key);
  if (sample.time_s != 0) json["time_s"] = sample.time_s;
  if (sample.energy_j != 0) json["energy_j"] = sample.energy_j;
  json["weight"] = sample.weight;
  json["source"] = sample.source;
  if (!sample.implementation.empty()) json["implementation"] = sample.implementation;
  return json;
}

KernelSample sample_from_json(const Json& json) {
  KernelSample sample;
  sample.key = key_from_json(json);
  if (json.contains("time_s")) sample.time_s = positive_of(json, "time_s");
  if (json.contains("energy_j")) sample.energy_j = positive_of(json, "energy_j");
  if (sample.time_s == 0 && sample.energy_j == 0)
    fail_input("kernel sample: neither \"time_s\" nor \"energy_j\" is there; add one");
  if (json.contains("weight")) sample.weight = positive_of(json, "weight");
  if (json.contains("source")) sample.source = text_of(json, "source");
  if (json.contains("implementation")) sample.implementation = text_of(json, "implementation");
  return sample;
}

}  // namespace tabjoule
