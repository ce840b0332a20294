#include "profile/kernel_meter.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "graph/onnx/onnx_file.h"
#include "profile/block_model.h"
#include "profile/pair_model.h"
#include "profile/part_sizes.h"

namespace tabjoule {
namespace {

constexpr int kFewLinks = 4;
constexpr int kManyLinks = 20;
constexpr double kMostDoubt = 0.3;  // half an interval of a kernel, which is a small difference of two costs at times
constexpr int kSessionTries = 4;
// The session's four models are in every sample and every prediction.
constexpr double kSessionPatience = 5;

MeteredCost clamped(const MeteredCost& cost) {
  MeteredCost result = cost;
  result.time_s = std::max(0.0, cost.time_s);
  result.energy_j = std::max(0.0, cost.energy_j);
  return result;
}

}  // namespace

MeteredCost operator+(const MeteredCost& a, const MeteredCost& b) {
  return {a.time_s + b.time_s, a.energy_j + b.energy_j, std::hypot(a.time_half_width_s, b.time_half_width_s),
          std::hypot(a.energy_half_width_j, b.energy_half_width_j)};
}

MeteredCost operator-(const MeteredCost& a, const MeteredCost& b) { return a + -1.0 * b; }

MeteredCost operator*(double factor, const MeteredCost& cost) {
  return {factor * cost.time_s, factor * cost.energy_j, std::abs(factor) * cost.time_half_width_s,
          std::abs(factor) * cost.energy_half_width_j};
}

MeteredCost KernelMeter::model(const Graph& graph, std::int64_t batch, double patience, bool accept_disturbed) const {
  MeasureOptions options = options_;
  options.accept_disturbed = accept_disturbed;
  options.budget_s *= patience;
  if (patience > 1) options.target_relative_half_width /= std::sqrt(patience);
  const auto loaded = device_.runner->load(to_onnx(graph));
  loaded->bind_random(batch, 0);
  const Measurement m = measure(*loaded, batch, device_, options);
  const MeteredCost cost{m.time_per_batch_s, m.energy_per_batch_j, m.time_half_width_95_s, m.energy_half_width_95_j};
  // What slows the small model down does so to others, if not quite as much.
  return m.slowness && *m.slowness > kQuiet ? 1 / *m.slowness * cost : cost;
}

SessionCost KernelMeter::measure_session(bool accept_disturbed) const {
  const auto cost = [&](int links, bool chained) {
    return model(session_model(links, chained, inputs_), 1, kSessionPatience, accept_disturbed);
  };
  const double per_link = 1.0 / (kManyLinks - kFewLinks);
  const MeteredCost few = cost(kFewLinks, true);
  const MeteredCost chained = per_link * (cost(kManyLinks, true) - few);
  const MeteredCost parallel = per_link * (cost(kManyLinks, false) - cost(kFewLinks, false));
  const MeteredCost run = few - static_cast<double>(kFewLinks) * chained;
  if (!run.positive() || !chained.positive())
    throw UnstableError("the cost of a run is lost in the noise; stop other programs");
  return {run, clamped(chained - parallel)};
}

SessionCost KernelMeter::session(double patience_s) const {
  const double end_s = device_.clock->now_s() + patience_s;
  for (int attempt = 1;; ++attempt) {
    const bool is_last = attempt >= kSessionTries && device_.clock->now_s() >= end_s;
    try {
      return measure_session(/*accept_disturbed=*/is_last);
    } catch (const UnstableError& error) {
      if (is_last) throw Error(ErrorKind::device, fmt::format("session cost: {}", error.what()));
    }
  }
}

std::optional<Graph> KernelMeter::in_blocks(const KernelKey& key, int copies) const {
  const auto executed = [&](const Graph& graph) { return device_.runner->load(to_onnx(graph))->executed_graph(); };
  if (key.type == KernelType::conv || key.type == KernelType::dwconv) {
    KernelKey alone = key;
    alone.variant = without_residual(key.variant);
    return convolutions_in_blocks(executed(kernel_model(alone, copies, inputs_)), alone.variant != key.variant);
  }
  const bool pools = key.type == KernelType::pool || key.type == KernelType::global_pool;
  if (!pools || key.shape.at(1) % kWidestBlock != 0) return {};
  const KernelKey conv{KernelType::conv, {1, kWidestBlock, kWidestBlock, 4, 4, 3, 1, 1}, ""};
  if (!convolutions_in_blocks(executed(kernel_model(conv, 1)), false)) return {};
  return pools_in_blocks(kernel_model(key, copies, inputs_));
}

Graph KernelMeter::graph_of(const KernelKey& key, int copies) const {
  KernelKey built = key;
  if (key.dtype == device_.rules.dtype) built.dtype = DataType::float32;  // of which the runtime makes that
  if (built.dtype == DataType::float32 && device_.runner->tells_kernels())
    if (std::optional<Graph> graph = in_blocks(built, copies)) return std::move(*graph);
  return built.dtype == DataType::int8 && device_.rules.quantized_pairs ? pair_kernel_model(built, copies, inputs_)
                                                                        : kernel_model(built, copies, inputs_);
}

MeteredCost KernelMeter::kernel(const KernelKey& key, int copies, const SessionCost& session, double patience) const {
  const MeteredCost cost =
      (1.0 / copies) * (model(graph_of(key, copies), 1, patience) - session.run) + session.intermediate;
  if (!cost.positive() || cost.time_half_width_s > kMostDoubt * cost.time_s ||
      cost.energy_half_width_j > kMostDoubt * cost.energy_j)
    throw UnstableError("the kernel is lost in the session's cost");
  return cost;
}

}  // namespace tabjoule
