#include "base/thread_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "base/error.h"

namespace tabjoule::thread_pool_test {
namespace {

class ThreadPoolOf : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolOf, RunsEveryTaskOnceForEveryCount) {
  ThreadPool pool(GetParam());
  for (const int count : {0, 1, 2, 3, 7, 100}) {
    std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
    pool.run(count, [&](int task) { ++calls[static_cast<std::size_t>(task)]; });
    for (const auto& called : calls) EXPECT_EQ(called, 1) << "count " << count;
  }
}

TEST_P(ThreadPoolOf, RunsTaskNumberIOnThreadIModuloThreads) {
  ThreadPool pool(GetParam());
  std::vector<std::thread::id> where(12);
  pool.run(12, [&](int task) { where[static_cast<std::size_t>(task)] = std::this_thread::get_id(); });
  const auto threads = static_cast<std::size_t>(GetParam());
  for (std::size_t i = 0; i < where.size(); ++i) EXPECT_EQ(where[i], where[i % threads]);
  EXPECT_EQ(where[0], std::this_thread::get_id());
  for (std::size_t i = 1; i < threads; ++i) EXPECT_NE(where[i], where[0]);
}

TEST_P(ThreadPoolOf, HandsOverWhatTasksWroteManyTimesInARow) {
  ThreadPool pool(GetParam());
  std::vector<int> values(8, 0);  // not atomic: the pool itself must order the writes
  for (int round = 0; round < 2000; ++round)
    pool.run(8, [&](int task) { values[static_cast<std::size_t>((task + round) % 8)] += 1; });
  for (const int value : values) EXPECT_EQ(value, 2000);
}

TEST_P(ThreadPoolOf, WakesAfterAPauseLongEnoughToSleep) {
  ThreadPool pool(GetParam());
  std::atomic<int> calls = 0;
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    pool.run(6, [&](int) { ++calls; });
  }
  EXPECT_EQ(calls, 18);
}

TEST_P(ThreadPoolOf, RethrowsATasksExceptionAfterAllThreadsAreDoneAndWorksOn) {
  ThreadPool pool(GetParam());
  std::atomic<int> running = 0;
  for (int round = 0; round < 20; ++round) {
    const int bad = round % 5;
    try {
      pool.run(5, [&](int task) {
        ++running;
        const bool throws = task == bad;
        --running;
        if (throws) throw std::runtime_error("task " + std::to_string(task));
      });
      ADD_FAILURE() << "the exception was lost";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "task " + std::to_string(bad));
    }
    EXPECT_EQ(running, 0);
  }
  std::atomic<int> calls = 0;
  pool.run(5, [&](int) { ++calls; });
  EXPECT_EQ(calls, 5);
}

TEST_P(ThreadPoolOf, RethrowsOneExceptionWhenEveryTaskThrows) {
  ThreadPool pool(GetParam());
  EXPECT_THROW(pool.run(9, [](int) { throw std::runtime_error("all"); }), std::runtime_error);
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, testing::Values(1, 2, 3, 5), testing::PrintToStringParamName());

TEST(ThreadPool, RefusesLessThanOneThread) {
  try {
    ThreadPool pool(0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr("not 0"));
  }
}

TEST(ThreadPool, IsDestroyedWithoutHavingRunAnything) {
  for (int i = 0; i < 50; ++i) ThreadPool pool(4);
}

TEST(AvailableThreads, IsAtLeastOne) { EXPECT_GE(available_threads(), 1); }

}  // namespace
}  // namespace tabjoule::thread_pool_test
