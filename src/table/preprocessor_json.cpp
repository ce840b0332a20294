// docs/preprocessor-format.md
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "table/preprocessor.h"
#include "table/preprocessor_names.h"

namespace tabjoule {
namespace {

constexpr const char* format_name = "tabjoule-preprocessor";
constexpr int format_version = 1;

Json feature_json(const NumericFeature& feature) {
  Json json;
  json["column"] = feature.column;
  json["kind"] = name_of(feature.kind, number_kind_names);
  json["part"] = to_string(feature.part);
  json["fill"] = feature.fill;
  json["indicator"] = feature.indicator;
  json["scaling"] = name_of(feature.scaling, scaling_names);
  if (feature.scaling == Scaling::standard) {
    json["center"] = feature.center;
    json["scale"] = feature.scale;
  } else {
    json["knots_x"] = feature.knots_x;
    json["knots_z"] = feature.knots_z;
  }
  return json;
}

Json feature_json(const CategoricalFeature& feature) {
  Json json;
  json["column"] = feature.column;
  json["levels"] = feature.levels;
  json["has_missing"] = feature.has_missing;
  json["has_other"] = feature.has_other;
  json["encoding"] = name_of(feature.encoding, encoding_names);
  return json;
}

const Json& member(const Json& json, const char* key) {
  if (!json.is_object()) fail_input("expected an object with \"{}\", found {}", key, json.type_name());
  const auto at = json.find(key);
  if (at == json.end()) fail_input("member \"{}\" is absent", key);
  return *at;
}

double number_at(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) fail_input("member \"{}\" must be a number", key);
  return value.get<double>();
}

bool boolean_at(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_boolean()) fail_input("member \"{}\" must be true or false", key);
  return value.get<bool>();
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_string()) fail_input("member \"{}\" must be a text", key);
  return value.get<std::string>();
}

const Json& array_at(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_array()) fail_input("member \"{}\" must be a list", key);
  return value;
}

std::vector<double> numbers_at(const Json& json, const char* key) {
  const Json& list = array_at(json, key);
  if (!std::all_of(list.begin(), list.end(),
                   [](const Json& v) { return v.is_number() && std::isfinite(v.get<double>()); }))
    fail_input("member \"{}\" must hold numbers only", key);
  return list.get<std::vector<double>>();
}

template <class Value, std::size_t Size>
Value word_at(const Json& json, const char* key, const std::array<std::pair<Value, const char*>, Size>& names) {
  const std::string word = text_at(json, key);
  for (const auto& [value, name] : names)
    if (word == name) return value;
  fail_input("member \"{}\" says \"{}\", which is not known here", key, word);
}

template <class T>
bool strictly_increases(const std::vector<T>& values) {
  return std::adjacent_find(values.begin(), values.end(), [](const T& a, const T& b) { return !(a < b); }) ==
         values.end();
}

NumericFeature numeric_from(const Json& json) {
  NumericFeature feature;
  feature.column = text_at(json, "column");
  feature.kind = word_at(json, "kind", number_kind_names);
  feature.part = word_at(json, "part", date_part_names);
  feature.fill = number_at(json, "fill");
  feature.indicator = boolean_at(json, "indicator");
  feature.scaling = word_at(json, "scaling", scaling_names);
  if ((feature.kind == ColumnKind::datetime) != (feature.part != DatePart::none))
    fail_input("member \"part\" must be \"none\" unless \"kind\" is \"datetime\"");
  if (feature.scaling == Scaling::standard) {
    feature.center = number_at(json, "center");
    feature.scale = number_at(json, "scale");
    if (!(feature.scale > 0)) fail_input("member \"scale\" must be greater than 0");
    return feature;
  }
  feature.knots_x = numbers_at(json, "knots_x");
  feature.knots_z = numbers_at(json, "knots_z");
  if (feature.knots_x.size() != feature.knots_z.size() || feature.knots_x.size() < 2)
    fail_input("members \"knots_x\" and \"knots_z\" must be of one length, at least 2");
  if (!strictly_increases(feature.knots_x)) fail_input("member \"knots_x\" must strictly increase");
  return feature;
}

CategoricalFeature categorical_from(const Json& json) {
  CategoricalFeature feature;
  feature.column = text_at(json, "column");
  const Json& levels = array_at(json, "levels");
  if (!std::all_of(levels.begin(), levels.end(), [](const Json& level) { return level.is_string(); }))
    fail_input("member \"levels\" must hold texts only");
  feature.levels = levels.get<std::vector<std::string>>();
  if (!strictly_increases(feature.levels)) fail_input("member \"levels\" must be sorted, each once");
  feature.has_missing = boolean_at(json, "has_missing");
  feature.has_other = boolean_at(json, "has_other");
  feature.encoding = word_at(json, "encoding", encoding_names);
  return feature;
}

template <class Feature, class Read>
std::vector<Feature> features_at(const Json& json, const char* key, Read read) {
  std::vector<Feature> features;
  for (const auto& entry : array_at(json, key))
    features.push_back(with_context(fmt::format("{}[{}]", key, features.size()), [&] { return read(entry); }));
  return features;
}

}  // namespace

Json to_json(const Preprocessor& preprocessor) {
  Json json;
  json["format"] = format_name;
  json["version"] = format_version;
  json["numeric"] = Json::array();
  for (const auto& feature : preprocessor.numeric) json["numeric"].push_back(feature_json(feature));
  json["categorical"] = Json::array();
  for (const auto& feature : preprocessor.categorical) json["categorical"].push_back(feature_json(feature));
  return json;
}

Preprocessor preprocessor_from_json(const Json& json) {
  return with_context("preprocessor", [&] {
    (void)text_at(json, "format");  // their types, which require_format trusts
    (void)number_at(json, "version");
    require_format(json, format_name, format_version);
    Preprocessor preprocessor;
    preprocessor.numeric = features_at<NumericFeature>(json, "numeric", numeric_from);
    preprocessor.categorical = features_at<CategoricalFeature>(json, "categorical", categorical_from);
    if (preprocessor.width() == 0) fail_input("it holds no feature");
    return preprocessor;
  });
}

}  // namespace tabjoule
