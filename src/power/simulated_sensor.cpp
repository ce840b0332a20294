#include "power/simulated_sensor.h"

#include <cmath>
#include <optional>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {
namespace {

double number(const Json& json, const char* name, double low, double high) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number()) fail_input("\"{}\" must be a number", name);
  const auto value = found->get<double>();
  if (!(value >= low && value <= high))
    fail_input("\"{}\" must lie in {:g} .. {:g}, it is {:g}", name, low, high, value);
  return value;
}

std::string text(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) fail_input("\"{}\" must be a text", name);
  return found->get<std::string>();
}

double rounded(double value, double quantum) { return quantum > 0 ? quantum * std::round(value / quantum) : value; }

class SimulatedRecorder final : public TraceRecorder {
 public:
  SimulatedRecorder(const SimulatedSensor& sensor, Clock& clock) : sensor_(sensor), clock_(clock) {}

  void start() override {
    if (begin_s_) fail_usage("the recorder runs already");
    begin_s_ = clock_.now_s();
  }

  [[nodiscard]] PowerTrace stop() override {
    if (!begin_s_) fail_usage("the recorder was not started");
    PowerTrace trace;
    for (std::int64_t i = sensor_.first_from(*begin_s_); sensor_.time_s(i) <= clock_.now_s(); ++i) {
      trace.time_s.push_back(sensor_.time_s(i));
      trace.power_w.push_back(sensor_.power_w(i));
    }
    begin_s_.reset();
    return trace;
  }

 private:
  const SimulatedSensor& sensor_;
  Clock& clock_;
  std::optional<double> begin_s_;
};

class SimulatedCounter final : public Sensor {
 public:
  SimulatedCounter(const SimulatedSensorFacts& facts, const PowerSignal& power, Clock& clock)
      : facts_(facts), power_(power), clock_(clock) {
    info_ = {.name = facts.name,
             .description = facts.description,
             .source = EnergySource::simulated,
             .domains = {"board"},
             .resolution_j = facts.counter_quantum_j,
             .update_period_s = facts.counter_period_s};
  }
  [[nodiscard]] const SensorInfo& info() const override { return info_; }
  [[nodiscard]] double read_energy_j() override {
    const double seen_s = facts_.counter_period_s * std::floor(clock_.now_s() / facts_.counter_period_s);
    const double shown_j = facts_.model.gain * power_.energy_j(0, seen_s) + facts_.model.offset_w * seen_s;
    return rounded(shown_j, facts_.counter_quantum_j);
  }

 private:
  const SimulatedSensorFacts& facts_;
  const PowerSignal& power_;
  Clock& clock_;
  SensorInfo info_;
};

}  // namespace

SimulatedSensorFacts simulated_sensor_facts(const Json& json) {
  const auto model = json.find("model");
  if (model == json.end()) fail_input("\"model\" must be a sensor model");
  SimulatedSensorFacts facts{.name = text(json, "name"),
                             .description = text(json, "description"),
                             .model = sensor_model_from_json(*model),
                             .noise_w = number(json, "noise_w", 0, 100),
                             .counter_period_s = number(json, "counter_period_s", 0, 10),
                             .counter_quantum_j = number(json, "counter_quantum_j", 0, 100)};
  if (!(facts.model.update_period_s > 0)) fail_input("\"model.update_period_s\" must be positive");
  return facts;
}

SimulatedSensor::SimulatedSensor(const SimulatedSensorFacts& facts, const PowerSignal& power, std::uint64_t seed)
    : facts_(facts), power_(power), seed_(seed) {
  facts_.model.phase_s = facts.model.update_period_s * Rng(seed).split(0).uniform();
}

double SimulatedSensor::time_s(std::int64_t reading) const {
  return facts_.model.phase_s + static_cast<double>(reading) * facts_.model.update_period_s;
}

std::int64_t SimulatedSensor::first_from(double time_s) const {
  return static_cast<std::int64_t>(std::ceil((time_s - facts_.model.phase_s) / facts_.model.update_period_s));
}

double SimulatedSensor::power_w(std::int64_t reading) const {
  SensorModel exact = facts_.model;
  exact.quantum_w = 0;
  const double noise_w = facts_.noise_w * Rng(seed_).split(static_cast<std::uint64_t>(reading) + 1).normal();
  return rounded(reading_w(exact, power_, time_s(reading)) + noise_w, facts_.model.quantum_w);
}

std::unique_ptr<TraceRecorder> make_simulated_recorder(const SimulatedSensor& sensor, Clock& clock) {
  return std::make_unique<SimulatedRecorder>(sensor, clock);
}

std::unique_ptr<Sensor> make_simulated_counter(const SimulatedSensorFacts& facts, const PowerSignal& power,
                                               Clock& clock) {
  if (!(facts.counter_period_s > 0)) fail_usage("sensor \"{}\" has no energy counter", facts.name);
  return std::make_unique<SimulatedCounter>(facts, power, clock);
}

}  // namespace tabjoule
