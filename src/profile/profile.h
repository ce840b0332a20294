// Profiling: the kernels a search may meet, measured on a device and stored at once.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/progress.h"
#include "kernel/kernel.h"
#include "profile/measure.h"

namespace tabjoule {

/// Everything measured on a device. File format: docs/profile-format.md.
struct DeviceProfile {
  std::string device;
  std::string fingerprint;
  EnergySource source = EnergySource::estimated;
  std::string sensor;
  std::vector<KernelSample> samples;  ///< session kernels (the fixed cost of a run) among them

  [[nodiscard]] bool has(const KernelKey& key) const;
};

/// A model that executes `copies` kernels of `key`'s type and shape, each reading the model's input, and nothing
/// else. Used to measure a kernel as the slope between few and many copies. Errors (input): a type that cannot
/// be built alone.
[[nodiscard]] Graph kernel_model(const KernelKey& key, int copies);

struct ProfileOptions {
  double budget_s = 40;
  std::uint64_t seed = 0;
  MeasureOptions measure;
};

/// Measures those of `wanted` that the profile lacks, most informative first (a space-filling order over the
/// shapes of each type), until the budget ends or all are there. After each sample the profile is stored at
/// `path` (not if empty), so that a stopped run loses the sample in flight alone. Every kernel is measured
/// beside the session cost, which is measured first.
void profile_kernels(DeviceProfile& profile, std::span<const KernelKey> wanted, Device& device,
                     const ProfileOptions& options, const std::filesystem::path& path, const ProgressSink& progress);

[[nodiscard]] Json to_json(const DeviceProfile& profile);
[[nodiscard]] DeviceProfile profile_from_json(const Json& json);
[[nodiscard]] DeviceProfile read_profile(const std::filesystem::path& path);

}  // namespace tabjoule
