// Which architectures of a space a step of supernet training goes through.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "space/search_space.h"

namespace tabjoule {

enum class PathSampling {
  uniform,   ///< one path; every choice of a decision is equally likely (AutoFormer, arXiv 2107.00651, section 3.3)
  prior,     ///< one path, drawn from the space's prior
  mixed,     ///< one path, half of the time uniform, half of the time drawn from the prior
  sandwich,  ///< the largest, the smallest and some of the prior, their gradients summed (BigNAS, arXiv
             ///< 2003.11142, 3.1)
  policy,    ///< one path, drawn by the caller
};

[[nodiscard]] const char* to_string(PathSampling sampling);
/// Errors (usage): unknown; the known ones are listed.
[[nodiscard]] PathSampling path_sampling_from(const std::string& text);

/// Draws an architecture of the space. Its draws must depend on the generator and on nothing that training changes, or
/// a resumed training takes other paths than an uninterrupted one.
using PathPolicy = std::function<Architecture(Rng&)>;

struct PathOptions {
  PathSampling sampling = PathSampling::mixed;
  int drawn = 2;           ///< sandwich: paths beside the largest and the smallest
  PathPolicy policy = {};  ///< of PathSampling::policy
};

/// The paths of one step; sandwich: the largest first, then the smallest. Errors (usage): a policy is asked for and
/// not given.
[[nodiscard]] std::vector<Architecture> draw_paths(const SearchSpace& space, const PathOptions& options, Rng& rng);

}  // namespace tabjoule
