#include "pipeline/energy_model.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "graph/network_graph.h"
#include "kernel/detect.h"
#include "profile/coverage.h"

namespace tabjoule {
namespace {

constexpr std::uint64_t kListable = 20000;
constexpr int kSampled = 2000;
/// Of a simulated device, whose seconds cost nothing: enough for every kernel.
constexpr double kEnoughVirtualS = 1e6;

std::filesystem::path profile_path(const Device& device, const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  return folder / fmt::format("{}-{:016x}.json", device.name, stable_hash(device.fingerprint));
}

/// A stored profile that cannot be read is told and measured anew.
DeviceProfile stored_profile(const Device& device, const std::filesystem::path& path, const NoticeSink& notice) {
  DeviceProfile fresh;
  fresh.device = device.name;
  fresh.fingerprint = device.fingerprint;
  fresh.rules = device.rules.name;
  fresh.processors = device.processors();
  fresh.source = device.energy.source;
  fresh.sensor = device.energy.name;
  if (path.empty() || !std::filesystem::exists(path)) return fresh;
  try {
    DeviceProfile stored = read_profile(path);
    if (stored.fingerprint == device.fingerprint) return stored;
  } catch (const Error& error) {
    notice(fmt::format("{}; the device is profiled anew", error.what()));
  }
  return fresh;
}

bool lacks_models(const DeviceProfile& profile, std::span<const ModelToMeasure> models) {
  return !std::all_of(models.begin(), models.end(), [&](const ModelToMeasure& model) { return profile.has(model); });
}

}  // namespace

KernelGraph kernels_of(const Device& device, const Network& network, std::int64_t batch) {
  return detect_kernels(device, to_graph(network, nullptr, batch), batch);
}

std::vector<KernelKey> kernels_of_space(const Device& device, const SearchSpace& space, const NetworkShape& shape,
                                        std::int64_t batch) {
  std::set<KernelKey> keys;
  const auto add = [&](const Architecture& architecture) {
    for (const auto& kernel : kernels_of(device, to_network(space, architecture, shape), batch).kernels)
      keys.insert(kernel.key);
  };
  if (space.size() <= kListable) {
    for (const auto& architecture : all_architectures(space)) add(architecture);
  } else {
    Rng rng(0);
    add(smallest(space));
    add(largest(space));
    for (int i = 0; i < kSampled; ++i) add(random_architecture(space, rng));
  }
  return {keys.begin(), keys.end()};
}

ModelToMeasure whole_model(const SearchSpace& space, const Architecture& architecture, const NetworkShape& shape,
                           std::int64_t batch, const FusionRules& rules, Rng rng) {
  const Network network = to_network(space, architecture, shape);
  const auto with_weights = [network, batch, rng] {
    ParameterStore store;
    store.add(network, rng);
    return to_graph(network, &store, batch);
  };
  ModelToMeasure model{
      fmt::format("{} of {} columns", to_text(space, architecture), shape.inputs), with_weights, batch, {}};
  const KernelGraph kernels = detect_kernels(to_graph(network, nullptr, batch), batch, rules);
  for (const Kernel& kernel : kernels.kernels) model.kernels.push_back(kernel.key);
  return model;
}

DeviceProfile extended_profile(Device& device, const ProfilingTargets& wanted, const EnergyModelOptions& options,
                               const NoticeSink& notice, const ProgressSink& progress) {
  const auto path = profile_path(device, options.profile_folder);
  if (!path.empty()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) fail_internal("{}: cannot be made: {}", path.parent_path().string(), error.message());
  }
  DeviceProfile profile = stored_profile(device, path, notice);
  const std::vector<KernelKey> missing = kernels_to_measure(profile, wanted.kernels, kFewestSamplesOfType);
  if (!missing.empty() || lacks_models(profile, wanted.models)) {
    ProfileOptions profiling;
    profiling.budget_s = device.simulation ? kEnoughVirtualS : options.profile_budget_s;
    profiling.seed = options.seed;
    profiling.measure = kernel_options(device);
    profiling.models = wanted.models;
    profiling.inputs = device.rules.siblings.empty() ? CopyInputs::shared : CopyInputs::own;
    profile_kernels(profile, missing, device, profiling, path, progress);
  }
  return profile;
}

}  // namespace tabjoule
