// The cost of a kernel: the blocks of its work in waves over the SMs against the rates of cache and memory.
#include "runtime/simulated_gpu.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace tabjoule {
namespace {

/// What a kernel asks of the GPU.
struct Work {
  double blocks = 1;
  double block_flops = 0;  ///< the time of a block, as operations
  double flops = 0;        ///< those that cost energy: padding included, the filling of pipelines not
  double rate = 1;         ///< FLOP/s of the whole GPU at the full clock
  double l2_bytes = 0;
  double dram_bytes = 0;
  double dram_efficiency = 1;
};

double busy_share(const SimulatedGpu& gpu, double blocks) {
  return blocks / (std::ceil(blocks / gpu.execution.sms) * gpu.execution.sms);
}

/// Time of `work` without its start.
double executing_s(const SimulatedGpu& gpu, const Work& work, const GpuState& state) {
  const auto& facts = gpu.execution;
  const double sm_rate = work.rate / facts.sms * state.clock;
  const double compute_s = std::ceil(work.blocks / facts.sms) * work.block_flops / sm_rate;
  const double l2_s = work.l2_bytes / (facts.l2_bytes_per_s * state.clock);
  const double dram_s = work.dram_bytes * (1 - state.cached) / (facts.dram_bytes_per_s * work.dram_efficiency);
  const double s = facts.sharpness;
  const double most = std::max({compute_s, l2_s, dram_s});
  if (!(most > 0)) return 0;
  return most * std::pow(std::pow(compute_s / most, s) + std::pow(l2_s / most, s) + std::pow(dram_s / most, s), 1 / s);
}

double at(const std::map<DataType, double>& figures, DataType type) {
  const auto found = figures.find(type);
  return found == figures.end() ? figures.at(DataType::float32) : found->second;
}

/// `count` products of (m, k) by (k, n): the tile and the split of k that take least time, as a runtime's autotuner
/// would choose them.
Work product(const SimulatedGpu& gpu, double count, double m, double n, double k, DataType type, double residuals) {
  constexpr std::array<std::array<double, 2>, 5> kTiles = {{{256, 128}, {128, 128}, {128, 64}, {64, 64}, {32, 64}}};
  const auto& facts = gpu.execution;
  const double bytes = bytes_of(type);
  Work best;
  double best_s = std::numeric_limits<double>::infinity();
  for (const auto& [tile_m, tile_n] : kTiles) {
    for (const double split : {1.0, 2.0, 4.0, 8.0}) {
      if (split > 1 && split > k) break;
      Work work;
      work.blocks = count * std::ceil(m / tile_m) * std::ceil(n / tile_n) * split;
      work.rate = at(facts.matrix_flops_per_s, type) * tile_m * tile_n / (tile_m * tile_n + facts.half_tile);
      work.block_flops = 2 * tile_m * tile_n * (k / split + facts.fill_k);
      work.flops = work.blocks * 2 * tile_m * tile_n * k / split;
      const double partial_bytes = split > 1 ? 8 * m * n * split : 0;  // float32, written and read
      const double outputs = count * m * n * (1 + residuals);
      work.l2_bytes = work.blocks * (tile_m + tile_n) * (k / split) * bytes + outputs * bytes + count * partial_bytes;
      work.dram_bytes = bytes * (count * (m * k + n * k) + outputs);
      const double time_s = executing_s(gpu, work, {});
      if (time_s < best_s) {
        best = work;
        best_s = time_s;
      }
    }
  }
  return best;
}

/// Rows of queries a block takes. A causal block sees half of the keys on average, and its own.
Work attention(const SimulatedGpu& gpu, const KernelKey& key) {
  constexpr double kRows = 64;
  const auto size = [&](std::size_t i) { return static_cast<double>(key.shape[i]); };
  const double batch = size(0), heads = size(1), queries = size(2), keys = size(3), width = size(4);
  const double seen = key.variant == "causal" ? std::min(keys, 0.5 * (keys + kRows)) : keys;
  const double bytes = bytes_of(key.dtype);
  Work work;
  work.blocks = batch * heads * std::ceil(queries / kRows);
  work.block_flops = 4 * kRows * seen * width;
  work.flops = work.blocks * work.block_flops;
  work.rate = at(gpu.execution.matrix_flops_per_s, key.dtype) * gpu.execution.attention_efficiency;
  work.l2_bytes = bytes * work.blocks * width * (2 * kRows + 2 * seen);
  work.dram_bytes = bytes * batch * width * 2 * (heads * queries + size(5) * keys);
  return work;
}

/// Kernels that read and write once: 4096 values a block, a row for those that work on rows.
Work stream(const SimulatedGpu& gpu, const KernelKey& key) {
  constexpr double kValues = 4096;
  const KernelWork amount = work_of(key);
  const bool by_rows = key.type == KernelType::layernorm || key.type == KernelType::softmax;
  Work work;
  work.l2_bytes = work.dram_bytes = amount.bytes_read + amount.bytes_written;
  work.blocks = by_rows ? static_cast<double>(key.shape[0])
                        : std::max(1.0, std::ceil(work.l2_bytes / (2 * bytes_of(key.dtype)) / kValues));
  work.flops = amount.flops;
  work.block_flops = amount.flops / work.blocks;
  work.rate = gpu.execution.vector_flops_per_s;
  work.dram_efficiency = gpu.execution.stream_efficiency;
  return work;
}

Work convolution(const SimulatedGpu& gpu, const KernelKey& key) {
  const auto size = [&](std::size_t i) { return static_cast<double>(key.shape[i]); };
  const double pixels = size(0) * std::ceil(size(3) / size(6)) * std::ceil(size(4) / size(6));
  const double groups = size(7);
  const double k = size(5) * size(5) * size(1) / groups;
  const bool residual = key.variant.find("residual") != std::string::npos;
  Work work = product(gpu, groups, pixels, size(2) / groups, k, key.dtype, residual ? 1 : 0);
  const KernelWork amount = work_of(key);  // the product counts an input once for every place of the window
  work.dram_bytes = amount.bytes_read + amount.bytes_written;
  return work;
}

Work work_on(const SimulatedGpu& gpu, const KernelKey& key) {
  const auto size = [&](std::size_t i) { return static_cast<double>(key.shape[i]); };
  switch (key.type) {
    case KernelType::linear:
      return product(gpu, 1, size(0), size(1), size(2), key.dtype,
                     key.variant.find("residual") == std::string::npos ? 0 : 1);
    case KernelType::batch_matmul:
      return product(gpu, size(0), size(1), size(2), size(3), key.dtype, 0);
    case KernelType::attention:
      return attention(gpu, key);
    case KernelType::conv:
      return convolution(gpu, key);
    case KernelType::unknown:
      fail_input("a simulated GPU cannot tell what an operator \"{}\" costs: no kernel type is known for it",
                 key.variant);
    default:
      return stream(gpu, key);
  }
}

double voltage(const SimulatedGpu& gpu, double clock) {
  const auto& clocks = gpu.clocks;
  if (clocks.lowest >= 1) return 1;
  return clocks.lowest_voltage + (1 - clocks.lowest_voltage) * (clock - clocks.lowest) / (1 - clocks.lowest);
}

}  // namespace

