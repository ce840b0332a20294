#include "power/sensor_model.h"

#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

constexpr std::array kKindNames{"none", "lag", "boxcar", "part_time"};
constexpr const char* kFormat = "tabjoule-sensor-model";
constexpr int kVersion = 1;

struct Constant {
  const char* name;
  double SensorModel::*member;
  double least;
  bool needed;
};

constexpr double kAny = -1e9;

constexpr std::array kConstants{
    Constant{"update_period_s", &SensorModel::update_period_s, 0, false},
    Constant{"window_s", &SensorModel::window_s, 0, false},
    Constant{"lag_s", &SensorModel::lag_s, 0, false},
    Constant{"delay_s", &SensorModel::delay_s, kAny, false},
    Constant{"phase_s", &SensorModel::phase_s, kAny, false},
    Constant{"gain", &SensorModel::gain, 0, true},
    Constant{"offset_w", &SensorModel::offset_w, kAny, true},
    Constant{"quantum_w", &SensorModel::quantum_w, 0, false},
    Constant{"gain_half_width_95", &SensorModel::gain_half_width_95, 0, false},
    Constant{"offset_half_width_95_w", &SensorModel::offset_half_width_95_w, 0, false},
};

/// What is wrong with the model, or nothing.
std::string defect(const SensorModel& model) {
  for (const Constant& constant : kConstants) {
    const double value = model.*constant.member;
    if (!(value >= constant.least) || !(value < 1e9))
      return fmt::format("\"{}\" of a sensor model must be a finite number{}, got {}", constant.name,
                         constant.least == 0 ? " of at least 0" : "", value);
  }
  if (!(model.gain > 0)) return "\"gain\" of a sensor model must be positive";
  const bool averages = model.kind == SensorKind::boxcar || model.kind == SensorKind::part_time;
  if (averages && !(model.window_s > 0))
    return fmt::format("a {} sensor model needs a positive \"window_s\"", to_string(model.kind));
  if (model.kind == SensorKind::lag && !(model.lag_s > 0)) return "a lag sensor model needs a positive \"lag_s\"";
  if (model.kind == SensorKind::part_time && !(model.window_s < model.update_period_s))
    return fmt::format(
        "a part_time sensor model needs a window shorter than its update period, got {} and {} s; call it boxcar",
        model.window_s, model.update_period_s);
  return {};
}

}  // namespace

const char* to_string(SensorKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

void validate(const SensorModel& model) {
  if (const std::string wrong = defect(model); !wrong.empty()) fail_usage("{}", wrong);
}

Json to_json(const SensorModel& model) {
  Json json{{"format", kFormat}, {"version", kVersion}, {"kind", to_string(model.kind)}};
  for (const Constant& constant : kConstants)
    if (const double value = model.*constant.member; constant.needed || value != 0) json[constant.name] = value;
  return json;
}

SensorModel sensor_model_from_json(const Json& json) {
  require_format(json, kFormat, kVersion);
  SensorModel model;
  const auto kind = json.find("kind");
  if (kind == json.end() || !kind->is_string()) fail_input("a sensor model needs a \"kind\"");
  const std::string kind_name = kind->get<std::string>();
  std::size_t found = 0;
  while (found < kKindNames.size() && kKindNames[found] != kind_name) ++found;
  if (found == kKindNames.size())
    fail_input("\"{}\" is not a kind of sensor model{}; known are: {}", kind_name,
               did_you_mean(kind_name, {kKindNames.begin(), kKindNames.end()}), fmt::join(kKindNames, ", "));
  model.kind = static_cast<SensorKind>(found);
  std::vector<std::string> known{"format", "version", "kind", "note", "calibration"};
  for (const Constant& constant : kConstants) known.emplace_back(constant.name);
  require_members(json, known, "sensor model");
  for (const Constant& constant : kConstants) {
    const auto value = json.find(constant.name);
    if (value == json.end()) continue;
    if (!value->is_number()) fail_input("\"{}\" of a sensor model must be a number", constant.name);
    model.*constant.member = value->get<double>();
  }
  if (const std::string wrong = defect(model); !wrong.empty()) fail_input("{}", wrong);
  return model;
}

double reading_w(const SensorModel& model, const PowerSignal& power, double time_s) {
  double update_s = time_s;
  if (model.update_period_s > 0)
    update_s =
        model.phase_s + model.update_period_s * std::floor((time_s - model.phase_s) / model.update_period_s + 1e-9);
  const double seen_s = update_s - model.delay_s;
  double seen_w = 0;
  switch (model.kind) {
    case SensorKind::none:
      seen_w = power.power_w(seen_s);
      break;
    case SensorKind::lag:
      seen_w = power.lagged_w(seen_s, model.lag_s);
      break;
    case SensorKind::boxcar:
    case SensorKind::part_time:
      seen_w = power.mean_w(seen_s, model.window_s);
  }
  const double reading = model.gain * seen_w + model.offset_w;
  return model.quantum_w > 0 ? model.quantum_w * std::round(reading / model.quantum_w) : reading;
}

PowerTrace read_trace_of(const SensorModel& model, const PowerSignal& power, std::span<const double> times_s) {
  validate(model);
  PowerTrace trace;
  for (const double time_s : times_s) {
    trace.time_s.push_back(time_s);
    trace.power_w.push_back(reading_w(model, power, time_s));
  }
  return trace;
}

}  // namespace tabjoule
