#include "power/seen_power.h"

#include <algorithm>
#include <cmath>

namespace tabjoule {

KnownPower::KnownPower(const PowerTrace& meter, double least_s) {
  // What came before the meter started is taken as the mean of its first moments, not as one noisy sample.
  constexpr double kFirstMoments_s = 0.05;
  time_s_.push_back(meter.time_s.front() - kFirstMoments_s);
  power_w_.push_back(0);
  double first_sum_w = 0, first_count = 0;
  for (std::size_t i = 0; i < meter.size();) {
    double sum_w = 0;
    const std::size_t begin = i;
    for (; i < meter.size() && meter.time_s[i] <= meter.time_s[begin] + least_s; ++i) sum_w += meter.power_w[i];
    const auto count = static_cast<double>(i - begin);
    time_s_.push_back(meter.time_s[begin]);
    power_w_.push_back(sum_w / count);
    if (begin == 0 || meter.time_s[begin] < meter.time_s.front() + kFirstMoments_s) {
      first_sum_w += sum_w;
      first_count += count;
    }
  }
  power_w_.front() = first_sum_w / first_count;
  sum_up();
}

KnownPower::KnownPower(const std::vector<LoadMark>& load) {
  time_s_.push_back(load.front().time_s - 1);
  power_w_.push_back(load.front().on ? 0 : 1);
  for (const LoadMark& mark : load) {
    time_s_.push_back(mark.time_s);
    power_w_.push_back(mark.on ? 1 : 0);
  }
  sum_up();
}

void KnownPower::sum_up() {
  energy_j_.assign(time_s_.size(), 0);
  for (std::size_t i = 1; i < time_s_.size(); ++i)
    energy_j_[i] = energy_j_[i - 1] + power_w_[i - 1] * (time_s_[i] - time_s_[i - 1]);
}

std::size_t KnownPower::piece_at(double time_s) const {
  const auto after = std::upper_bound(time_s_.begin(), time_s_.end(), time_s) - time_s_.begin();
  return after == 0 ? 0 : static_cast<std::size_t>(after - 1);
}

double KnownPower::energy_j(double time_s) const {
  const std::size_t piece = piece_at(time_s);
  return energy_j_[piece] + power_w_[piece] * (time_s - time_s_[piece]);
}

std::vector<double> KnownPower::lagged(double lag_s, const std::vector<double>& times_s) const {
  std::vector<double> result;
  std::size_t piece = 0;
  double lagged_w = power_w_.front();
  double since_s = std::min(time_s_.front(), times_s.front());
  for (const double time_s : times_s) {
    while (piece + 1 < time_s_.size() && time_s_[piece + 1] <= time_s) {
      ++piece;
      lagged_w = power_w_[piece - 1] + (lagged_w - power_w_[piece - 1]) * std::exp((since_s - time_s_[piece]) / lag_s);
      since_s = time_s_[piece];
    }
    result.push_back(power_w_[piece] + (lagged_w - power_w_[piece]) * std::exp((since_s - time_s) / lag_s));
  }
  return result;
}

std::vector<double> KnownPower::seen(SensorKind kind, double constant_s, const std::vector<double>& times_s) const {
  if (kind == SensorKind::lag) return lagged(constant_s, times_s);
  std::vector<double> result;
  for (const double time_s : times_s)
    result.push_back(kind == SensorKind::none ? power_w_[piece_at(time_s)]
                                              : (energy_j(time_s) - energy_j(time_s - constant_s)) / constant_s);
  return result;
}

}  // namespace tabjoule
