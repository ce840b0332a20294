// A profile of few kernels against the truth of simulated devices: whole networks of every space, and what sibling
// merging and the whole models' correction are worth. bench/README.md says how to read it
// (bench_simulated_profile [KERNELS [NETWORKS a space]]).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "graph/network_graph.h"
#include "kernel/detect.h"
#include "pipeline/device_profiling.h"
#include "predict/evaluate.h"
#include "space/search_space.h"

namespace tabjoule {
namespace {

constexpr const char* kSpaces[] = {"mlp", "resnet", "ft"};
constexpr std::int64_t kBatches[] = {1, 256};
constexpr int kInputs[] = {12, 50};  // columns: others than the profile was asked for

NetworkShape table_of(const SearchSpace& space, int inputs) {
  NetworkShape shape;
  shape.inputs = inputs;
  shape.outputs = 3;
  if (category_encoding(space) == CategoryEncoding::codes) shape.cardinalities.assign(4, 7);
  return shape;
}

struct Network {
  std::string space;
  double truth_j = 0;
  KernelGraph kernels, unmerged;
};

/// Networks that nobody has measured.
std::vector<Network> networks_of(const Device& device, int count) {
  FusionRules apart = device.rules;
  apart.siblings.clear();
  std::vector<Network> networks;
  for (const char* name : kSpaces) {
    const SearchSpace space = load_space(name);
    Rng rng = Rng(12345).split(networks.size());
    for (int i = 0; i < count; ++i) {
      const std::int64_t batch = kBatches[i % 2];
      const auto network = to_network(space, random_architecture(space, rng), table_of(space, kInputs[i / 2 % 2]));
      const Graph graph = to_graph(network, nullptr, batch);
      Network made{name, 0, detect_kernels(graph, batch, device.rules), detect_kernels(graph, batch, apart)};
      made.truth_j = device.simulation->steady_cost(made.kernels).energy_j;
      networks.push_back(std::move(made));
    }
  }
  return networks;
}

void report(const std::string& device, const std::string& what, const Predictor& predictor, bool merged,
            const std::vector<Network>& networks) {
  for (const std::string space : {"mlp", "resnet", "ft", "all"}) {
    std::vector<double> predicted, truth, errors;
    for (const Network& network : networks) {
      if (space != "all" && network.space != space) continue;
      predicted.push_back(predictor.predict(merged ? network.kernels : network.unmerged).energy_per_batch_j);
      truth.push_back(network.truth_j);
      errors.push_back(std::abs(predicted.back() / truth.back() - 1));
    }
    double sum = 0;
    for (const double error : errors) sum += error;
    const auto within = std::count_if(errors.begin(), errors.end(), [](double error) { return error <= 0.05; });
    const auto count = static_cast<double>(errors.size());
    fmt::print("{:<21} {:<22} {:<7} {:>8} {:>9.2f} {:>9.2f} {:>9.1f} {:>9.4f}\n", device, what, space, errors.size(),
               100 * sum / count, 100 * *std::max_element(errors.begin(), errors.end()),
               100 * static_cast<double>(within) / count, spearman(predicted, truth));
  }
  std::fflush(stdout);
}

void run(std::size_t kernels, int count) {
  fmt::print("{:<21} {:<22} {:<7} {:>8} {:>9} {:>9} {:>9} {:>9}\n", "device", "predictor", "space", "networks",
             "MAPE %", "worst %", "in 5 %", "spearman");
  const auto folder = std::filesystem::temp_directory_path();
  for (const char* name : {"sim:jetson-agx-orin", "sim:rtx-3090", "sim:a100"}) {
    ProfileRequest request;
    request.device = name;
    request.spaces = {std::begin(kSpaces), std::end(kSpaces)};
    request.batches = {std::begin(kBatches), std::end(kBatches)};
    request.budget_s = 1e6;  // of virtual time: the kernels are what is counted
    request.most_kernels = kernels;
    request.out = folder / fmt::format("tabjoule-simulated-profile-{}.json", ::getpid());
    std::filesystem::remove(request.out);
    const ProfiledDevice profiled = profile_device(request, {}, {});
    std::filesystem::remove(request.out);
    fmt::print("{}: {} kernels of {}, {} whole models, {} rules contradicted, held-out kernels {:.1f} %\n", name,
               profiled.profile.samples.size() + profiled.profile.held_out.size() + profiled.profile.crowding.size(),
               profiled.wanted, profiled.profile.models.size(), profiled.rules_contradicted,
               100 * profiled.held_out.mape);
    const Device device = open_device(name, {});
    const std::vector<Network> networks = networks_of(device, count);
    DeviceProfile uncorrected = profiled.profile;
    uncorrected.models.clear();
    report(name, "whole", Predictor::fit(profiled.profile), true, networks);
    report(name, "without correction", Predictor::fit(uncorrected), true, networks);
    report(name, "without sibling merging", Predictor::fit(profiled.profile), false, networks);
  }
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) try {
  tabjoule::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 300, argc > 2 ? std::atoi(argv[2]) : 60);
} catch (const tabjoule::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
