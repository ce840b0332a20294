#include "space/search_space.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace tabjoule {
namespace {

int choice(const SearchSpace& space, const Architecture& architecture, std::size_t decision) {
  return space.decisions[decision].choices[static_cast<std::size_t>(architecture.choices[decision])];
}

/// Architectures that begin as `architecture` does before decision `d`. Only decisions that a condition looks at are
/// gone through choice by choice.
std::uint64_t count(const SearchSpace& space, const std::vector<bool>& asked, Architecture& architecture,
                    std::size_t d) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (d == space.decisions.size()) return 1;
  const std::size_t choices = space.applies(architecture, d) ? space.decisions[d].choices.size() : 1;
  if (!asked[d]) {
    const std::uint64_t rest = count(space, asked, architecture, d + 1);
    return rest > kMost / choices ? kMost : rest * choices;
  }
  std::uint64_t sum = 0;
  for (std::size_t c = 0; c < choices; ++c) {
    architecture.choices[d] = static_cast<int>(c);
    const std::uint64_t rest = count(space, asked, architecture, d + 1);
    sum = rest > kMost - sum ? kMost : sum + rest;
  }
  architecture.choices[d] = 0;
  return sum;
}

}  // namespace

std::size_t SearchSpace::decision(const std::string& wanted) const {
  for (std::size_t d = 0; d < decisions.size(); ++d)
    if (decisions[d].name == wanted) return d;
  fail_input("space \"{}\" has no decision \"{}\"", name, wanted);
}

bool SearchSpace::applies(const Architecture& architecture, std::size_t d) const {
  const std::optional<Condition>& when = decisions[d].when;
  return !when || (applies(architecture, when->decision) && choice(*this, architecture, when->decision) >= when->least);
}

std::uint64_t SearchSpace::size() const {
  std::vector<bool> asked(decisions.size(), false);
  for (const auto& d : decisions)
    if (d.when) asked[d.when->decision] = true;
  Architecture architecture = smallest(*this);
  return count(*this, asked, architecture, 0);
}

Architecture largest(const SearchSpace& space) {
  Architecture result;
  for (const auto& d : space.decisions) result.choices.push_back(static_cast<int>(d.choices.size()) - 1);
  return result;
}

Architecture smallest(const SearchSpace& space) { return {std::vector<int>(space.decisions.size(), 0)}; }

Architecture canonical(const SearchSpace& space, Architecture architecture) {
  for (std::size_t d = 0; d < space.decisions.size(); ++d)
    if (!space.applies(architecture, d)) architecture.choices[d] = 0;
  return architecture;
}

Architecture random_architecture(const SearchSpace& space, Rng& rng) {
  Architecture result;
  for (const auto& d : space.decisions)
    result.choices.push_back(static_cast<int>(d.prior.empty() ? rng.below(d.choices.size()) : rng.pick(d.prior)));
  return canonical(space, std::move(result));
}

std::vector<Architecture> all_architectures(const SearchSpace& space) {
  std::vector<Architecture> all{smallest(space)};
  for (std::size_t d = 0; d < space.decisions.size(); ++d) {
    std::vector<Architecture> next;
    for (const auto& base : all) {
      const std::size_t choices = space.applies(base, d) ? space.decisions[d].choices.size() : 1;
      for (std::size_t c = 0; c < choices; ++c) {
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
    if (space.applies(architecture, d)) json[space.decisions[d].name] = choice(space, architecture, d);
  return json;
}

Architecture architecture_from_json(const SearchSpace& space, const Json& json) {
  if (json.contains("space") && json.at("space") != space.name)
    fail_input("the architecture is of space {}, not of \"{}\"", json.at("space").dump(), space.name);
  Architecture result = smallest(space);
  for (std::size_t i = 0; i < space.decisions.size(); ++i) {
    const Decision& d = space.decisions[i];
    if (!space.applies(result, i)) {
      if (json.contains(d.name))
        fail_input("the architecture gives \"{}\", which does not apply where \"{}\" is below {}", d.name,
                   space.decisions[d.when->decision].name, d.when->least);
      continue;
    }
    if (!json.contains(d.name) || !json.at(d.name).is_number_integer())
      fail_input("the architecture gives no number for \"{}\"", d.name);
    const auto found = std::find(d.choices.begin(), d.choices.end(), json.at(d.name).get<std::int64_t>());
    if (found == d.choices.end())
      fail_input("{} is no choice of \"{}\" in space \"{}\"", json.at(d.name).dump(), d.name, space.name);
    result.choices[i] = static_cast<int>(found - d.choices.begin());
  }
  return result;
}

std::string to_text(const SearchSpace& space, const Architecture& architecture) {
  std::vector<std::string> parts;
  for (std::size_t d = 0; d < space.decisions.size(); ++d)
    if (space.applies(architecture, d))
      parts.push_back(fmt::format("{}={}", space.decisions[d].name, choice(space, architecture, d)));
  return fmt::format("{} {}", space.name, fmt::join(parts, " "));
}

}  // namespace tabjoule
