#include "runtime/simulation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr double kStepS = 0.004;       // while the clock moves
constexpr double kSteadyStepS = 0.02;  // a draw of the jitter lasts so long
constexpr double kSteadyLoad = 1e-3;   // the load is at its end within this
constexpr double kShortRunS = 0.002;   // kernels of shorter runs are not told apart: no sensor could
constexpr double kWidestJitter = 3;    // standard deviations

/// The share of a run's bytes that the run before left in the cache: those of a small model all, of a large one none.
double cached_share(const SimulatedGpu& gpu, std::span<const KernelKey> kernels) {
  double weights = 0, activations = 0;
  for (const KernelKey& key : kernels) {
    const KernelWork work = work_of(key);
    const double own = work.parameters * bytes_of(key.dtype);
    weights += own;
    activations = std::max(activations, work.bytes_read + work.bytes_written - own);
  }
  return std::max(0.0, 1 - (weights + activations) / gpu.execution.l2_bytes);
}

}  // namespace

struct Simulation::RunCost {
  std::vector<KernelCost> parts;  ///< the start of the run, then the kernels
  KernelCost sum;
};

Simulation::Simulation(SimulatedGpu gpu, std::uint64_t seed)
    : gpu_(std::move(gpu)), power_(gpu_.power.idle_w), sensor_(gpu_.sensor, power_, seed), rng_(seed) {}

Simulation::RunCost Simulation::run_cost(std::span<const KernelKey> kernels, double clock) const {
  const GpuState state{clock, cached_share(gpu_, kernels)};
  RunCost cost;
  const auto add = [&](const KernelKey& key) {
    cost.parts.push_back(kernel_cost(gpu_, key, state));
    cost.sum.time_s += cost.parts.back().time_s;
    cost.sum.busy_s += cost.parts.back().busy_s;
    cost.sum.energy_j += cost.parts.back().energy_j;
  };
  add({KernelType::session, {}, ""});
  for (const KernelKey& key : kernels) add(key);
  return cost;
}

void Simulation::spend(double time_s, double power_w) {
  power_.set(now_s_, power_w);
  now_s_ += time_s;
}

void Simulation::remember(double time_s, double busy_share) {
  load_ = busy_share + (load_ - busy_share) * std::exp(-time_s / gpu_.clocks.memory_s);
}

void Simulation::wait(double time_s) {
  if (!(time_s >= 0)) fail_usage("a device cannot wait for {} s", time_s);
  while (time_s > 0) {
    const double step_s = load_ > kSteadyLoad ? std::min(time_s, kStepS) : time_s;
    spend(step_s, waiting_power_w(gpu_, clock()));
    remember(step_s, 0);
    time_s -= step_s;
  }
}

void Simulation::step(const RunCost& cost, double runs, bool each_kernel) {
  const double draw = std::clamp(rng_.normal(), -kWidestJitter, kWidestJitter);
  const double jitter = 1 + gpu_.execution.jitter * draw;  // of time; the power stays
  if (each_kernel) {
    for (const KernelCost& part : cost.parts)
      if (part.time_s > 0) spend(part.time_s * jitter, part.energy_j / part.time_s);
  } else {
    spend(runs * cost.sum.time_s * jitter, cost.sum.energy_j / cost.sum.time_s);
  }
  remember(runs * cost.sum.time_s * jitter, cost.sum.busy_s / cost.sum.time_s);
}

void Simulation::run(std::span<const KernelKey> kernels, std::int64_t times) {
  if (times < 0) fail_usage("a model cannot run {} times", times);
  double cost_clock = clock();
  RunCost cost = run_cost(kernels, cost_clock);
  while (times > 0) {
    if (clock() != cost_clock) cost = run_cost(kernels, cost_clock = clock());
    const bool moving = std::abs(load_ - cost.sum.busy_s / cost.sum.time_s) > kSteadyLoad &&
                        (load_ < gpu_.clocks.full_load || cost.sum.busy_s / cost.sum.time_s < gpu_.clocks.full_load);
    const double step_s = moving ? kStepS : kSteadyStepS;
    const bool each_kernel = cost.sum.time_s >= kShortRunS;
    const auto fitting = static_cast<std::int64_t>(step_s / cost.sum.time_s);
    const std::int64_t runs = each_kernel ? 1 : std::clamp<std::int64_t>(fitting, 1, times);
    step(cost, static_cast<double>(runs), each_kernel);
    times -= runs;
  }
}

KernelCost Simulation::steady_cost(const KernelGraph& graph) const {
  std::vector<KernelKey> kernels;
  for (const Kernel& kernel : graph.kernels) kernels.push_back(kernel.key);
  return steady_cost(kernels);
}

KernelCost Simulation::steady_cost(std::span<const KernelKey> kernels) const {
  double load = 1;
  KernelCost cost;
  for (int i = 0; i < 60; ++i) {  // halves what is left of the distance each time
    cost = run_cost(kernels, clock_at(gpu_, load)).sum;
    load = 0.5 * (load + cost.busy_s / cost.time_s);
  }
  return cost;
}

namespace {

class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(Simulation& simulation) : simulation_(simulation) {}
  [[nodiscard]] double now_s() override { return simulation_.now_s(); }
  void sleep(double seconds) override { simulation_.wait(seconds); }

 private:
  Simulation& simulation_;
};

}  // namespace

std::unique_ptr<Clock> make_simulated_clock(Simulation& simulation) {
  return std::make_unique<SimulatedClock>(simulation);
}

}  // namespace tabjoule
