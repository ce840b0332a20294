// Reads space files (docs/space-format.md).
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "space/families.h"
#include "space/search_space.h"
#include "tabjoule_built_in_spaces.h"

namespace tabjoule {
namespace {

/// Keeps a mistyped file from asking for more memory than there is.
constexpr std::int64_t kLargestChoice = 65536;

int choice_from(const Json& json, const std::string& where) {
  if (!json.is_number_integer() || json < 1 || json > kLargestChoice)
    fail_input("{}: expected a whole number from 1 to {}, not {}", where, kLargestChoice, json.dump());
  return json.get<int>();
}

std::vector<int> choices_from(const Json& json, const std::string& where) {
  std::vector<int> choices;
  if (json.contains("choices")) {
    if (!json.at("choices").is_array()) fail_input("{}: \"choices\" must be a list of numbers", where);
    for (const auto& value : json.at("choices")) choices.push_back(choice_from(value, where + " choices"));
  } else {
    for (const char* member : {"from", "to", "step"})
      if (!json.contains(member))
        fail_input("{}: needs \"choices\", or \"from\", \"to\" and \"step\"; there is no \"{}\"", where, member);
    const int from = choice_from(json.at("from"), where + " from");
    const int to = choice_from(json.at("to"), where + " to");
    const int step = choice_from(json.at("step"), where + " step");
    if (to < from) fail_input("{}: from {} to {} is no range", where, from, to);
    for (int value = from; value <= to; value += step) choices.push_back(value);
  }
  if (choices.empty()) fail_input("{}: has no choices", where);
  if (!std::is_sorted(choices.begin(), choices.end(), std::less_equal<>()))
    fail_input("{}: choices must ascend without repetition", where);
  return choices;
}

std::string text_from(const Json& json, const char* member, const std::string& where) {
  if (!json.is_object() || !json.contains(member) || !json.at(member).is_string())
    fail_input("{}: needs a text \"{}\"", where, member);
  return json.at(member).get<std::string>();
}

/// "uniform", or "log": each doubling of the value is equally likely, so that small values are not the rare ones among
/// evenly spaced choices.
std::vector<double> prior_from(const Json& json, const std::vector<int>& choices, const std::string& where) {
  const std::string name = json.contains("prior") ? text_from(json, "prior", where) : "uniform";
  if (name != "uniform" && name != "log") fail_input("{}: the prior is uniform or log, not \"{}\"", where, name);
  std::vector<double> prior;
  for (const int value : choices) prior.push_back(name == "log" ? 1.0 / value : 1.0);
  const double sum = std::accumulate(prior.begin(), prior.end(), 0.0);
  for (double& p : prior) p /= sum;
  return prior;
}

Condition condition_from(const SearchSpace& so_far, const Json& json, const std::string& where) {
  const std::string name = text_from(json, "decision", where + " when");
  require_members(json, {"decision", "at_least"}, where + " when");
  if (!json.contains("at_least")) fail_input("{} when: there is no \"at_least\"", where);
  const int least = choice_from(json.at("at_least"), where + " when at_least");
  for (std::size_t d = 0; d < so_far.decisions.size(); ++d) {
    if (so_far.decisions[d].name != name) continue;
    if (least > so_far.decisions[d].choices.back())
      fail_input("{} when: \"{}\" is never {} or more", where, name, least);
    return {d, least};
  }
  fail_input("{} when: no decision \"{}\" stands before it", where, name);
}

void add(SearchSpace& space, Decision decision, const std::string& where) {
  for (const auto& earlier : space.decisions)
    if (earlier.name == decision.name) fail_input("{}: decision \"{}\" stands twice", where, decision.name);
  space.decisions.push_back(std::move(decision));
}

/// "width" stands for "width1", "width2", ... up to the largest depth; those that not every depth has, under the
/// condition that it has them.
void add_for_each_layer(SearchSpace& space, const Decision& decision, const std::string& where,
                        const std::string& place) {
  const auto depth = std::find_if(space.decisions.begin(), space.decisions.end(),
                                  [](const Decision& earlier) { return earlier.name == "depth"; });
  if (depth == space.decisions.end()) fail_input("{}: per_layer needs a decision \"depth\" before it", place);
  const auto index = static_cast<std::size_t>(depth - space.decisions.begin());
  const int layers = depth->choices.back();
  const int always = depth->choices.front();
  constexpr int kMostLayers = 1000;
  if (layers > kMostLayers) fail_input("{}: per_layer goes up to a depth of {}, not {}", place, kMostLayers, layers);
  for (int layer = 1; layer <= layers; ++layer) {
    Decision of_layer = decision;
    of_layer.name += std::to_string(layer);
    if (layer > always) of_layer.when = Condition{index, layer};
    add(space, std::move(of_layer), where);
  }
}

void add_decision(SearchSpace& space, const Json& json, const std::string& where) {
  const std::string name = text_from(json, "name", where + " decisions");
  const std::string place = fmt::format("{} decision \"{}\"", where, name);
  require_members(json, {"name", "choices", "from", "to", "step", "prior", "when", "per_layer"}, place);
  Decision decision{name, choices_from(json, place), {}};
  decision.prior = prior_from(json, decision.choices, place);
  if (json.contains("when")) decision.when = condition_from(space, json.at("when"), place);
  if (!json.contains("per_layer") || json.at("per_layer") == false) {
    add(space, std::move(decision), where);
    return;
  }
  if (json.at("per_layer") != true) fail_input("{}: per_layer is true or false", place);
  if (decision.when) fail_input("{}: give per_layer or when, not both", place);
  add_for_each_layer(space, decision, where, place);
}

}  // namespace

std::vector<std::string> built_in_spaces() {
  std::vector<std::string> names;
  for (const auto& [name, text] : kBuiltInSpaces) names.emplace_back(name);
  return names;
}

SearchSpace load_space(const std::string& name_or_file) {
  for (const auto& [name, text] : kBuiltInSpaces)
    if (name_or_file == name) return space_from_json(Json::parse(text));
  if (!std::filesystem::exists(name_or_file))
    fail_usage("\"{}\" is neither a built-in space ({}) nor a file", name_or_file, fmt::join(built_in_spaces(), ", "));
  return with_context(name_or_file, [&] { return space_from_json(read_json(name_or_file)); });
}

SearchSpace space_from_json(const Json& json) {
  require_format(json, "tabjoule-space", 1);
  SearchSpace space{text_from(json, "name", "space"), text_from(json, "family", "space"), {}};
  const std::string where = fmt::format("space \"{}\"", space.name);
  if (!json.contains("decisions") || !json.at("decisions").is_array())
    fail_input("{}: needs a list \"decisions\"", where);
  require_members(json, {"format", "version", "name", "family", "description", "decisions"}, where);
  for (const auto& entry : json.at("decisions")) add_decision(space, entry, where);
  require_decisions(space);
  return space;
}

}  // namespace tabjoule
