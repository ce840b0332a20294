// The models that profiling measures besides profile.h's kernel_model.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "kernel/kernel.h"
#include "profile/profile.h"

namespace tabjoule {

/// `links` linear kernels of one weight each, the least work there is: one after the other, so that all but the
/// last output stay inside, or side by side, so that all leave; these read one input, or each its own.
[[nodiscard]] Graph session_model(int links, bool chained, CopyInputs inputs = CopyInputs::shared);

/// The key of the session's fixed cost.
[[nodiscard]] KernelKey session_key();

/// How many copies of a kernel are measured together: up to 32 of a small one, so that the session's share is small;
/// 4 of a middling one, so that weights take turns in a core's cache as the layers of a network do; 2 of a large
/// one, so that together they still fit into a processor's last cache (crowding tells what happens beyond).
[[nodiscard]] int copies_to_measure(const KernelKey& key);

/// A kernel to measure: to be learnt from, to be judged by, or in another number of copies to see what crowding does.
struct MeasuringTask {
  enum class Purpose { sample, held_out, crowding };
  KernelKey key;
  int copies = 0;
  Purpose purpose = Purpose::sample;
};

/// 256 x 256 linear kernels at the row counts of `wanted` (three at most: least, middle, most), in so many copies
/// that their weights take from 0.25 MB to `most_weight_bytes`; fewer where a run would take too long.
[[nodiscard]] std::vector<MeasuringTask> crowding_tasks(std::span<const KernelKey> wanted, double most_weight_bytes);

}  // namespace tabjoule
