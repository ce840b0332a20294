#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/blas.h"
#include "base/error.h"

namespace tabjoule {
namespace {

/// Whether `condition` comes true within the time that sleeping and waking would take.
template <class Condition>
bool soon(const Condition& condition) {
  constexpr auto kPatience = std::chrono::microseconds(50);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  do {
    for (int i = 0; i < 100; ++i)
      if (condition()) return true;
    std::this_thread::yield();  // where there are more threads than cores, to the one that is waited for
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  if (threads < 1) fail_usage("a thread pool needs at least 1 thread, not {}", threads);
  pin_blas_to_one_thread();
  for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { work(worker); });
}

ThreadPool::~ThreadPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  start_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::run(int count, const std::function<void(int)>& task) {
  task_ = &task;
  count_ = count;
  failure_ = nullptr;
  if (workers_.empty() || count <= 1) {
    run_share(0);
  } else {
    busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
    {
      const std::scoped_lock lock(mutex_);  // or a worker that is about to sleep would miss it
      generation_.fetch_add(1, std::memory_order_release);
    }
    start_.notify_all();
    run_share(0);
    const auto done = [this] { return busy_.load(std::memory_order_acquire) == 0; };
    if (!soon(done)) {
      std::unique_lock lock(mutex_);
      done_.wait(lock, done);
    }
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::run_share(int worker) {
  try {
    for (int i = worker; i < count_; i += threads()) (*task_)(i);
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void ThreadPool::work(int worker) {
  std::uint64_t seen = 0;
  for (;;) {
    const auto called = [&] { return stopping_.load() || generation_.load(std::memory_order_acquire) != seen; };
    if (!soon(called)) {
      std::unique_lock lock(mutex_);
      start_.wait(lock, called);
    }
    if (stopping_) return;
    ++seen;
    run_share(worker);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      const std::scoped_lock lock(mutex_);
      done_.notify_one();
    }
  }
}

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace tabjoule
