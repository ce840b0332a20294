// How fast a processor is at the moment. Other programs, and other guests of the same host, slow it down for tenths of
// a second to many seconds by taking caches, memory and half of a core; trials of a few milliseconds lie wholly inside
// such a time, agree with one another and are wrong together.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "runtime/runner.h"

namespace tabjoule {

class Pace {
 public:
  /// Both must outlive it.
  Pace(Runner& runner, Clock& clock) : runner_(runner), clock_(clock) {}

  /// The time that a small model takes now, over what it took in the quickest fifth of the last minute: 1 when
  /// nothing disturbs. Takes 3 ms; the first time in a minute 0.2 s, in which it learns what that is.
  [[nodiscard]] double slowness();

  /// Looks again and again until nothing disturbs or the time is `end_s`; the slowness at last. Never sleeps: a core
  /// that wakes up is slow for other reasons.
  double wait_until_quiet(double end_s);

  /// What the small model took at the last look, in a unit of its own; 0 before the first.
  [[nodiscard]] double latest() const { return latest_; }
  /// What it took in the quickest fifth of all that was looked at so far, likewise. At the beginning nobody can know
  /// whether something disturbs all the time; this tells later.
  [[nodiscard]] double quick() const;

 private:
  struct Reading {
    double at_s, time_s;
  };
  double read();

  Runner& runner_;
  Clock& clock_;
  std::unique_ptr<LoadedModel> model_;
  int runs_ = 1;
  double latest_ = 0;
  std::deque<Reading> last_minute_;
  std::vector<double> all_;
};

/// A slowness below which nothing disturbs.
inline constexpr double kQuiet = 1.06;

}  // namespace tabjoule
