// What the search itself costs for one architecture: sampling, a look-up of accuracy and energy, the reward and the
// policy's update. bench/README.md says how to read it.
#include <benchmark/benchmark.h>

#include <cmath>

#include "search/policy_gradient.h"

namespace tabjoule {
namespace {

double utility(const Architecture& a) { return 1 - std::exp(-0.1 * a.choices[1]) - 0.001 * a.choices[0]; }
double energy_j(const Architecture& a) { return 1e-6 * (1 + a.choices[0]) * (1 + a.choices[1]); }

void sample(benchmark::State& state) {
  const Policy policy(load_space("mlp"));
  Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(policy.sample(rng));
}
BENCHMARK(sample);

/// A whole search of 100 x 12 samples; the time is per sample.
void search(benchmark::State& state) {
  const SearchSpace space = load_space("mlp");
  SearchOptions options;
  options.updates = 100;
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy_gradient_search(space, utility, energy_j, {}, options, {}));
    ++options.seed;
  }
  state.counters["per_architecture"] =
      benchmark::Counter(static_cast<double>(options.updates * options.samples_per_update),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(search)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tabjoule

BENCHMARK_MAIN();
