// Prints how well sensor models turn published traces of GPU power sensors into joules, beside an external meter:
// bench_power FOLDER, where FOLDER holds the traces (see bench/README.md). Each card is calibrated on one load and
// tried on another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/json.h"
#include "power/calibrate.h"
#include "power/column_file.h"
#include "power/correct.h"
#include "power/updates.h"

namespace {

using namespace tabjoule;

struct Recording {
  std::map<std::string, PowerTrace> readings;  // by field
  PowerTrace meter;
  std::vector<LoadMark> load;
};

std::vector<double> seconds(const ColumnFile& file) {
  std::vector<double> times = file.numbers("t_ms");
  for (double& time : times) time *= 1e-3;
  return times;
}

Recording read_recording(const std::string& folder, const std::string& name) {
  Recording recording;
  const auto open = [&](const char* part) { return ColumnFile(read_file(folder + "/" + name + part)); };
  const ColumnFile nvml = open(".nvml.csv"), meter = open(".pmd.csv"), load = open(".load.csv");
  for (const char* field : {"power_draw_average_W", "power_draw_instant_W"})
    if (nvml.find(field)) recording.readings[field] = {.time_s = seconds(nvml), .power_w = nvml.numbers(field)};
  recording.meter = {.time_s = seconds(meter), .power_w = meter.numbers("pcie_cable_W")};
  const std::vector<double> slot_w = meter.numbers("pcie_slot_W");
  for (std::size_t i = 0; i < slot_w.size(); ++i) recording.meter.power_w[i] += slot_w[i];
  const std::vector<double> on = load.numbers("load_on_after");
  for (std::size_t i = 0; i < on.size(); ++i) recording.load.push_back({seconds(load)[i], on[i] > 0});
  return recording;
}

PowerTrace since(const PowerTrace& trace, double from_s) {
  PowerTrace part;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    if (trace.time_s[i] < from_s) continue;
    part.time_s.push_back(trace.time_s[i]);
    part.power_w.push_back(trace.power_w[i]);
  }
  return part;
}

Recording since(Recording recording, double from_s) {
  for (auto& [field, trace] : recording.readings) trace = since(trace, from_s);
  recording.meter = since(recording.meter, from_s);
  std::erase_if(recording.load, [&](const LoadMark& mark) { return mark.time_s < from_s; });
  return recording;
}

/// What is left of the sensor when only its gain is undone.
SensorModel gain_only(const SensorModel& model) {
  SensorModel result;
  result.gain = model.gain;
  result.offset_w = model.offset_w;
  return result;
}

/// P(t) = P(t - W) + W dA/dt on the update grid, from idle, with the documented window of 1 s: the textbook inversion.
PowerTrace plain_boxcar(const PowerTrace& readings, const SensorModel& model) {
  const Updates updates = find_updates(readings, model.update_period_s);
  const auto window = static_cast<std::size_t>(std::max(1.0, std::floor(model.window_s / updates.period_s + 0.05)));
  const std::size_t cells = std::min<std::size_t>(window, 10);
  PowerTrace power;
  std::vector<double> p;
  for (std::size_t k = 0; k < updates.time_s.size(); ++k) {
    const double now = (updates.reading_w[k] - model.offset_w) / model.gain;
    const double before = k > 0 ? (updates.reading_w[k - 1] - model.offset_w) / model.gain : now;
    p.push_back((k < cells ? now : p[k - cells]) + static_cast<double>(cells) * (now - before));
    for (const double at : {updates.time_s[k] - updates.period_s, updates.time_s[k] - 1e-9}) {
      power.time_s.push_back(at);
      power.power_w.push_back(p.back());
    }
  }
  return power;
}

void print_row(const std::string& card, const std::string& field, const char* method, const Recording& tried,
               const PowerTrace& power, const std::vector<TraceEnergy>& ours) {
  const double start_s = tried.load.front().time_s;
  // The last moment a load ended, or began, that the meter still saw.
  const double whole_s = (tried.load.size() == 3 ? tried.load[1] : tried.load.back()).time_s - start_s;
  std::string line = fmt::format("| {} | {} | {} |", card, field, method);
  std::size_t i = 0;
  for (const double window_s : {0.5, 1.0, 2.0, whole_s}) {
    const double truth_j = integrate(tried.meter, start_s, start_s + window_s).energy_j;
    const TraceEnergy energy = ours.empty() ? integrate(power, start_s, start_s + window_s) : ours[i];
    line += fmt::format(" {:+.1f}", 100 * (energy.energy_j / truth_j - 1));
    if (!ours.empty()) line += fmt::format(" ({:.1f})", 100 * energy.half_width_95_j / truth_j);
    line += " |";
    ++i;
  }
  std::printf("%s\n", line.c_str());
}

void try_card(const std::string& card, const std::string& field, const Recording& learnt, const Recording& tried) {
  const PowerTrace& readings = tried.readings.at(field);
  const Calibration calibration = calibrate(learnt.readings.at(field), learnt.load, &learnt.meter, std::nullopt);
  std::fprintf(stderr, "%s %s: %s\n", card.c_str(), field.c_str(), to_text(to_json(calibration)).c_str());
  const double start_s = tried.load.front().time_s;
  const double whole_s = (tried.load.size() == 3 ? tried.load[1] : tried.load.back()).time_s - start_s;
  std::vector<TraceEnergy> ours;
  for (const double window_s : {0.5, 1.0, 2.0, whole_s})
    ours.push_back(energy_of(readings, calibration.model, start_s, start_s + window_s));
  print_row(card, field, "as read", tried, readings, {});
  print_row(card, field, "gain only", tried, correct(readings, gain_only(calibration.model)), {});
  print_row(card, field, "plain boxcar", tried, plain_boxcar(readings, calibration.model), {});
  print_row(card, field, "calibrated (its 95 % half-width)", tried, readings, ours);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string folder = argc > 1 ? argv[1] : "../shared/energy/gpu_power_traces";
    const Recording step = read_recording(folder, "step_RTX3090");
    const Recording square = read_recording(folder, "5050_RTX3090");
    const Recording a100 = read_recording(folder, "step_A100PCIe");
    std::printf("error of energy from the step, %%\n\n| tried on | field | method | 0.5 s | 1 s | 2 s | whole |\n");
    std::printf("|---|---|---|---|---|---|---|\n");
    for (const char* field : {"power_draw_average_W", "power_draw_instant_W"}) {
      try_card("3090 step", field, square, step);
      try_card("3090 square wave", field, step, square);
    }
    // One load only: learnt from its second half (load ends, idle, load begins), tried on the first.
    constexpr double kHalf_s = 4;
    try_card("A100 step", "power_draw_instant_W", since(a100, kHalf_s), a100);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_power: %s\n", error.what());
    return 1;
  }
  return 0;
}
