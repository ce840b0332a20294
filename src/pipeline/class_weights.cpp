#include "pipeline/class_weights.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "nn/loss.h"

namespace tabjoule {
namespace {

/// Cut at the commas; a piece without "=" belongs to the name in the piece behind it.
std::vector<std::string> entries_of(const std::string& text) {
  std::vector<std::string> entries;
  std::string entry;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    entry += text.substr(begin, end - begin);
    begin = end + 1;
    if (entry.find('=') == std::string::npos && begin <= text.size()) {
      entry += ',';
      continue;
    }
    entries.push_back(std::move(entry));
    entry.clear();
  }
  return entries;
}

float weight_from(const std::string& text, const std::string& entry) {
  char* end = nullptr;
  const float weight = std::strtof(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(weight) || weight <= 0)
    fail_usage("class weights: \"{}\" must end in = and a number over 0", entry);
  return weight;
}

}  // namespace

std::vector<float> class_weights_from(const std::string& text, const Target& target,
                                      std::span<const std::int32_t> labels) {
  if (text.empty()) return {};
  if (target.task == Task::regression)
    fail_usage("class weights are for classes; the target \"{}\" is a number", target.name);
  if (text == "balanced") return balanced_class_weights(labels, target.outputs());
  std::vector<float> weights(target.classes.size(), 1);
  std::set<std::string> named;
  for (const std::string& entry : entries_of(text)) {
    const std::size_t equals = entry.rfind('=');
    if (equals == std::string::npos) fail_usage("class weights: \"{}\" is neither \"balanced\" nor NAME=WEIGHT", entry);
    const std::string name = entry.substr(0, equals);
    const auto found = std::find(target.classes.begin(), target.classes.end(), name);
    if (found == target.classes.end())
      fail_usage("class weights: \"{}\" has no class \"{}\"{}", target.name, name, did_you_mean(name, target.classes));
    if (!named.insert(name).second) fail_usage("class weights: class \"{}\" stands twice", name);
    weights[static_cast<std::size_t>(found - target.classes.begin())] = weight_from(entry.substr(equals + 1), entry);
  }
  return weights;
}

}  // namespace tabjoule
