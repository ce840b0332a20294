// Made-up devices whose kernel costs are known exactly: what the predictor's tests fit and compare with.
#pragma once

#include <cmath>

#include "base/random.h"
#include "kernel/kernel.h"
#include "profile/profile.h"

namespace tabjoule::synthetic {

/// A processor of 50 GFLOP/s, 20 GB/s and 0.3 us per kernel; 5 W. The truth lies in what the terms can say.
inline double linear_time_s(const KernelKey& key) {
  const auto m = static_cast<double>(key.shape[0]);
  const auto n = static_cast<double>(key.shape[1]);
  const auto k = static_cast<double>(key.shape[2]);
  const double relu = key.variant == "relu" ? 4 * m * n / 40e9 : 0;
  return 0.3e-6 + 2 * m * std::ceil(n / 16) * 16 * k / 50e9 + 4 * k * n / 20e9 + 4 * m * (n + k) / 30e9 + relu;
}

inline KernelKey linear(std::int64_t m, std::int64_t n, std::int64_t k, const char* variant = "relu") {
  return {KernelType::linear, {m, n, k}, variant};
}

inline KernelKey random_linear(Rng& rng) {
  const auto size = [&](double low, double high) {
    return static_cast<std::int64_t>(std::exp(rng.uniform(std::log(low), std::log(high))));
  };
  return linear(size(1, 257), size(1, 1025), size(4, 1025), rng.uniform() < 0.7 ? "relu" : "");
}

/// `noise`: standard deviation of the logarithm.
inline KernelSample sample(const KernelKey& key, double noise, Rng& rng) {
  const double time_s = linear_time_s(key) * std::exp(noise * rng.normal());
  return {key, time_s, 5 * time_s, 1, "synthetic"};
}

inline DeviceProfile profile(int samples, double noise, std::uint64_t seed) {
  DeviceProfile result;
  Rng rng(seed);
  result.samples.push_back({{KernelType::session, {}, ""}, 1e-6, 5e-6, 1, "synthetic"});
  for (int i = 0; i < samples; ++i) result.samples.push_back(sample(random_linear(rng), noise, rng));
  return result;
}

}  // namespace tabjoule::synthetic
