#include "pipeline/device_profiling.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "predict/committee.h"

namespace tabjoule {
namespace {

constexpr double kBudgetS = 50;
constexpr double kVirtualBudgetS = 1500;  // of the simulated device; this machine spends a few on it
constexpr double kRulesShare = 0.2;       // of the budget
constexpr std::size_t kHeldOut = 24;
constexpr int kCommittee = 4;
constexpr std::size_t kFirstOfGroup = 6;   // kernels of a type and variant before doubt decides
constexpr std::size_t kHeldOutShare = 10;  // one kernel in so many of a limited number

DeviceProfile started_profile(const ProfileRequest& request, const Device& device) {
  if (request.out.empty()) fail_usage("--out is needed: the file that the profile is stored in");
  if (!std::filesystem::exists(request.out)) {
    DeviceProfile fresh;
    fresh.rules = device.rules.name;
    fresh.processors = device.processors();
    return fresh;
  }
  if (!request.resume)
    fail_usage("{} exists: --resume goes on with it, another --out starts a new profile", request.out.string());
  DeviceProfile profile = read_profile(request.out);
  if (profile.fingerprint != device.fingerprint)
    fail_input("{}: was measured on \"{}\", this is \"{}\": give another --out", request.out.string(),
               profile.fingerprint, device.fingerprint);
  return profile;
}

double whole_models_mape(const Predictor& predictor, const DeviceProfile& profile) {
  double sum = 0;
  for (const ModelSample& model : profile.models) {
    KernelGraph graph;
    for (const KernelKey& key : model.kernels) graph.kernels.push_back({key, {}});
    sum += std::abs(predictor.predict(graph).energy_per_batch_j / model.energy_j - 1);
  }
  return profile.models.empty() ? 0 : sum / static_cast<double>(profile.models.size());
}

double budget_of(const ProfileRequest& request, const Device& device) {
  if (request.budget_s > 0) return request.budget_s;
  return device.simulation ? kVirtualBudgetS : kBudgetS;
}

using Group = std::pair<TypeKey, std::string>;

/// Which part of the models' energy each type of kernel takes, as far as the committee tells.
std::map<TypeKey, double> energy_shares(const Committee& committee, std::span<const std::vector<KernelKey>> models) {
  std::map<KernelKey, double> energies;  // the blocks of a network are alike
  std::map<TypeKey, double> sums;
  double whole = 0;
  for (const std::vector<KernelKey>& model : models) {
    double model_j = 0;
    std::map<TypeKey, double> of_model;
    for (const KernelKey& key : model) {
      const auto [place, is_new] = energies.try_emplace(key);
      if (is_new) place->second = committee.energy_j(key);
      of_model[type_key(key)] += place->second;
      model_j += place->second;
    }
    if (!(model_j > 0)) continue;
    for (const auto& [type, energy_j] : of_model) sums[type] += energy_j / model_j;
    ++whole;
  }
  for (auto& [type, sum] : sums) sum /= whole;
  return sums;
}

/// The kernels that the models' energy hangs on most, and that the predictor is least sure of: an error of a kernel
/// counts as much as what it is part of.
std::vector<double> doubts(const DeviceProfile& profile, std::span<const KernelKey> keys,
                           std::span<const std::vector<KernelKey>> models, std::uint64_t seed) {
  const Committee committee(profile, kCommittee, seed, available_threads());
  std::vector<double> result = committee.disagreement(keys);
  const std::map<TypeKey, double> shares = energy_shares(committee, models);
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (const auto share = shares.find(type_key(keys[i])); share != shares.end()) result[i] *= share->second;
  return result;
}

ProfileOptions options_of(const ProfileRequest& request, std::span<const KernelKey> kernels,
                          std::vector<ModelToMeasure> models) {
  ProfileOptions options;
  options.seed = request.seed;
  options.most_kernels = request.most_kernels;
  options.held_out = request.most_kernels == 0 ? kHeldOut : std::min(kHeldOut, request.most_kernels / kHeldOutShare);
  std::set<Group> groups;
  for (const KernelKey& key : kernels) groups.emplace(type_key(key), key.variant);
  options.first = std::max(options.first, kFirstOfGroup * groups.size());
  std::vector<std::vector<KernelKey>> of_models;
  for (const ModelToMeasure& model : models) of_models.push_back(model.kernels);
  options.doubt = [of_models = std::move(of_models), seed = request.seed](const DeviceProfile& profile,
                                                                          std::span<const KernelKey> keys) {
    try {
      return doubts(profile, keys, of_models, seed);
    } catch (const Error&) {  // too few samples so far for a committee: all are doubted alike
      return std::vector<double>(keys.size(), kUnknownDisagreement);
    }
  };
  options.models = std::move(models);
  return options;
}

/// Asked by experiments where the runtime does not tell. Stored as soon as it is known; what a profile holds already is
/// not asked again.
FusionRules rules_of(DeviceProfile& profile, const ProfileRequest& request, Device& device,
                     const ProgressSink& progress) {
  if (device.runner->tells_kernels()) {
    profile.rules = device.rules.name;
    return device.rules;
  }
  FusionRules assumed = profile.rules == device.rules.name ? device.rules : load_fusion_rules(profile.rules);
  if (!request.rules || !profile.rule_evidence.empty()) return assumed;
  DiscoveryOptions options;
  options.measure = kernel_options(device);
  options.budget_s = kRulesShare * budget_of(request, device);
  DiscoveredRules found = discover_rules(device, assumed, profiling_questions(request), options, progress);
  if (contradictions(found.evidence) > 0) {
    const std::filesystem::path path = request.out.parent_path() / (request.out.stem().string() + "-rules.json");
    write_json(path, to_json(found.rules));
    profile.rules = path.string();
  }
  profile.rule_evidence = std::move(found.evidence);
  return found.rules;
}

}  // namespace

ProfiledDevice profile_device(const ProfileRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  Device device = open_device(request.device, request.device_options);
  ProfiledDevice result;
  result.profile = started_profile(request, device);
  const double begin_s = device.clock->now_s();
  const FusionRules rules = rules_of(result.profile, request, device, progress);
  ProfilingTargets targets = profiling_targets(request, device, rules, notice);
  result.wanted = targets.kernels.size();
  ProfileOptions options = options_of(request, targets.kernels, std::move(targets.models));
  options.budget_s = std::max(1.0, budget_of(request, device) - (device.clock->now_s() - begin_s));
  options.measure = kernel_options(device);
  if (!rules.siblings.empty()) options.inputs = CopyInputs::own;
  profile_kernels(result.profile, targets.kernels, device, options, request.out, progress);
  result.time_s = device.clock->now_s() - begin_s;
  result.rules_contradicted = contradictions(result.profile.rule_evidence);
  const Predictor predictor = Predictor::fit(result.profile);
  result.held_out = evaluate(predictor, result.profile.samples, result.profile.held_out);
  result.fitted = predictor.accuracy();
  result.whole_models_mape = whole_models_mape(predictor, result.profile);
  return result;
}

}  // namespace tabjoule
