// A GPU as figures: what a kernel costs there, as a pure function of its key and of the state it meets. All of it is
// explained in docs/simulated-devices.md, with how the figures were fitted.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kernel/fusion_rules.h"
#include "power/simulated_sensor.h"

namespace tabjoule {

/// The file devices/sim-NAME.json.
struct SimulatedGpu {
  std::string name;   ///< "jetson-agx-orin"
  std::string title;  ///< "NVIDIA Jetson AGX Orin 64 GB, ..."
  FusionRules rules;  ///< of its runtime, and what that computes in

  struct Execution {
    int sms = 1;
    double l2_bytes = 0;
    double run_start_s = 0;     ///< of every run of a model: nothing executes
    double kernel_start_s = 0;  ///< of every kernel: nothing executes
    double fill_k = 0;          ///< a tile's pipeline takes as long as so many more inputs
    double half_tile = 0;       ///< a tile of so many outputs reaches half of the peak
    double sharpness = 4;       ///< of the roofline: the exponent that joins compute, cache and memory
    double l2_bytes_per_s = 0;
    double dram_bytes_per_s = 0;
    double vector_flops_per_s = 0;                  ///< outside the tensor cores, in float32
    std::map<DataType, double> matrix_flops_per_s;  ///< of products, at most
    double attention_efficiency = 1;                ///< of the matrix peak
    double stream_efficiency = 1;                   ///< of the memory's rate, in kernels that are no products
    double jitter = 0;                              ///< standard deviation of the time of 20 ms of work, relative
  } execution;

  /// The clock follows the load: lowest when idle, 1 from `full_load` on. The load is the share of time in which the
  /// GPU has a kernel, its start included, forgotten with a time constant.
  struct Clocks {
    double highest_hz = 1e9;
    double lowest = 1;
    double full_load = 1;
    double memory_s = 0.04;
    double lowest_voltage = 1;  ///< at the lowest clock, relative; energy an operation goes with its square
  } clocks;

  struct Power {
    double idle_w = 0;  ///< at the lowest clock
    double base_w = 0;  ///< at the full clock, nothing executing
    double sm_w = 0;    ///< more with all SMs busy
    std::map<DataType, double> flop_j;
    double l2_byte_j = 0;
    double dram_byte_j = 0;
  } power;

  SimulatedSensorFacts sensor;
};

/// Names of the simulated GPUs: "a100", "jetson-agx-orin", "rtx-3090".
[[nodiscard]] std::vector<std::string> simulated_gpu_names();

/// Errors (usage): no such GPU (those known are listed); (input): its file is broken, the member is named.
[[nodiscard]] SimulatedGpu simulated_gpu(const std::string& name);

/// What a kernel meets: the clock, relative to the full one, and which share of its bytes the cache holds already.
struct GpuState {
  double clock = 1;
  double cached = 0;
};

struct KernelCost {
  double time_s = 0;
  double busy_s = 0;    ///< part of it in which the GPU has a kernel
  double energy_j = 0;  ///< all of the device's, static power included
};

/// Errors (input): a kernel of type unknown.
[[nodiscard]] KernelCost kernel_cost(const SimulatedGpu& gpu, const KernelKey& key, const GpuState& state = {});

/// Power while nothing executes.
[[nodiscard]] double waiting_power_w(const SimulatedGpu& gpu, double clock);

/// The clock that a load (0 .. 1) leads to.
[[nodiscard]] double clock_at(const SimulatedGpu& gpu, double load);

}  // namespace tabjoule
