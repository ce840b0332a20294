// Vertical fusion, sibling merging and concats over the units of a graph, by a rule set (docs/fusion-rules.md).
#pragma once

#include "kernel/units.h"

namespace tabjoule {

/// A kernel in the making: chains of units, side by side where siblings merged.
struct Draft {
  struct Chain {
    std::vector<std::size_t> units;  ///< head first
    std::string_view output;         ///< what its last unit makes
    bool reads_tensor = false;       ///< a step took another tensor
  };
  std::vector<Chain> chains;  ///< one, or as many as siblings
  KernelKey key;
  bool copy = false;  ///< only copies the output of its chain (a concat's part)
};

/// One draft a kernel that starts; in execution order of their first units.
[[nodiscard]] std::vector<Draft> fuse_chains(const Units& units, const FusionRules& rules);

/// Joins drafts that start with one of rules.siblings, read the same tensor and differ in their width only. Each keeps
/// its own activation; the joint kernel stands where the first stood.
[[nodiscard]] std::vector<Draft> merge_siblings(std::vector<Draft> drafts, const Units& units,
                                                const FusionRules& rules);

/// Replaces each Concat by a copy kernel for each input that cannot be written where it belongs.
[[nodiscard]] std::vector<Draft> place_concats(std::vector<Draft> drafts, const Units& units, const FusionRules& rules);

/// Everything that decides, beside the shape, whether the heads of two siblings are one kernel: "strides=2,2 ...".
[[nodiscard]] std::string kernel_parameters(const Node& node);

}  // namespace tabjoule
