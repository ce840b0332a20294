// The measuring protocol against the truth of simulated devices: kernels from 5 microseconds to 50 milliseconds, by the
// power trace, many seeds. bench/README.md says how to read it (bench_measuring [SEEDS a kernel]).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "profile/mean.h"
#include "profile/measure.h"

namespace tabjoule {
namespace {

using Kernels = std::vector<KernelKey>;

struct Tally {
  double worst = 0, sum = 0;  ///< of the relative errors
  double half_width = 0;      ///< sum of the relative half-widths
  int inside = 0;
  int count = 0;
};

KernelKey square_linear(std::int64_t size) { return {KernelType::linear, {size, size, size}, "", DataType::float16}; }

/// The product of squares that takes about `time_s`; the smallest where none is so short.
KernelKey kernel_of(const SimulatedGpu& gpu, double time_s) {
  std::int64_t size = 16;
  while (kernel_cost(gpu, square_linear(size)).time_s < time_s)
    size = size + std::max<std::int64_t>(8, size / 16 / 8 * 8);
  return square_linear(size);
}

/// A kernel is too short to be measured alone: the slope between runs of few and of twice as many.
void measure_slope(const std::string& name, const KernelKey& key, int copies, std::uint64_t seed, Tally& tally) {
  double slope_j = 0, truth_j = 0;
  double variance = 0, doubt = 0;  // of the slope; and its square over the degrees of freedom (Welch, Satterthwaite)
  for (const int times : {2, 1}) {
    Device device = open_device(name, {.seed = seed});
    const Kernels kernels(static_cast<std::size_t>(times * copies), key);
    const auto model = make_simulated_model(*device.simulation, kernels);
    const Measurement measured = measure(*model, 1, device, {.idle_baseline = false, .seed = seed});
    const double sign = times == 2 ? 1 : -1;
    slope_j += sign * measured.energy_per_batch_j / copies;
    truth_j += sign * device.simulation->steady_cost(kernels).energy_j / copies;
    const auto freedom = static_cast<std::size_t>(measured.trials - 1);
    const double own = std::pow(measured.energy_half_width_95_j / student_975(freedom) / copies, 2);
    variance += own;
    doubt += own * own / static_cast<double>(freedom);
    seed = ~seed;  // the second measurement has noise of its own
  }
  const double error = slope_j / truth_j - 1;
  const double half_width_j = student_975(static_cast<std::size_t>(variance * variance / doubt)) * std::sqrt(variance);
  tally.worst = std::max(tally.worst, std::abs(error));
  tally.sum += std::abs(error);
  tally.half_width += half_width_j / truth_j;
  tally.inside += std::abs(error) * truth_j <= half_width_j ? 1 : 0;
  ++tally.count;
}

void run(int seeds) {
  fmt::print("{:<22} {:<34} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "device", "kernel", "time", "mean error", "worst",
             "+- (95 %)", "coverage");
  for (const std::string& gpu : simulated_gpu_names()) {
    const SimulatedGpu facts = simulated_gpu(gpu);
    for (const double time_s : {5e-6, 20e-6, 100e-6, 1e-3, 10e-3, 50e-3}) {
      const KernelKey key = kernel_of(facts, time_s);
      const double kernel_s = kernel_cost(facts, key).time_s;
      const int copies = std::clamp(static_cast<int>(1e-3 / kernel_s), 1, 32);
      Tally tally;
      for (int seed = 0; seed < seeds; ++seed)
        measure_slope("sim:" + gpu, key, copies, static_cast<std::uint64_t>(seed), tally);
      const double n = tally.count;
      fmt::print("{:<22} {:<34} {:>10} {:>8.2f} % {:>8.2f} % {:>8.2f} % {:>8.1f} %\n", "sim:" + gpu, key.text(),
                 with_unit(kernel_s, "s"), 100 * tally.sum / n, 100 * tally.worst, 100 * tally.half_width / n,
                 100 * tally.inside / n);
    }
  }
}

}  // namespace
}  // namespace tabjoule

int main(int argc, char** argv) try {
  tabjoule::run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 100);
} catch (const tabjoule::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
