// A fixed set of threads that run numbered tasks. Work is split by number, never by who is free first, so a
// result does not depend on scheduling.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tabjoule {

class ThreadPool {
 public:
  /// `threads` >= 1, the calling thread included; 1 runs everything in the caller. Pins CBLAS to one thread.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  [[nodiscard]] int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Calls task(0) .. task(count - 1), task i on thread i % threads(), and returns when all are done. The
  /// first exception is rethrown. Called by one thread at a time; tasks must not call it again. Allocates
  /// nothing.
  void run(int count, const std::function<void(int)>& task);

 private:
  void work(int worker);
  void run_share(int worker);

  // Threads look at the atomics for a while before they sleep: a step of training hands out work every few dozen
  // microseconds, which is as long as waking a thread takes. The mutex is for sleeping and for failure_.
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_;
  std::condition_variable done_;
  std::atomic<std::uint64_t> generation_ = 0;
  std::atomic<int> busy_ = 0;
  std::atomic<bool> stopping_ = false;
  int count_ = 0;
  const std::function<void(int)>* task_ = nullptr;
  std::exception_ptr failure_;
};

/// The threads this process may run on (its affinity mask, at least 1).
[[nodiscard]] int available_threads();

}  // namespace tabjoule
