#include "pipeline/energy_model.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "graph/network_graph.h"
#include "kernel/detect.h"

namespace tabjoule {
namespace {

constexpr std::uint64_t kListable = 20000;
constexpr int kSampled = 2000;
const double kCovered = std::log(1.25);

/// Largest log ratio over the dimensions; infinite between kernels of different type or variant.
double distance(const KernelKey& a, const KernelKey& b) {
  if (a.type != b.type || a.variant != b.variant || a.shape.size() != b.shape.size())
    return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < a.shape.size(); ++i) {
    const auto x = static_cast<double>(std::max<std::int64_t>(a.shape[i], 1));
    const auto y = static_cast<double>(std::max<std::int64_t>(b.shape[i], 1));
    largest = std::max(largest, std::abs(std::log(x / y)));
  }
  return largest;
}

std::filesystem::path profile_path(const Device& device, const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  return folder / fmt::format("{}-{:016x}.json", device.name, stable_hash(device.fingerprint));
}

/// A stored profile that cannot be read is told and measured anew.
DeviceProfile stored_profile(const Device& device, const std::filesystem::path& path, const NoticeSink& notice) {
  DeviceProfile fresh;
  fresh.device = device.name;
  fresh.fingerprint = device.fingerprint;
  fresh.source = device.sensor->info().source;
  fresh.sensor = device.sensor->info().name;
  if (path.empty() || !std::filesystem::exists(path)) return fresh;
  try {
    DeviceProfile stored = read_profile(path);
    if (stored.fingerprint == device.fingerprint) return stored;
  } catch (const Error& error) {
    notice(fmt::format("{}; the device is profiled anew", error.what()));
  }
  return fresh;
}

}  // namespace

KernelGraph kernels_of(const Network& network, std::int64_t batch) {
  return detect_kernels(to_graph(network, nullptr, batch), batch);
}

std::vector<KernelKey> kernels_of_space(const SearchSpace& space, const NetworkShape& shape, std::int64_t batch) {
  std::set<KernelKey> keys;
  const auto add = [&](const Architecture& architecture) {
    for (const auto& kernel : kernels_of(to_network(space, architecture, shape), batch).kernels)
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

std::vector<KernelKey> kernels_to_measure(const DeviceProfile& profile, std::span<const KernelKey> wanted) {
  std::vector<double> nearest(wanted.size(), std::numeric_limits<double>::infinity());
  const auto measured = [&](const KernelKey& key) {
    for (std::size_t i = 0; i < wanted.size(); ++i) nearest[i] = std::min(nearest[i], distance(wanted[i], key));
  };
  for (const auto& sample : profile.samples) measured(sample.key);
  std::vector<KernelKey> chosen;
  for (;;) {
    const auto farthest = std::max_element(nearest.begin(), nearest.end());
    if (farthest == nearest.end() || *farthest <= kCovered) return chosen;
    chosen.push_back(wanted[static_cast<std::size_t>(farthest - nearest.begin())]);
    measured(chosen.back());
  }
}

Predictor fit_device(Device& device, std::span<const KernelKey> wanted, const EnergyModelOptions& options,
                     DeviceProfile& profile, const NoticeSink& notice, const ProgressSink& progress) {
  const auto path = profile_path(device, options.profile_folder);
  if (!path.empty()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) fail_internal("{}: cannot be made: {}", path.parent_path().string(), error.message());
  }
  profile = stored_profile(device, path, notice);
  if (const auto missing = kernels_to_measure(profile, wanted); !missing.empty()) {
    ProfileOptions profiling;
    profiling.budget_s = options.profile_budget_s;
    profiling.seed = options.seed;
    profile_kernels(profile, missing, device, profiling, path, progress);
  }
  return Predictor::fit(profile);
}

}  // namespace tabjoule