double clock_at(const SimulatedGpu& gpu, double load) {
  return gpu.clocks.lowest + (1 - gpu.clocks.lowest) * std::min(1.0, load / gpu.clocks.full_load);
}

double waiting_power_w(const SimulatedGpu& gpu, double clock) {
  const double lowest = gpu.clocks.lowest;
  const double position = lowest < 1 ? (clock - lowest) / (1 - lowest) : 1;
  return gpu.power.idle_w + position * (gpu.power.base_w - gpu.power.idle_w);
}

KernelCost kernel_cost(const SimulatedGpu& gpu, const KernelKey& key, const GpuState& state) {
  const auto& power = gpu.power;
  if (key.type == KernelType::session) {
    const double time_s = gpu.execution.run_start_s;
    return {time_s, 0, time_s * waiting_power_w(gpu, state.clock)};
  }
  const Work work = work_on(gpu, key);
  KernelCost cost;
  const double execution_s = executing_s(gpu, work, state);
  cost.time_s = cost.busy_s = gpu.execution.kernel_start_s + execution_s;
  const double volts = voltage(gpu, state.clock);
  const double on_chip_j = power.sm_w * state.clock * execution_s * busy_share(gpu, work.blocks) +
                           at(power.flop_j, key.dtype) * work.flops + power.l2_byte_j * work.l2_bytes;
  cost.energy_j = waiting_power_w(gpu, state.clock) * cost.time_s + volts * volts * on_chip_j +
                  power.dram_byte_j * work.dram_bytes * (1 - state.cached);
  return cost;
}

}  // namespace tabjoule
