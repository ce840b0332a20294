// How close a training step of each family comes to the machine's matrix products: each repetition times a product of
// two 512 x 512 matrices by the same CBLAS on one thread, then steps, so that both meet the same load of the machine.
// bench/README.md says how to read it.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <numeric>

#include "base/blas.h"
#include "nn/training.h"
#include "space/search_space.h"

namespace tabjoule {
namespace {

constexpr int kFeatures = 64;
constexpr int kClasses = 10;
constexpr int kRows = 16384;

Network network_of(const char* family, const std::vector<std::pair<const char*, int>>& decisions, int features) {
  SearchSpace space{"bench", family, {}};
  for (const auto& [name, value] : decisions) space.decisions.push_back({name, {value}});
  return to_network(space, smallest(space), {features, kClasses});
}

Network mlp(int width, int depth) { return network_of("mlp", {{"depth", depth}, {"width", width}}, kFeatures); }

Samples random_samples(int features) {
  Rng rng(1);
  Samples samples;
  samples.task = Task::multiclass;
  samples.x.resize(kRows, features);
  for (Eigen::Index i = 0; i < samples.x.size(); ++i) samples.x.data()[i] = static_cast<float>(rng.normal());
  for (int i = 0; i < kRows; ++i) samples.labels.push_back(static_cast<std::int32_t>(rng.below(kClasses)));
  return samples;
}

/// Forward, weight gradients, and gradients of the values but for the input's: matrix products only. What attention
/// computes a second time in backward does not count.
double flops_of_step(const Network& network, int batch) {
  double sum = 0;
  for (const Layer& layer : network.layers) {
    if (layer.type == LayerType::linear)
      sum += 2.0 * layer.tokens * layer.width * layer.parameters[0].cols * (layer.inputs.front() == 0 ? 2 : 3);
    if (layer.type == LayerType::attention)
      sum += 3 * 4.0 * layer.tokens * network.layers[static_cast<std::size_t>(layer.inputs[1])].tokens * layer.width;
  }
  return sum * batch;
}

double now_s(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <class Body>
double seconds(clockid_t clock, const Body& body) {
  const double start = now_s(clock);
  body();
  return now_s(clock) - start;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Steps of `network` on `store`, which holds it, with products in between.
void time_steps(benchmark::State& state, const Network& network, ParameterStore& store, int batch, int threads) {
  // One thread is judged by its own processor time, which other programs on the machine do not change; several by
  // the time that passes.
  const clockid_t clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  ThreadPool pool(threads);
  const Samples samples = random_samples(network.input_width());
  TrainingStep step(store, pool);
  RowIndices order(kRows);
  std::iota(order.begin(), order.end(), 0U);
  Rng(2).shuffle(std::span(order));
  std::size_t next = 0;
  const auto run_step = [&] {
    step.run(network, samples, std::span(order).subspan(next, static_cast<std::size_t>(batch)), {}, Rng(0));
    next = (next + static_cast<std::size_t>(batch)) % kRows;
  };
  Matrix a = Matrix::Random(512, 512);
  Matrix b = Matrix::Random(512, 512);
  Matrix c(512, 512);
  const double gemm_flops = 2.0 * 512 * 512 * 512;
  const auto run_gemm = [&] { gemm(Trans::no, Trans::no, 1, block(a), block(b), 0, block(c)); };

  const double flops = flops_of_step(network, batch);
  const int steps = std::max(1, static_cast<int>(2 * gemm_flops / flops));  // about as long as two products
  run_step();
  run_gemm();
  std::vector<double> fractions;
  std::vector<double> rates;
  for (auto _ : state) {
    const double gemm_s = seconds(clock, [&] { run_gemm(), run_gemm(); }) / 2;
    const double step_s = seconds(clock,
                                  [&] {
                                    for (int i = 0; i < steps; ++i) run_step();
                                  }) /
                          steps;
    state.SetIterationTime(step_s);
    rates.push_back(flops / step_s * 1e-9);
    fractions.push_back(flops / step_s / (gemm_flops / gemm_s));
  }
  state.counters["gflops"] = median(rates);
  state.counters["best_gflops"] = *std::max_element(rates.begin(), rates.end());
  state.counters["fraction_of_gemm"] = median(fractions);
}

/// Arguments: width, depth, batch, threads; the supernet's case runs on the top-left slice of a store 1024 wide.
void training_step(benchmark::State& state, bool slice) {
  const int width = static_cast<int>(state.range(0));
  const int depth = static_cast<int>(state.range(1));
  ParameterStore store;
  store.add(mlp(slice ? 1024 : width, depth), Rng(1));
  time_steps(state, mlp(width, depth), store, static_cast<int>(state.range(2)), static_cast<int>(state.range(3)));
}

/// Arguments: width, threads. 4 blocks, hidden twice the width, batch 256.
void resnet_step(benchmark::State& state) {
  const int width = static_cast<int>(state.range(0));
  const Network network = network_of("resnet", {{"depth", 4}, {"width", width}, {"hidden", 2 * width}}, kFeatures);
  ParameterStore store;
  store.add(network, Rng(1));
  time_steps(state, network, store, 256, static_cast<int>(state.range(1)));
}

/// Arguments: width, columns, threads. 3 blocks, 8 heads, RTDL's feed-forward, batch 256.
void ft_step(benchmark::State& state) {
  const Network network =
      network_of("ft", {{"depth", 3}, {"width", static_cast<int>(state.range(0))}, {"heads", 8}, {"ffn_sixths", 8}},
                 static_cast<int>(state.range(1)));
  ParameterStore store;
  store.add(network, Rng(1));
  time_steps(state, network, store, 256, static_cast<int>(state.range(2)));
  state.counters["mega_bytes"] = static_cast<double>(training_bytes(network, 256, 1)) * 1e-6;
}

void arguments(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"width", "depth", "batch", "threads"})->UseManualTime()->Iterations(100);
  for (const int threads : {1, 2})
    bench->Args({64, 3, 128, threads})->Args({256, 3, 256, threads})->Args({512, 4, 256, threads});
}

void few(benchmark::internal::Benchmark* bench) { bench->UseManualTime()->Unit(benchmark::kMicrosecond); }

BENCHMARK(resnet_step)->Apply(few)->ArgNames({"width", "threads"})->Iterations(100)->Args({128, 1})->Args({128, 2});
BENCHMARK(ft_step)
    ->Apply(few)
    ->ArgNames({"width", "columns", "threads"})
    ->Iterations(10)
    ->Args({64, 53, 1})
    ->Args({192, 53, 1})
    ->Args({64, 53, 2})
    ->Args({192, 53, 2});
BENCHMARK_CAPTURE(training_step, own_store, false)->Apply(arguments)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(training_step, slice_of_1024, true)->Apply(arguments)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tabjoule

BENCHMARK_MAIN();
