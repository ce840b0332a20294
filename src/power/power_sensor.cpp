#include "power/power_sensor.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Reads a power sensor every period on a thread of its own. The first failure ends it and is kept.
class Sampler {
 public:
  using OnSample = std::function<void(double time_s, double power_w, std::int64_t late)>;

  Sampler(PowerSensor& sensor, Clock& clock, double period_s) : sensor_(sensor), clock_(clock), period_s_(period_s) {
    if (!(period_s > 0)) fail_usage("the sampling period must be positive, got {} s", period_s);
  }
  ~Sampler() { stop(); }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// The first sample is taken by the caller, so that a sensor that cannot be read is known at once.
  void start(OnSample on_sample) {
    if (thread_.joinable()) fail_usage("this recorder has already started");
    on_sample_ = std::move(on_sample);
    stopping_ = false;
    failure_ = nullptr;
    next_s_ = clock_.now_s();
    sample();
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  /// After stop(), or under the lock that on_sample takes.
  [[nodiscard]] std::exception_ptr failure() const {
    const std::lock_guard lock(failure_mutex_);
    return failure_;
  }

 private:
  void sample() {
    const double before_s = clock_.now_s();
    const double power_w = sensor_.read_power_w();
    const double time_s = 0.5 * (before_s + clock_.now_s());
    // The samples that this one's lateness made impossible are late too.
    const double periods = std::max(1.0, std::floor((clock_.now_s() - next_s_) / period_s_));
    const std::int64_t late = before_s > next_s_ + 0.5 * period_s_ ? 1 : 0;
    on_sample_(time_s, power_w, late + static_cast<std::int64_t>(periods) - 1);
    next_s_ += period_s_ * periods;
  }

  void run() {
    try {
      while (!stopping_) {
        const double now_s = clock_.now_s();
        if (now_s < next_s_)
          clock_.sleep(next_s_ - now_s);
        else
          sample();
      }
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      failure_ = std::current_exception();
    }
  }

  PowerSensor& sensor_;
  Clock& clock_;
  double period_s_;
  OnSample on_sample_;
  double next_s_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex failure_mutex_;
  std::exception_ptr failure_;
  std::thread thread_;
};

class ThreadRecorder final : public TraceRecorder {
 public:
  ThreadRecorder(PowerSensor& sensor, Clock& clock, double period_s) : sampler_(sensor, clock, period_s) {}

  void start() override {
    trace_ = {};
    sampler_.start([this](double time_s, double power_w, std::int64_t late) {
      if (trace_.size() > 0 && !(time_s > trace_.time_s.back())) return;  // a clock too coarse for this period
      trace_.time_s.push_back(time_s);
      trace_.power_w.push_back(power_w);
      trace_.late += late;
    });
  }

  [[nodiscard]] PowerTrace stop() override {
    sampler_.stop();
    if (const auto failure = sampler_.failure()) std::rethrow_exception(failure);
    return std::move(trace_);
  }

 private:
  PowerTrace trace_;  // the thread's until it has stopped
  Sampler sampler_;
};

class CountingSensor final : public Sensor {
 public:
  CountingSensor(std::unique_ptr<PowerSensor> sensor, std::shared_ptr<Clock> clock, const SensorModel& model,
                 double period_s)
      : sensor_(std::move(sensor)), clock_(std::move(clock)), model_(model), sampler_(*sensor_, *clock_, period_s) {
    validate(model);
    info_ = sensor_->info();
    info_.description += ", summed over time";
    sampler_.start([this](double time_s, double reading, std::int64_t /*late*/) { add(time_s, reading); });
    const std::lock_guard lock(mutex_);
    info_.resolution_j = std::max(period_s, model.update_period_s) * std::max(last_w_, 0.0);
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  /// Up to now, at the last power seen.
  [[nodiscard]] double read_energy_j() override {
    if (const auto failure = sampler_.failure()) std::rethrow_exception(failure);
    const double now_s = clock_->now_s();
    const std::lock_guard lock(mutex_);
    return read_j_ = std::max(read_j_, sum_j_ + last_w_ * std::max(0.0, now_s - last_s_));
  }

 private:
  void add(double time_s, double reading) {
    const double power_w = std::max(0.0, (reading - model_.offset_w) / model_.gain);
    const std::lock_guard lock(mutex_);
    if (started_) sum_j_ += 0.5 * (power_w + last_w_) * (time_s - last_s_);
    started_ = true;
    last_s_ = time_s;
    last_w_ = power_w;
  }

  std::unique_ptr<PowerSensor> sensor_;
  std::shared_ptr<Clock> clock_;
  SensorModel model_;
  SensorInfo info_;
  std::mutex mutex_;
  bool started_ = false;
  double sum_j_ = 0, last_s_ = 0, last_w_ = 0;
  double read_j_ = 0;  // never goes back, even where power fell since the last read
  Sampler sampler_;    // last: its thread ends before what it writes to
};

}  // namespace

double plausible_w(double power_w, const std::string& sensor) {
  constexpr double kMost_w = 1e5;
  if (!(power_w >= 0 && power_w < kMost_w))
    fail_device("{} says {} W, which no device spends: the sensor cannot be used", sensor, power_w);
  return power_w;
}

std::unique_ptr<TraceRecorder> make_thread_recorder(PowerSensor& sensor, Clock& clock, double period_s) {
  return std::make_unique<ThreadRecorder>(sensor, clock, period_s);
}

bool is_frozen(const PowerTrace& trace) {
  return trace.size() > 1 && std::all_of(trace.power_w.begin(), trace.power_w.end(),
                                         [&](double power_w) { return power_w == trace.power_w.front(); });
}

std::unique_ptr<Sensor> make_counting_sensor(std::unique_ptr<PowerSensor> sensor, std::shared_ptr<Clock> clock,
                                             const SensorModel& model, double period_s) {
  return std::make_unique<CountingSensor>(std::move(sensor), std::move(clock), model, period_s);
}

}  // namespace tabjoule
