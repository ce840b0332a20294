// Traces of sensors that are known exactly: a power signal, read through a model by a poller that is not quite regular.
#pragma once

#include <vector>

#include "base/random.h"
#include "power/sensor_model.h"

namespace tabjoule::testing_power {

/// Idle at 60 W, a load of about 250 W from 3 s to 6 s and again from 8 s on.
inline PowerSignal step_load(Rng& random) {
  PowerSignal power(60);
  const auto noisy = [&](double from_s, double to_s, double level_w) {
    for (double t = from_s; t < to_s; t += 0.02) power.set(t, level_w + 4 * random.normal());
  };
  noisy(0, 3, 60);
  noisy(3, 6, 250);
  noisy(6, 8, 60);
  noisy(8, 10, 250);
  return power;
}

/// Every 5 to 9 ms from 0 to 10 s, with `noise_w` on each of the sensor's updates.
inline PowerTrace poll(const SensorModel& model, const PowerSignal& power, Rng& random, double noise_w = 0) {
  std::vector<double> times;
  for (double t = 0; t < 10; t += random.uniform(0.005, 0.009)) times.push_back(t);
  PowerTrace trace = read_trace_of(model, power, times);
  double noise = 0;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const double clean_before = i > 0 ? reading_w(model, power, times[i - 1]) : 0;
    if (i == 0 || reading_w(model, power, times[i]) != clean_before) noise = noise_w * random.normal();
    trace.power_w[i] += noise;
  }
  return trace;
}

}  // namespace tabjoule::testing_power
