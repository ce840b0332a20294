// A simulated GPU in virtual time: it executes kernels, its clock follows the load, and its true power is on record.
// The clock, the sensors and the runner of a simulated device are views of one Simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "runtime/runner.h"
#include "runtime/simulated_gpu.h"

namespace tabjoule {

/// Not thread-safe. The same seed and the same calls give the same time and power.
class Simulation {
 public:
  Simulation(SimulatedGpu gpu, std::uint64_t seed);
  Simulation(const Simulation&) = delete;  // its sensor refers to it
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] const SimulatedGpu& gpu() const { return gpu_; }
  [[nodiscard]] double now_s() const { return now_s_; }
  [[nodiscard]] const PowerSignal& true_power() const { return power_; }
  [[nodiscard]] const SimulatedSensor& sensor() const { return sensor_; }
  [[nodiscard]] double clock() const { return clock_at(gpu_, load_); }  ///< relative to the full one

  /// Nothing executes; the clock falls with the load.
  void wait(double time_s);
  /// The kernels of a model, in order, `times` times. Errors (input): a kernel of type unknown.
  void run(std::span<const KernelKey> kernels, std::int64_t times);

  /// The truth: one run of a model among endless runs of it, at the clock these lead to.
  [[nodiscard]] KernelCost steady_cost(std::span<const KernelKey> kernels) const;
  [[nodiscard]] KernelCost steady_cost(const KernelGraph& graph) const;

 private:
  struct RunCost;
  [[nodiscard]] RunCost run_cost(std::span<const KernelKey> kernels, double clock) const;
  void step(const RunCost& cost, double runs, bool each_kernel);
  void spend(double time_s, double power_w);
  void remember(double time_s, double busy_share);

  SimulatedGpu gpu_;
  double now_s_ = 0;
  PowerSignal power_;
  SimulatedSensor sensor_;
  Rng rng_;
  double load_ = 0;  ///< share of the recent time in which kernels executed
};

/// Its time: sleeping is waiting.
[[nodiscard]] std::unique_ptr<Clock> make_simulated_clock(Simulation& simulation);

/// Loads any model that has no kernel of type unknown. run() computes on the CPU and takes no virtual time;
/// run_bound() takes what the GPU would. `simulation` must outlive runner and models.
[[nodiscard]] std::unique_ptr<Runner> make_simulated_runner(Simulation& simulation);

/// A model of these kernels that has no file: run() and executed_graph() are errors (usage). `simulation` must outlive
/// it.
[[nodiscard]] std::unique_ptr<LoadedModel> make_simulated_model(Simulation& simulation, std::vector<KernelKey> kernels);

}  // namespace tabjoule
