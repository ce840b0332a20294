// The simulated GPUs' costs: their physics, and the measured rows they were fitted to.
#include "runtime/simulated_gpu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace tabjoule::simulated_gpu_test {
namespace {

KernelKey linear(std::int64_t m, std::int64_t n, std::int64_t k, DataType type = DataType::float16) {
  return {KernelType::linear, {m, n, k}, "", type};
}

TEST(SimulatedGpu, KnowsItsDevicesAndNamesThemForAnother) {
  EXPECT_THAT(simulated_gpu_names(), testing::ElementsAre("a100", "jetson-agx-orin", "rtx-3090"));
  try {
    static_cast<void>(simulated_gpu("rtx-3900"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr("rtx-3090"));
  }
}

TEST(SimulatedGpu, MoreWorkNeverCostsLess) {
  for (const std::string& name : simulated_gpu_names()) {
    const SimulatedGpu gpu = simulated_gpu(name);
    for (const std::int64_t size : {1, 7, 64, 200, 1000, 3000}) {
      const KernelCost small = kernel_cost(gpu, linear(size, size, size));
      for (const KernelKey& larger :
           {linear(4 * size, size, size), linear(size, 4 * size, size), linear(size, size, 4 * size)}) {
        const KernelCost large = kernel_cost(gpu, larger);
        EXPECT_GE(large.time_s, small.time_s) << name << " " << larger.text();
        EXPECT_GE(large.energy_j, small.energy_j) << name << " " << larger.text();
      }
    }
  }
}

TEST(SimulatedGpu, OneRowCostsAlmostAWholeTile) {
  const SimulatedGpu gpu = simulated_gpu("a100");
  const KernelCost one = kernel_cost(gpu, linear(1, 256, 256)), tile = kernel_cost(gpu, linear(32, 256, 256));
  EXPECT_LT(tile.energy_j, 1.1 * one.energy_j);
  EXPECT_GE(tile.energy_j, one.energy_j);
}

TEST(SimulatedGpu, AWaveThatIsNotFullTakesAsLongAsAFullOne) {
  SimulatedGpu gpu = simulated_gpu("a100");
  gpu.execution.l2_bytes_per_s = gpu.execution.dram_bytes_per_s = 1e15;
  const auto time_s = [&](std::int64_t m) { return kernel_cost(gpu, linear(m, 256 * 9, 16384)).time_s; };
  EXPECT_NEAR(time_s(256 * 12), time_s(256 * 11), 0.04 * time_s(256 * 12));  // two waves of 108 tiles
}

TEST(SimulatedGpu, ALowerClockIsSlowerAtLowerPower) {
  const SimulatedGpu gpu = simulated_gpu("rtx-3090");
  const KernelKey key = linear(2048, 2048, 2048);
  const KernelCost full = kernel_cost(gpu, key, {1, 0});
  const KernelCost half = kernel_cost(gpu, key, {0.5, 0});
  EXPECT_GT(half.time_s, 1.7 * full.time_s);
  EXPECT_LT(half.energy_j / half.time_s, 0.6 * full.energy_j / full.time_s);
}

TEST(SimulatedGpu, LargeProductsDrawWhatTheBoardMay) {
  const auto power_w = [](const char* name) {
    const KernelCost cost = kernel_cost(simulated_gpu(name), linear(4096, 4096, 4096));
    return cost.energy_j / cost.time_s;
  };
  EXPECT_NEAR(power_w("rtx-3090"), 350, 50);
  EXPECT_NEAR(power_w("a100"), 250, 35);
  EXPECT_NEAR(power_w("jetson-agx-orin"), 52, 5);
}

TEST(SimulatedGpu, WhatTheCacheHoldsIsNotReadFromMemory) {
  const SimulatedGpu gpu = simulated_gpu("jetson-agx-orin");
  const KernelKey key = linear(1, 1024, 1024);
  EXPECT_LT(kernel_cost(gpu, key, {1, 1}).time_s, kernel_cost(gpu, key, {1, 0}).time_s);
  EXPECT_LT(kernel_cost(gpu, key, {1, 1}).energy_j, kernel_cost(gpu, key, {1, 0}).energy_j);
}

TEST(SimulatedGpu, RefusesAnUnknownKernel) {
  EXPECT_THROW(static_cast<void>(kernel_cost(simulated_gpu("a100"), {KernelType::unknown, {}, "Einsum"})), Error);
}

/// Rows of a CSV file by column; empty where the reference data is not here.
std::vector<std::map<std::string, std::string>> measured(const std::string& file) {
  std::ifstream in(std::string(TABJOULE_SHARED_DIR) + "/energy/agx_orin/" + file);
  const auto cells = [](const std::string& line) {
    std::vector<std::string> result;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) result.push_back(cell);
    return result;
  };
  std::vector<std::map<std::string, std::string>> rows;
  std::string line;
  if (!std::getline(in, line)) return rows;
  const std::vector<std::string> names = cells(line);
  while (std::getline(in, line)) {
    const std::vector<std::string> values = cells(line);
    auto& row = rows.emplace_back();
    for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) row[names[i]] = values[i];
  }
  return rows;
}

struct Errors {
  double time = 0, energy = 0;  ///< medians of the relative errors
};

template <class ToKey>
Errors errors_of(const std::vector<std::map<std::string, std::string>>& rows, ToKey&& key_of) {
  const SimulatedGpu gpu = simulated_gpu("jetson-agx-orin");
  std::vector<double> time, energy;
  for (const auto& row : rows) {
    if (row.contains("precision") && row.at("precision") != "fp16") continue;
    const auto number = [&](const char* name) { return std::stod(row.at(name)); };
    const KernelCost cost = kernel_cost(gpu, key_of(number, row));
    time.push_back(std::abs(cost.time_s / (1e-3 * number("min_runtime_ms")) - 1));
    energy.push_back(std::abs(cost.energy_j / (1e-3 * number("energy_mJ")) - 1));
  }
  std::sort(time.begin(), time.end());
  std::sort(energy.begin(), energy.end());
  return {time[time.size() / 2], energy[energy.size() / 2]};
}

std::int64_t whole(double value) { return static_cast<std::int64_t>(value); }

TEST(SimulatedOrin, CostsWhatWasMeasured) {
  const auto products = measured("orin_gemm.csv");
  if (products.empty()) GTEST_SKIP() << "the measured kernels are not here";
  const Errors linear_errors = errors_of(products, [](const auto& number, const auto&) {
    return linear(whole(number("M")), whole(number("N")), whole(number("K")));
  });
  EXPECT_LT(linear_errors.energy, 0.05);
  EXPECT_LT(linear_errors.time, 0.05);
  const Errors attention = errors_of(measured("orin_flash_attention.csv"), [](const auto& number, const auto& row) {
    return KernelKey{KernelType::attention,
                     {1, whole(number("num_heads_q")), whole(number("seq_len_q")), whole(number("seq_len_kv")),
                      whole(number("head_dim")), whole(number("num_heads_kv"))},
                     row.at("is_causal") == "True" ? "causal" : "",
                     DataType::float16};
  });
  EXPECT_LT(attention.energy, 0.2);
  const Errors norm = errors_of(measured("orin_layernorm.csv"), [](const auto& number, const auto&) {
    return KernelKey{KernelType::layernorm, {whole(number("M")), whole(number("N"))}, "", DataType::float16};
  });
  EXPECT_LT(norm.energy, 0.15);
}

}  // namespace
}  // namespace tabjoule::simulated_gpu_test
