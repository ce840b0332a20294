// Profiling: the kernels a search may meet, measured on a device and stored at once.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "base/progress.h"
#include "kernel/kernel.h"
#include "profile/measure.h"

namespace tabjoule {

/// A linear kernel measured while `weight_bytes` of weights, its own and those of its copies, take turns in the
/// caches: the more weights a network has, the further away each layer finds its own.
struct CrowdingSample {
  KernelKey key;
  double weight_bytes = 0;
  double time_s = 0;  ///< of one kernel
  double energy_j = 0;
};

/// A whole model, measured: what its kernels' sum is corrected by (clock behaviour, launch overhead, gaps).
struct ModelSample {
  std::string name;
  std::vector<KernelKey> kernels;  ///< in execution order
  std::int64_t batch = 1;
  double time_s = 0;  ///< of one run of the whole batch
  double energy_j = 0;
};

/// Everything measured on a device. File format: docs/profile-format.md.
struct DeviceProfile {
  std::string device;
  std::string fingerprint;
  EnergySource source = EnergySource::estimated;
  std::string sensor;
  std::vector<KernelSample> samples;     ///< session kernels (the fixed cost of a run) among them
  std::vector<CrowdingSample> crowding;  ///< at each of a few row counts, over the range of weight bytes
  std::vector<ModelSample> models;
  std::string rules = "onnxruntime-cpu";  ///< the fusion rule set that kernels of this device are detected by
  /// What an output costs more where it stays inside the model (the runtime takes a buffer for it) than where it
  /// leaves it, as those of kernel_model do. Measured with the session, part of every sample.
  double intermediate_time_s = 0;
  double intermediate_energy_j = 0;

  [[nodiscard]] bool has(const KernelKey& key) const;
};

/// Whether the copies of a kernel all read the same inputs, or each its own: a runtime that merges siblings would make
/// one kernel of those that read the same.
enum class CopyInputs { shared, own };

/// A model that executes `copies` kernels of `key`'s type and shape and nothing else; every copy has weights of its
/// own, as the layers of a network have. Used to measure a kernel as the slope from no copy (the session's cost) to
/// some. Its input dimensions are fixed: bind it with batch 1. Errors (input): a type that cannot be built alone, a
/// size below 1.
[[nodiscard]] Graph kernel_model(const KernelKey& key, int copies, CopyInputs inputs = CopyInputs::shared);

struct ProfileOptions {
  double budget_s = 40;
  std::uint64_t seed = 0;
  /// Weights of the largest model that is measured for crowding: a server's last-level cache, and what a search may
  /// hold in memory (the runtime keeps two copies). 0 measures no crowding.
  double most_weight_bytes = 33e6;
  /// Of one sample. Trials shorter than a scheduler's turn (3 ms and more), so that most of them are not
  /// interrupted by other programs; a small budget, so that 80 to 200 samples fit into 40 s: the fit averages their
  /// noise. The session's cost is in every sample and gets several times as long.
  MeasureOptions measure{.trial_s = 0.001, .budget_s = 0.35};
};

/// Measures those of `wanted` that the profile lacks, most informative first (a space-filling order over the
/// shapes of each type), until the budget ends or all are there. After each sample the profile is stored at
/// `path` (not if empty), so that a stopped run loses the sample in flight alone. Every kernel is measured
/// beside the session cost, which is measured first; crowding is measured after the first few kernels. A sample that
/// does not become stable is tried once more at the end and then left out; `progress` tells how many were. Kernels that
/// cannot be built alone are left out too. Errors (input): the profile is of another device, runtime or sensor;
/// (device): the sensor fails, or not even the session's cost becomes stable.
void profile_kernels(DeviceProfile& profile, std::span<const KernelKey> wanted, Device& device,
                     const ProfileOptions& options, const std::filesystem::path& path, const ProgressSink& progress);

[[nodiscard]] Json to_json(const DeviceProfile& profile);
[[nodiscard]] DeviceProfile profile_from_json(const Json& json);
[[nodiscard]] DeviceProfile read_profile(const std::filesystem::path& path);

}  // namespace tabjoule
