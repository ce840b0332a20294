#include "power/power_signal.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tabjoule {

PowerSignal::PowerSignal(double idle_w) : idle_w_(idle_w) {
  if (!std::isfinite(idle_w)) fail_usage("idle power must be finite, got {}", idle_w);
}

void PowerSignal::set(double time_s, double power_w) {
  if (!std::isfinite(time_s) || !std::isfinite(power_w))
    fail_usage("a power signal takes finite numbers, got {} W at {} s", power_w, time_s);
  if (time_s_.empty()) {
    energy_j_.push_back(0);
  } else {
    if (time_s < time_s_.back())
      fail_usage("a power signal is set in the order of time, got {} s after {} s", time_s, time_s_.back());
    energy_j_.push_back(energy_j_.back() + power_w_.back() * (time_s - time_s_.back()));
  }
  time_s_.push_back(time_s);
  power_w_.push_back(power_w);
}

std::size_t PowerSignal::changes_until(double time_s) const {
  return static_cast<std::size_t>(std::upper_bound(time_s_.begin(), time_s_.end(), time_s) - time_s_.begin());
}

double PowerSignal::power_w(double time_s) const {
  const std::size_t count = changes_until(time_s);
  return count == 0 ? idle_w_ : power_w_[count - 1];
}

double PowerSignal::energy_since_first_j(double time_s) const {
  if (time_s_.empty()) return idle_w_ * time_s;
  const std::size_t count = changes_until(time_s);
  if (count == 0) return idle_w_ * (time_s - time_s_.front());
  return energy_j_[count - 1] + power_w_[count - 1] * (time_s - time_s_[count - 1]);
}

double PowerSignal::energy_j(double from_s, double to_s) const {
  if (!(from_s <= to_s)) fail_usage("a window must end after it begins, got {} to {} s", from_s, to_s);
  return energy_since_first_j(to_s) - energy_since_first_j(from_s);
}

double PowerSignal::mean_w(double time_s, double window_s) const {
  return window_s > 0 ? energy_j(time_s - window_s, time_s) / window_s : power_w(time_s);
}

double PowerSignal::lagged_w(double time_s, double lag_s) const {
  if (!(lag_s > 0)) return power_w(time_s);
  constexpr double kForgottenLags = 40;  // exp(-40) is below a double's last digit
  const std::size_t end = changes_until(time_s);
  std::size_t i = changes_until(time_s - kForgottenLags * lag_s);
  double power = i == 0 ? idle_w_ : power_w_[i - 1];
  double lagged = power;
  double since_s = time_s - kForgottenLags * lag_s;
  for (; i < end; ++i) {
    lagged = power + (lagged - power) * std::exp(-(time_s_[i] - since_s) / lag_s);
    power = power_w_[i];
    since_s = time_s_[i];
  }
  return power + (lagged - power) * std::exp(-(time_s - since_s) / lag_s);
}

void PowerSignal::forget_before(double time_s) {
  const std::size_t count = changes_until(time_s);
  if (count == 0) return;
  idle_w_ = power_w_[count - 1];
  const auto drop = static_cast<std::ptrdiff_t>(count - 1);
  time_s_.erase(time_s_.begin(), time_s_.begin() + drop);
  power_w_.erase(power_w_.begin(), power_w_.begin() + drop);
  energy_j_.erase(energy_j_.begin(), energy_j_.begin() + drop);
  // Joules count from the first change that is kept, so that hours of them do not eat the digits of a microsecond.
  const double origin_j = energy_j_.front();
  for (double& energy : energy_j_) energy -= origin_j;
}

}  // namespace tabjoule
