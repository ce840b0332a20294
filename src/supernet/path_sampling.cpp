#include "supernet/path_sampling.h"

#include <fmt/ranges.h>

#include <array>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr std::array kNames{"uniform", "prior", "mixed", "sandwich", "policy"};

Architecture uniform_architecture(const SearchSpace& space, Rng& rng) {
  Architecture result;
  for (const auto& decision : space.decisions)
    result.choices.push_back(static_cast<int>(rng.below(decision.choices.size())));
  return canonical(space, std::move(result));
}

}  // namespace

const char* to_string(PathSampling sampling) { return kNames[static_cast<std::size_t>(sampling)]; }

PathSampling path_sampling_from(const std::string& text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (text == kNames[i]) return static_cast<PathSampling>(i);
  fail_usage("no path sampling is named \"{}\" (there are: {})", text, fmt::join(kNames, ", "));
}

std::vector<Architecture> draw_paths(const SearchSpace& space, const PathOptions& options, Rng& rng) {
  switch (options.sampling) {
    case PathSampling::uniform:
      return {uniform_architecture(space, rng)};
    case PathSampling::prior:
      return {random_architecture(space, rng)};
    case PathSampling::mixed:
      return {rng.uniform() < 0.5 ? uniform_architecture(space, rng) : random_architecture(space, rng)};
    case PathSampling::policy:
      if (!options.policy) fail_usage("path sampling by a policy needs the policy");
      return {options.policy(rng)};
    case PathSampling::sandwich:
      break;
  }
  std::vector<Architecture> paths{largest(space), smallest(space)};
  for (int i = 0; i < options.drawn; ++i) paths.push_back(random_architecture(space, rng));
  return paths;
}

}  // namespace tabjoule
