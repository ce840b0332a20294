#include "pipeline/run_clock.h"

#include <gtest/gtest.h>

namespace tabjoule::run_clock_test {
namespace {

TEST(RunClock, EndsAShareOfWhatIsLeft) {
  FakeClock time;
  RunClock clock(time, 100, {});
  time.advance(20);
  const StopCheck stop = clock.after_share(0.25);
  time.advance(19);
  EXPECT_FALSE(stop());
  EXPECT_EQ(clock.stopped_early(), std::nullopt);
  time.advance(2);
  EXPECT_TRUE(stop());
  EXPECT_EQ(clock.stopped_early(), "time budget");
  clock.count_earlier(50);
  EXPECT_NEAR(clock.left_s(), 9, 1e-9);
}

TEST(RunClock, WithoutABudgetEndsOnlyWhereInterrupted) {
  FakeClock time;
  bool interrupted = false;
  RunClock clock(time, 0, [&] { return interrupted; });
  const StopCheck stop = clock.after_share(0.1);
  time.advance(1e6);
  EXPECT_FALSE(stop());
  interrupted = true;
  EXPECT_TRUE(stop());
  interrupted = false;
  EXPECT_TRUE(stop()) << "once interrupted, always interrupted";
  EXPECT_EQ(clock.stopped_early(), "interrupted");
}

}  // namespace
}  // namespace tabjoule::run_clock_test
