#include "space/search_space.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "space/families.h"
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

int choice(const SearchSpace& space, const Architecture& architecture, std::size_t decision) {
  return space.decisions[decision].choices[static_cast<std::size_t>(architecture.choices[decision])];
}

}  // namespace

std::size_t SearchSpace::decision(const std::string& wanted) const {
  for (std::size_t d = 0; d < decisions.size(); ++d)
    if (decisions[d].name == wanted) return d;
  fail_input("space \"{}\" has no decision \"{}\"", name, wanted);
}

std::uint64_t SearchSpace::size() const {
  std::uint64_t count = 1;
  for (const auto& d : decisions) count *= d.choices.size();
  return count;
}

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
  for (const auto& entry : json.at("decisions")) {
    const std::string name = text_from(entry, "name", where + " decisions");
    for (const auto& earlier : space.decisions)
      if (earlier.name == name) fail_input("{}: decision \"{}\" stands twice", where, name);
    const std::string place = fmt::format("{} decision \"{}\"", where, name);
    const std::vector<int> choices = choices_from(entry, place);
    space.decisions.push_back({name, choices, prior_from(entry, choices, place)});
  }
  require_decisions(space);
  return space;
}

Architecture largest(const SearchSpace& space) {
  Architecture result;
  for (const auto& d : space.decisions) result.choices.push_back(static_cast<int>(d.choices.size()) - 1);
  return result;
}

Architecture smallest(const SearchSpace& space) { return {std::vector<int>(space.decisions.size(), 0)}; }

Architecture random_architecture(const SearchSpace& space, Rng& rng) {
  Architecture result;
  for (const auto& d : space.decisions)
    result.choices.push_back(static_cast<int>(d.prior.empty() ? rng.below(d.choices.size()) : rng.pick(d.prior)));
  return result;
}

std::vector<Architecture> all_architectures(const SearchSpace& space) {
  std::vector<Architecture> all{smallest(space)};
  for (std::size_t d = 0; d < space.decisions.size(); ++d) {
    std::vector<Architecture> next;
    for (const auto& base : all) {
      for (std::size_t c = 0; c < space.decisions[d].choices.size(); ++c) {
        next.push_back(base);
        next.back().choices[d] = static_cast<int>(c);
      }
    }
    all = std::move(next);
  }
  return all;
}

Json to_json(const SearchSpace& space, const Architecture& architecture) {
  Json json{{"space", space.name}};
  for (std::size_t d = 0; d < space.decisions.size(); ++d)
    json[space.decisions[d].name] = choice(space, architecture, d);
  return json;
}

Architecture architecture_from_json(const SearchSpace& space, const Json& json) {
  Architecture result;
  if (json.contains("space") && json.at("space") != space.name)
    fail_input("the architecture is of space {}, not of \"{}\"", json.at("space").dump(), space.name);
  for (const auto& d : space.decisions) {
    if (!json.contains(d.name) || !json.at(d.name).is_number_integer())
      fail_input("the architecture gives no number for \"{}\"", d.name);
    const auto found = std::find(d.choices.begin(), d.choices.end(), json.at(d.name).get<std::int64_t>());
    if (found == d.choices.end())
      fail_input("{} is no choice of \"{}\" in space \"{}\"", json.at(d.name).dump(), d.name, space.name);
    result.choices.push_back(static_cast<int>(found - d.choices.begin()));
  }
  return result;
}

std::string to_text(const SearchSpace& space, const Architecture& architecture) {
  std::vector<std::string> parts;
  for (std::size_t d = 0; d < space.decisions.size(); ++d)
    parts.push_back(fmt::format("{}={}", space.decisions[d].name, choice(space, architecture, d)));
  return fmt::format("{} {}", space.name, fmt::join(parts, " "));
}

}  // namespace tabjoule
