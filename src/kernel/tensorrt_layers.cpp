// Reading: names of layers, and the two files.
#include "kernel/tensorrt_layers.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "graph/one_line.h"

namespace tabjoule {
namespace {

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

/// Parts of `text` between `separator`s that stand in no bracket.
std::vector<std::string> split_outside_brackets(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    if (text[i] == ')' || text[i] == ']') --depth;
    if (depth > 0 || text.compare(i, separator.size(), separator) != 0) continue;
    parts.push_back(trimmed(std::string_view(text).substr(from, i - from)));
    from = i + separator.size();
    i = from - 1;
  }
  parts.push_back(trimmed(std::string_view(text).substr(from)));
  return parts;
}

/// "a + PWN(b, c) || d": the names, in order. The nesting of PWN is bounded by the name's length.
void add_members(const std::string& text, std::vector<std::string>& members) {
  std::vector<std::string> open = {text};
  while (!open.empty()) {
    const std::string part = open.back();
    open.pop_back();
    std::vector<std::string> parts = split_outside_brackets(part, " || ");
    if (parts.size() == 1) parts = split_outside_brackets(part, " + ");
    const bool pointwise = part.starts_with("PWN(") && part.ends_with(")");
    if (parts.size() == 1 && pointwise) parts = split_outside_brackets(part.substr(4, part.size() - 5), ",");
    if (parts.size() == 1 && !pointwise) {
      if (!part.empty()) members.push_back(part);
      continue;
    }
    open.insert(open.end(), parts.rbegin(), parts.rend());
  }
}

double time_of(const Json& entry) {
  const auto found = entry.find("averageMs");
  const double time_ms = found != entry.end() && found->is_number() ? found->get<double>() : -1;
  if (!std::isfinite(time_ms) || time_ms < 0) fail_input("\"averageMs\" of a layer must be a number from 0");
  return time_ms / 1e3;
}

}  // namespace

EngineLayer engine_layer_from(const std::string& name) {
  EngineLayer layer{name, "", EngineLayerKind::fused, {}, 0};
  constexpr std::string_view kForeign = "{ForeignNode[", kCopy = " copy";
  if (name.starts_with("Reformatting CopyNode") || name.starts_with("Reformatting Copy Node")) {
    layer.kind = EngineLayerKind::reformat;
  } else if (name.starts_with(kForeign)) {
    layer.kind = EngineLayerKind::region;
    const auto close = name.rfind("]}");
    const std::string ends = name.substr(kForeign.size(), close == std::string::npos ? close : close - kForeign.size());
    const auto dots = ends.find("...");
    layer.members = {ends.substr(0, dots)};
    if (dots != std::string::npos) layer.members.push_back(ends.substr(dots + 3));
  } else if (name.ends_with(kCopy)) {
    layer.kind = EngineLayerKind::copy;
    layer.members = {name.substr(0, name.size() - kCopy.size())};
  } else {
    add_members(name, layer.members);
  }
  return layer;
}

std::vector<EngineLayer> layers_from_json(const Json& json) {
  const auto list = json.is_object() ? json.find("Layers") : json.end();
  if (!json.is_object() || list == json.end() || !list->is_array())
    fail_input("no \"Layers\" list; give what trtexec --exportLayerInfo wrote");
  std::vector<EngineLayer> layers;
  for (const Json& entry : *list) {
    const Json* name = &entry;
    if (entry.is_object()) {
      const auto found = entry.find("Name");
      if (found != entry.end()) name = &*found;
    }
    if (!name->is_string()) fail_input("layer {}: it has no \"Name\"", layers.size() + 1);
    layers.push_back(engine_layer_from(name->get<std::string>()));
    const auto type = entry.is_object() ? entry.find("LayerType") : entry.end();
    if (entry.is_object() && type != entry.end() && type->is_string()) layers.back().type = type->get<std::string>();
    if (layers.back().type == "Reformat") layers.back().kind = EngineLayerKind::reformat;
  }
  if (layers.empty()) fail_input("\"Layers\" is empty; build the engine with --profilingVerbosity=detailed");
  return layers;
}

std::vector<EngineLayer> read_layer_info(const std::filesystem::path& path) {
  const Json json = read_json(path);
  return with_context(path.string(), [&] { return layers_from_json(json); });
}

// [{"count": runs}, {"name": ..., "timeMs": sum, "averageMs": ..., "medianMs": ..., "percentage": ...}, ...]
void add_layer_times(std::vector<EngineLayer>& layers, const Json& profile) {
  if (!profile.is_array()) fail_input("not a list; give what trtexec --exportProfile wrote");
  std::unordered_map<std::string, double> times;
  for (const Json& entry : profile) {
    if (!entry.is_object()) fail_input("an entry is not an object; give what trtexec --exportProfile wrote");
    const auto name = entry.find("name");
    if (name != entry.end() && name->is_string()) times[name->get<std::string>()] += time_of(entry);
  }
  int found = 0;
  for (EngineLayer& layer : layers) {
    const auto time = times.find(layer.name);
    if (time == times.end()) continue;
    layer.time_s = time->second;
    ++found;
  }
  if (found == 0) fail_input("it has no layer of this engine; give the two files of one trtexec run");
}

void add_layer_times(std::vector<EngineLayer>& layers, const std::filesystem::path& profile) {
  const Json json = read_json(profile);
  with_context(profile.string(), [&] { add_layer_times(layers, json); });
}

}  // namespace tabjoule
