// Profiling: the kernels a search may meet, measured on a device and stored at once.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/progress.h"
#include "kernel/kernel.h"
#include "profile/measure.h"
#include "profile/rule_evidence.h"

namespace tabjoule {

/// A linear kernel measured while `weight_bytes` of weights, its own and those of its copies, take turns in the
/// caches: the more weights a network has, the further away each layer finds its own.
struct CrowdingSample {
  KernelKey key;
  double weight_bytes = 0;
  double time_s = 0;  ///< of one kernel
  double energy_j = 0;
};

/// A whole model to measure, and the kernels it runs as.
struct ModelToMeasure {
  std::string name;
  std::function<Graph()> graph;  ///< made when it is measured, with its weights: some are large
  std::int64_t batch = 1;
  std::vector<KernelKey> kernels;
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
  std::vector<RuleEvidence> rule_evidence;  ///< the experiments that `rules` were confirmed or corrected by
  /// Kernels chosen before any was measured, to judge the predictor by; never fitted.
  std::vector<KernelSample> held_out;
  std::string rules = "onnxruntime-cpu";  ///< the fusion rule set that kernels of this device are detected by
  /// Parallel units that a kernel's tiles are dealt out to (a GPU's streaming multiprocessors), 0 for a processor's
  /// core; where it is not known, the predictor looks for its steps in the samples.
  std::optional<int> processors;
  /// What an output costs more where it stays inside the model (the runtime takes a buffer for it) than where it
  /// leaves it, as those of kernel_model do. Measured with the session, part of every sample.
  double intermediate_time_s = 0;
  double intermediate_energy_j = 0;

  [[nodiscard]] bool has(const KernelKey& key) const;         ///< among the samples
  [[nodiscard]] bool has(const ModelToMeasure& model) const;  ///< among the models, by name and batch
};

/// Whether the copies of a kernel all read the same inputs, or each its own: a runtime that merges siblings would make
/// one kernel of those that read the same.
enum class CopyInputs { shared, own };

/// A model that executes `copies` kernels of `key`'s type and shape and nothing else; every copy has weights of its
/// own, as the layers of a network have. Used to measure a kernel as the slope from no copy (the session's cost) to
/// some. Its input dimensions are fixed: bind it with batch 1. Errors (input): a type that cannot be built alone, a
/// size below 1.
[[nodiscard]] Graph kernel_model(const KernelKey& key, int copies, CopyInputs inputs = CopyInputs::shared);

/// How much a predictor fitted to the profile so far disagrees with itself about each of `keys`: any scale, larger is
/// less sure.
using Doubt = std::function<std::vector<double>(const DeviceProfile& profile, std::span<const KernelKey> keys)>;

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
  CopyInputs inputs = CopyInputs::shared;
  std::size_t most_kernels = 0;  ///< held out ones and the crowding curve included; 0: as many as the budget allows
  std::size_t held_out = 0;      ///< kernels to judge the predictor by; at most a quarter of those wanted
  Doubt doubt = {};              ///< empty: the space-filling order decides all the way
  std::size_t first = 40;        ///< kernels in space-filling order before doubt decides
  std::size_t round = 16;        ///< kernels between two looks at the doubt, or an eighth of those measured
  std::vector<ModelToMeasure> models = {};  ///< measured last, in the last seventh of the budget at least
};

/// Measures those of `wanted` that the profile lacks until the budget ends or all are there: the cost of a session; the
/// first few kernels in a space-filling order over the shapes of each type; the kernels held out, which a hash of
/// shape and seed chose beforehand; then round by round those that the predictor doubts most and that lie apart from
/// what is measured; whole models last. The profile is stored at `path` (not if empty) every second and at the end,
/// also where that is an error: a killed run loses a second's samples and the one in flight. Crowding is measured after
/// the first few kernels. Where the device has a pace, one looks back after 5 s, 10 s, 20 s, ... and at the end: the
/// session's cost is measured again, and once more what turns out to have been measured while something disturbed all
/// the time. A sample that does not become stable is tried once more at the end and then left out; `progress` tells how
/// many were. Kernels that cannot be built alone are left out too. Errors (input): the profile is of another device,
/// runtime or sensor; (device): the sensor fails, or not even the session's cost becomes stable.
void profile_kernels(DeviceProfile& profile, std::span<const KernelKey> wanted, Device& device,
                     const ProfileOptions& options, const std::filesystem::path& path, const ProgressSink& progress);

/// "measured", "estimated" or "simulated". Errors (input): anything else.
[[nodiscard]] EnergySource energy_source_from(const std::string& text);

[[nodiscard]] Json to_json(const DeviceProfile& profile);
[[nodiscard]] DeviceProfile profile_from_json(const Json& json);
[[nodiscard]] DeviceProfile read_profile(const std::filesystem::path& path);

}  // namespace tabjoule
