#include "profile/pace.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "graph/onnx/onnx_file.h"
#include "profile/measure_in_windows.h"
#include "profile/profile.h"

namespace tabjoule {
namespace {

constexpr double kTrialS = 0.001;
constexpr std::size_t kTrials = 3;
constexpr std::size_t kFirstReadings = 20;
constexpr double kBetweenS = 0.01;  // of readings that are remembered, so that long waits do not fill the memory
constexpr double kMemoryS = 60;
// Of the readings one in so many is surely undisturbed, and this many of the quickest may be wrong.
constexpr std::size_t kUndisturbed = 5, kWrong = 4;

/// What fits into the nearest cache, like the networks that are measured most.
std::unique_ptr<LoadedModel> small_model(Runner& runner) {
  constexpr int kCopies = 16;
  const KernelKey key{KernelType::linear, {1, 64, 64}, "relu"};
  auto model = runner.load(to_onnx(kernel_model(key, kCopies, CopyInputs::shared)));
  model->bind_random(1, 0);
  return model;
}

/// Of at least one.
double undisturbed(std::vector<double> times_s) {
  const std::size_t place = std::min(std::max(kWrong, times_s.size() / kUndisturbed), times_s.size() - 1);
  const auto quick = times_s.begin() + static_cast<std::ptrdiff_t>(place);
  std::nth_element(times_s.begin(), quick, times_s.end());
  return *quick;
}

}  // namespace

double Pace::read() {
  const auto trial = [&] {
    const double begin_s = clock_.now_s();
    model_->run_bound(runs_);
    return clock_.now_s() - begin_s;
  };
  std::array<double, kTrials> times_s{};
  for (double& time_s : times_s) time_s = trial();
  std::sort(times_s.begin(), times_s.end());
  const double now_s = clock_.now_s();
  latest_ = times_s[kTrials / 2];
  if (last_minute_.empty() || now_s >= last_minute_.back().at_s + kBetweenS) {
    last_minute_.push_back({now_s, latest_});
    all_.push_back(latest_);
  }
  return latest_;
}

double Pace::slowness() {
  if (!model_) {
    model_ = small_model(runner_);
    for (double took_s = 0; took_s < kTrialS && runs_ < kMostRuns;) {
      const double begin_s = clock_.now_s();
      model_->run_bound(runs_);
      took_s = clock_.now_s() - begin_s;
      if (took_s < kTrialS) runs_ *= 2;
    }
  }
  while (!last_minute_.empty() && last_minute_.front().at_s < clock_.now_s() - kMemoryS) last_minute_.pop_front();
  while (last_minute_.size() < kFirstReadings) static_cast<void>(read());
  const double now_s = read();
  std::vector<double> times_s;
  for (const Reading& reading : last_minute_) times_s.push_back(reading.time_s);
  return now_s / undisturbed(std::move(times_s));
}

double Pace::quick() const { return all_.empty() ? 0 : undisturbed(all_); }

double Pace::wait_until_quiet(double end_s) {
  for (;;) {
    const double now = slowness();
    if (now <= kQuiet || clock_.now_s() >= end_s) return now;
  }
}

}  // namespace tabjoule
