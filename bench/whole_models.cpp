// Predicted against measured energy of whole MLPs on this machine: how far a sum of kernels is from the network.
// bench/README.md says how to read it. Profiles the machine anew (bench_whole_models [SECONDS a batch size]).
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "pipeline/energy_model.h"

namespace tabjoule {
namespace {

const NetworkShape kShape{108, 2, 0};

SearchSpace space_of(int depth, int width) { return {"bench", "mlp", {{"depth", {depth}}, {"width", {width}}}}; }

void report(Device& device, const Predictor& predictor, int width, int depth, std::int64_t batch) {
  const SearchSpace space = space_of(depth, width);
  const Network network = to_network(space, smallest(space), kShape);
  ParameterStore store;
  store.add(network, Rng(0));
  const auto model = device.runner->load(to_onnx(to_graph(network, &store)));
  model->bind_random(batch, 0);
  const double predicted_j = predictor.predict(kernels_of(device, network, batch)).energy_per_batch_j;
  const std::string name = fmt::format("{} x {}", width, depth);
  try {
    const double measured_j = measure(*model, batch, device, {}).energy_per_batch_j;
    fmt::print("{:<10} {:>6} {:>9.2f} {:>12} {:>12} {:>+8.1f} %\n", name, batch,
               4e-6 * static_cast<double>(network.parameter_count()), with_unit(predicted_j, "J"),
               with_unit(measured_j, "J"), 100 * (predicted_j / measured_j - 1));
  } catch (const Error& error) {
    fmt::print("{:<10} {:>6} not measured: {}\n", name, batch, error.what());
  }
}

void run(double budget_s) {
  Device device = open_device("cpu", {});
  fmt::print("{}\n{:<10} {:>6} {:>9} {:>12} {:>12} {:>10}\n", device.fingerprint, "hidden", "batch", "MB", "predicted",
             "measured", "error");
  for (const std::int64_t batch : {1, 32}) {
    EnergyModelOptions options;
    options.profile_budget_s = budget_s;
    const auto wanted = kernels_of_space(device, load_space("mlp"), kShape, batch);
    const DeviceProfile profile = extended_profile(device, wanted, options, [](const std::string&) {}, {});
    const auto predictor = Predictor::fit(profile);
    const PredictorAccuracy& accuracy = predictor.accuracy();
    fmt::print("kernels, batch {}: {} samples, cross-validated MAPE {:.1f} % (constant {:.0f} %, FLOPs {:.0f} %)\n",
               batch, profile.samples.size(), 100 * accuracy.mape, 100 * accuracy.constant_mape,
               100 * accuracy.flops_mape);
    for (const auto& [width, depth] : {std::pair{64, 3}, {256, 4}, {256, 10}, {512, 2}, {512, 6}, {1024, 2}, {1024, 6}})
      report(device, predictor, width, depth, batch);
  }
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) try {
  tabjoule::run(argc > 1 ? std::atof(argv[1]) : 40);
} catch (const tabjoule::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
