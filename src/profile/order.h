// In which order to measure, so that a run that stops early has seen the whole range of shapes.
#pragma once

#include <span>
#include <vector>

#include "kernel/kernel.h"

namespace tabjoule {

/// Distinct keys of `wanted`. Within a group (type and variant) each key is the one farthest, in log2 of its sizes,
/// from all before it, which begins with the corners (Gonzalez 1985). Groups take turns for their first 8, what
/// a fit needs, and after that in proportion to the square root of their size. Deterministic.
[[nodiscard]] std::vector<KernelKey> space_filling_order(std::span<const KernelKey> wanted);

/// `count` of `candidates` at most: again and again the one with the largest product of its doubt (one each, 0 or more)
/// and its distance, in log2 of its sizes and at most 1, to the nearest of its type and variant among `measured` and
/// those taken. Without a neighbour the distance counts 1.
[[nodiscard]] std::vector<KernelKey> most_doubtful(std::span<const KernelKey> candidates,
                                                   std::span<const double> doubts, std::span<const KernelKey> measured,
                                                   std::size_t count);

/// `count` of `wanted` at most, and a quarter of them at most, by a hash of key and seed: the same for the same set in
/// any order, and most of them the same where the set changes a little.
[[nodiscard]] std::vector<KernelKey> choose_held_out(std::span<const KernelKey> wanted, std::size_t count,
                                                     std::uint64_t seed);

}  // namespace tabjoule
