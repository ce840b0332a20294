// tabjoule sensor: what sensors are here, what one makes of the true power, joules out of a trace.
#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/sensor_list.h"
#include "power/calibrate.h"
#include "power/correct.h"
#include "power/sensor_facts.h"
#include "power/trace_file.h"

namespace tabjoule::cli {
namespace {

struct SensorFlags {
  CommonFlags common;
  std::string trace, load, meter, card, model, out;
  TraceFileOptions file;
  double from_s = 0, to_s = 0;
};

void list(const SensorFlags& flags) {
  if (flags.common.json)
    print_json({{"sensors", sensors_json()}});
  else
    print_sensors();
}

void calibrate_model(const SensorFlags& flags) {
  const PowerTrace readings = read_trace(flags.trace, flags.file, terminal_notices());
  const std::vector<LoadMark> load = read_load(flags.load);
  std::optional<PowerTrace> meter;
  if (!flags.meter.empty()) meter = read_trace(flags.meter, {}, terminal_notices());
  std::optional<GainOffset> card;
  if (!flags.card.empty()) card = card_gain(flags.card);
  const Calibration found =
      with_context(flags.trace, [&] { return calibrate(readings, load, meter ? &*meter : nullptr, card); });
  const Json json = to_json(found);
  write_json(flags.out, json);
  if (flags.common.json) {
    print_json(json);
    return;
  }
  const SensorModel& m = found.model;
  print(fmt::format("kind      {}, a new reading every {}", to_string(m.kind), with_unit(m.update_period_s, "s")));
  const auto constant = [](const char* name, double value_s, const Interval& interval) {
    print(fmt::format("{:<9} {} (95 %: {} to {})", name, with_unit(value_s, "s"), with_unit(interval.low, "s"),
                      with_unit(interval.high, "s")));
  };
  if (found.constant_95_s) {
    const bool lag = m.kind == SensorKind::lag;
    constant(lag ? "lag" : "window", lag ? m.lag_s : m.window_s, *found.constant_95_s);
  }
  constant("delay", m.delay_s, *found.delay_95_s);
  print(fmt::format("gain      {:.4f} +- {:.4f}, offset {:.2f} +- {:.2f} W ({})", m.gain, m.gain_half_width_95,
                    m.offset_w, m.offset_half_width_95_w, found.gain_source));
  print(fmt::format("residual  {} over {} updates", with_unit(found.residual_w, "W"), found.updates));
  if (found.gain_source == "assumed")
    print("          neither a meter (--truth) nor the card (--card) is given: readings are taken at their word");
  print("written   " + flags.out);
}

void energy(const SensorFlags& flags) {
  const PowerTrace readings = read_trace(flags.trace, flags.file, terminal_notices());
  SensorModel model;
  if (!flags.model.empty())
    model = with_context(flags.model, [&] { return sensor_model_from_json(read_json(flags.model)); });
  const TraceEnergy found =
      with_context(flags.trace, [&] { return energy_of(readings, model, flags.from_s, flags.to_s); });
  if (flags.common.json) {
    print_json({{"energy_j", found.energy_j},
                {"half_width_95_j", found.half_width_95_j},
                {"samples", found.samples},
                {"model", found.model}});
    return;
  }
  print(fmt::format("energy   {} +- {} from {:g} to {:g} s", with_unit(found.energy_j, "J"),
                    with_unit(found.half_width_95_j, "J"), flags.from_s, flags.to_s));
  print(fmt::format("samples  {}; sensor model {}", found.samples, found.model));
}

void add_trace_flags(CLI::App& command, SensorFlags& flags) {
  command.add_option("trace", flags.trace, "trace: TRACE.csv, or what nvidia-smi, tegrastats or Zeus wrote")
      ->required();
  command.add_option("--column", flags.file.column, "column or rail with the power");
  command.add_option("--interval", flags.file.interval_s, "seconds between lines of a log without time stamps")
      ->capture_default_str();
}

}  // namespace

Run add_sensor(CLI::App& app) {
  const auto flags = std::make_shared<SensorFlags>();
  CLI::App& command = *app.add_subcommand("sensor", "sensors and their traces: list, calibrate, energy");
  command.require_subcommand(1);
  const auto chosen = std::make_shared<std::function<void(const SensorFlags&)>>();
  const auto part = [&](const char* name, const char* help, void (*run)(const SensorFlags&)) -> CLI::App& {
    CLI::App& child = *command.add_subcommand(name, help);
    child.callback([chosen, run] { *chosen = run; });
    add_common_flags(child, flags->common);
    return child;
  };
  part("list", "show the power and energy sensors of this machine", list);
  CLI::App& calibration = part("calibrate", "find a sensor's model from a load switched on and off", calibrate_model);
  add_trace_flags(calibration, *flags);
  calibration.add_option("--load", flags->load, "LOAD.csv: when the load ran, on the trace's clock")->required();
  CLI::Option* truth =
      calibration.add_option("--truth", flags->meter, "METER.csv: a reference meter, for gain and offset");
  calibration.add_option("--card", flags->card, "card whose published gain and offset to take (rtx-3090)")
      ->excludes(truth);
  calibration.add_option("--out", flags->out, "file to write the sensor model to")->required();
  CLI::App& joules = part("energy", "integrate a window of a trace", energy);
  add_trace_flags(joules, *flags);
  joules.add_option("--model", flags->model, "sensor model to undo; without it readings are taken at their word");
  joules.add_option("--from", flags->from_s, "start of the window, s, on the trace's clock")->required();
  joules.add_option("--to", flags->to_s, "end of the window, s")->required();
  return [flags, chosen] { (*chosen)(*flags); };
}

}  // namespace tabjoule::cli
