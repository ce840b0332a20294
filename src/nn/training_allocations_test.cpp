// Training allocates nothing once it is warm: every operator new of this program is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "nn/testing.h"

namespace {
std::atomic<int> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Not inlined, or the compiler sees free() for what it takes to come from its own operator new.
[[gnu::noinline]] void release(void* memory) { std::free(memory); }
}  // namespace

void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, std::size_t(alignment)); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace tabjoule::training_allocations_test {
namespace {

using namespace testing_nn;

class TrainingAllocations : public testing::TestWithParam<int> {};

TokenColumns six_columns() {
  TokenColumns columns;
  columns.numeric = 6;
  columns.cls = true;
  return columns;
}

TEST_P(TrainingAllocations, NoneAfterTheFirstStepOfANetwork) {
  for (const Network& network :
       {mlp(6, {40, 24}, 2, 0.3F), residual(6, 24, 40, 2, 0.3F), attentive(six_columns(), 24, 4, 2, 0.3F)}) {
    const Samples samples = xor_samples(500, 6, 1);
    const RowIndices batch = first_rows(300);
    ThreadPool pool(GetParam());
    ParameterStore store;
    store.add(network, Rng(1));
    TrainingStep step(store, pool);
    step.run(network, samples, batch, {}, Rng(0));
    const int before = allocations;
    for (std::uint64_t i = 0; i < 10; ++i) step.run(network, samples, batch, {}, Rng(i));
    EXPECT_EQ(allocations - before, 0);
    EXPECT_GT(before, 0) << "nothing is counted";
  }
}

TEST_P(TrainingAllocations, NoneForSmallerNetworksAndBatchesAfterTheLargest) {
  const Samples samples = xor_samples(500, 6, 1);
  const RowIndices batch = first_rows(300);
  std::vector<Network> networks{mlp(6, {40, 40, 40}, 2, 0.3F)};
  for (const auto& widths : {std::vector{40}, {8, 8, 8}, {40, 40}, {4}, {24, 24, 24}})
    networks.push_back(mlp(6, widths, 2, 0.3F));
  ThreadPool pool(GetParam());
  ParameterStore store;
  store.add(networks.front(), Rng(1));
  TrainingStep step(store, pool);
  step.run(networks.front(), samples, batch, {}, Rng(0));
  const int before = allocations;
  for (const Network& network : networks)
    for (const std::size_t rows : {300, 129, 128, 1})
      step.run(network, samples, std::span(batch).first(rows), {}, Rng(0));
  EXPECT_EQ(allocations - before, 0);
}

TEST_P(TrainingAllocations, NoneWhereGradientsOfSeveralNetworksAreSummed) {
  const Samples samples = xor_samples(500, 6, 1);
  const RowIndices batch = first_rows(300);
  const std::vector<Network> networks{mlp(6, {40, 40}, 2, 0.3F), mlp(6, {8}, 2, 0.3F), mlp(6, {24, 24}, 2, 0.3F)};
  ThreadPool pool(GetParam());
  ParameterStore store;
  store.add(networks.front(), Rng(1));
  TrainingStep step(store, pool);
  GradientSum sum(store);
  Matrix outputs(300, 2);
  int before = 0;
  for (int i = 0; i < 5; ++i) {
    step.accumulate(networks[0], samples, batch, sum, Rng(0), {{}, block(outputs)});
    for (const int n : {1, 2})
      step.accumulate(networks[static_cast<std::size_t>(n)], samples, batch, sum, Rng(0), {block(outputs), {}});
    sum.update({}, pool);
    if (i == 0) before = allocations;
  }
  EXPECT_EQ(allocations - before, 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, TrainingAllocations, testing::Values(1, 2), testing::PrintToStringParamName());

}  // namespace
}  // namespace tabjoule::training_allocations_test
