// What the joules of a network are predicted from: its kernels, and the device's profile, measured once and kept.
#pragma once

#include <filesystem>
#include <span>

#include "nn/network.h"
#include "predict/kernel_table.h"
#include "predict/predictor.h"
#include "profile/profile.h"
#include "space/search_space.h"

namespace tabjoule {

struct EnergyModelOptions {
  double profile_budget_s = 40;
  std::filesystem::path profile_folder;  ///< empty: the profile is neither read nor kept
  std::uint64_t seed = 0;
};

/// Every kernel that an architecture of `space` can need at `batch` (of a fixed sample where the space is too large
/// to list), each once.
[[nodiscard]] std::vector<KernelKey> kernels_of_space(const Device& device, const SearchSpace& space,
                                                      const NetworkShape& shape, std::int64_t batch);

/// A network of the space with random weights, to measure as a whole, and its kernels under `rules`.
[[nodiscard]] ModelToMeasure whole_model(const SearchSpace& space, const Architecture& architecture,
                                         const NetworkShape& shape, std::int64_t batch, const FusionRules& rules,
                                         Rng rng);

/// What profiling is asked to measure.
struct ProfilingTargets {
  std::vector<KernelKey> kernels;      ///< each once
  std::vector<ModelToMeasure> models;  ///< whole models
};

/// Reads the device's stored profile, measures what it lacks for `wanted` and stores it. Errors: as profile_kernels.
[[nodiscard]] DeviceProfile extended_profile(Device& device, const ProfilingTargets& wanted,
                                             const EnergyModelOptions& options, const NoticeSink& notice,
                                             const ProgressSink& progress);

/// The kernels of a network as the device's runtime fuses them.
[[nodiscard]] KernelGraph kernels_of(const Device& device, const Network& network, std::int64_t batch);

}  // namespace tabjoule
