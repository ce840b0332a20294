#include "power/trace_energy.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

double interpolated_w(const PowerTrace& trace, double time_s) {
  const auto& t = trace.time_s;
  const auto after = static_cast<std::size_t>(std::lower_bound(t.begin(), t.end(), time_s) - t.begin());
  if (t[after] == time_s) return trace.power_w[after];
  const double share = (time_s - t[after - 1]) / (t[after] - t[after - 1]);
  return trace.power_w[after - 1] + share * (trace.power_w[after] - trace.power_w[after - 1]);
}

void require_inside(const PowerTrace& trace, double time_s) {
  if (!(time_s >= trace.time_s.front() && time_s <= trace.time_s.back()))
    fail_input("{:g} s lies outside the trace, which goes from {:g} to {:g} s", time_s, trace.time_s.front(),
               trace.time_s.back());
}

}  // namespace

void validate(const PowerTrace& trace) {
  if (trace.time_s.size() != trace.power_w.size())
    fail_input("a trace needs as many powers as times, got {} and {}", trace.power_w.size(), trace.time_s.size());
  if (trace.size() < 2) fail_input("a trace needs at least 2 samples, got {}", trace.size());
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (!std::isfinite(trace.time_s[i]) || !std::isfinite(trace.power_w[i]))
      fail_input("sample {} of the trace is not finite", i + 1);
    if (i > 0 && !(trace.time_s[i] > trace.time_s[i - 1]))
      fail_input("times of a trace must increase: sample {} at {:g} s follows {:g} s", i + 1, trace.time_s[i],
                 trace.time_s[i - 1]);
  }
}

double power_at(const PowerTrace& trace, double time_s) {
  validate(trace);
  require_inside(trace, time_s);
  return interpolated_w(trace, time_s);
}

TraceEnergy integrate(const PowerTrace& trace, double from_s, double to_s) {
  validate(trace);
  if (!(from_s < to_s)) fail_input("a window must end after it begins, got {:g} to {:g} s", from_s, to_s);
  require_inside(trace, from_s);
  require_inside(trace, to_s);
  TraceEnergy result;
  double variance = 0;
  double last_s = from_s;
  double last_w = interpolated_w(trace, from_s);
  const auto piece = [&](double time_s, double power_w) {
    const double dt_s = time_s - last_s;
    result.energy_j += 0.5 * (power_w + last_w) * dt_s;
    variance += std::pow((power_w - last_w) * dt_s, 2) / 12;
    last_s = time_s;
    last_w = power_w;
  };
  const auto& t = trace.time_s;
  for (auto i = static_cast<std::size_t>(std::lower_bound(t.begin(), t.end(), from_s) - t.begin());
       i < t.size() && t[i] <= to_s; ++i) {
    ++result.samples;
    if (t[i] > from_s) piece(t[i], trace.power_w[i]);
  }
  if (last_s < to_s) piece(to_s, interpolated_w(trace, to_s));
  result.half_width_95_j = 1.96 * std::sqrt(variance);
  return result;
}

}  // namespace tabjoule
