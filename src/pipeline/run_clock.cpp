#include "pipeline/run_clock.h"

#include <algorithm>

namespace tabjoule {

RunClock::RunClock(Clock& clock, double budget_s, StopCheck interrupted)
    : clock_(clock), budget_s_(budget_s), interrupted_(std::move(interrupted)), begin_s_(clock.now_s()) {}

double RunClock::left_s() const { return std::max(0.0, begin_s_ + budget_s_ - clock_.now_s()); }

StopCheck RunClock::after_share(double share) {
  const double end_s = clock_.now_s() + share * left_s();
  return [this, end_s] {
    if (interrupted()) return true;
    if (!limited() || clock_.now_s() < end_s) return false;
    cut_short();
    return true;
  };
}

bool RunClock::interrupted() {
  was_interrupted_ = was_interrupted_ || (interrupted_ && interrupted_());
  return was_interrupted_;
}

std::optional<std::string> RunClock::stopped_early() const {
  if (was_interrupted_) return "interrupted";
  if (cut_short_) return "time budget";
  return std::nullopt;
}

void RunClock::restore(const std::optional<std::string>& stopped_early) {
  was_interrupted_ = was_interrupted_ || stopped_early == "interrupted";
  cut_short_ = cut_short_ || stopped_early == "time budget";
}

}  // namespace tabjoule
