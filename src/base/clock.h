// Time as a seam: measuring code takes a Clock, so that a test can drive it.
#pragma once

#include <string>

namespace tabjoule {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic seconds from an arbitrary origin.
  [[nodiscard]] virtual double now_s() = 0;
  virtual void sleep(double seconds) = 0;
};

/// The machine's monotonic clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] double now_s() override;
  void sleep(double seconds) override;
};

/// The time of day: "2026-11-24T18:30:00Z" (UTC, ISO 8601).
[[nodiscard]] std::string utc_now();

/// Moves only when told to, or when somebody sleeps. For tests and simulated devices.
class FakeClock final : public Clock {
 public:
  [[nodiscard]] double now_s() override { return now_s_; }
  void sleep(double seconds) override { now_s_ += seconds; }
  void advance(double seconds) { now_s_ += seconds; }

 private:
  double now_s_ = 0;
};

}  // namespace tabjoule
