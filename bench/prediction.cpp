// What a search waits for once (a predictor fitted to a profile) and `tabjoule predict` each time (a model read, its
// kernels detected and predicted). bench/README.md says how to read it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <set>
#include <utility>

#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "pipeline/energy_model.h"

namespace tabjoule {
namespace {

constexpr std::size_t kSamples = 3000;

Device& device() {
  static Device orin = open_device("sim:jetson-agx-orin", {});
  return orin;
}

/// Of kernels that the three spaces need on several tables.
const DeviceProfile& profile() {
  static const DeviceProfile kProfile = [] {
    std::set<KernelKey> keys;
    for (const std::int64_t batch : {1, 16, 64, 256})
      for (const auto& [columns, outputs] : {std::pair{8, 2}, {16, 3}, {24, 5}, {54, 7}, {108, 100}})
        for (const char* name : {"mlp", "resnet", "ft"}) {
          const auto of_space = kernels_of_space(device(), load_space(name), {columns, outputs, {}}, batch);
          keys.insert(of_space.begin(), of_space.end());
        }
    std::vector<KernelKey> wanted(keys.begin(), keys.end());
    Rng rng(0);
    rng.shuffle(std::span(wanted));
    wanted.resize(std::min(wanted.size(), kSamples - 1));  // and the session
    DeviceProfile measured;
    measured.processors = device().processors();
    ProfileOptions options;
    options.budget_s = 1e6;  // virtual: enough for all
    options.measure = kernel_options(device());
    options.inputs = CopyInputs::own;
    profile_kernels(measured, wanted, device(), options, {}, {});
    return measured;
  }();
  return kProfile;
}

void fit(benchmark::State& state) {
  const DeviceProfile& known = profile();
  for (auto _ : state)
    benchmark::DoNotOptimize(Predictor::fit(known, static_cast<int>(state.range(0))).accuracy().mape);
  state.counters["samples"] = static_cast<double>(known.samples.size());
}
BENCHMARK(fit)->ArgName("threads")->Arg(1)->Arg(2)->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);

struct Model {
  std::string bytes;
  Graph graph;
};

/// The largest FT-Transformer of the built-in space.
const Model& model() {
  static const Model kModel = [] {
    const SearchSpace space = load_space("ft");
    const Network network = to_network(space, largest(space), {8, 2, {}});
    ParameterStore store;
    store.add(network, Rng(0));
    const std::string bytes = to_onnx(to_graph(network, &store, 1));
    return Model{bytes, from_onnx(bytes, "model")};
  }();
  return kModel;
}

void read(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(from_onnx(model().bytes, "model"));
  state.counters["megabytes"] = static_cast<double>(model().bytes.size()) / 1e6;
}
BENCHMARK(read)->Unit(benchmark::kMillisecond);

void detect_and_predict(benchmark::State& state) {
  const auto predictor = Predictor::fit(profile());
  for (auto _ : state)
    benchmark::DoNotOptimize(predictor.predict(detect_kernels(device(), model().graph, 1)).energy_per_batch_j);
  state.counters["operators"] = static_cast<double>(model().graph.nodes.size());
}
BENCHMARK(detect_and_predict)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tabjoule

BENCHMARK_MAIN();
