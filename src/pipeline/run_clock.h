// When a run must come to its end: its time budget, or Ctrl-C.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/progress.h"

namespace tabjoule {

class RunClock {
 public:
  /// `budget_s` 0: none. `interrupted` as SearchRequest::interrupted; `clock` must outlive this.
  RunClock(Clock& clock, double budget_s, StopCheck interrupted);

  /// Seconds an earlier attempt at the same run has spent already.
  void count_earlier(double time_s) { begin_s_ -= time_s; }
  [[nodiscard]] bool limited() const { return budget_s_ > 0; }
  /// Until the end of the budget, not below 0; only where `limited`.
  [[nodiscard]] double left_s() const;

  /// True from when `share` of the time that is left now has passed, or the run was interrupted. Outlived by this.
  [[nodiscard]] StopCheck after_share(double share);
  [[nodiscard]] bool interrupted();

  /// Work is left out for want of time.
  void cut_short() { cut_short_ = true; }
  /// As in run.json: why the run did less than it was asked to, if it did.
  [[nodiscard]] std::optional<std::string> stopped_early() const;
  void restore(const std::optional<std::string>& stopped_early);

 private:
  Clock& clock_;
  double budget_s_;
  StopCheck interrupted_;
  double begin_s_;
  bool cut_short_ = false;
  bool was_interrupted_ = false;
};

}  // namespace tabjoule
