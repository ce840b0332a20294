// tabjoule measure: measured energy of an ONNX model with its spread.
#include "profile/measure.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command.h"

namespace tabjoule::cli {
namespace {

struct MeasureFlags {
  CommonFlags common;
  DeviceFlags device;
  MeasureOptions options;
  std::string model;
};

void measure_command(const MeasureFlags& flags) {
  const ModelEnergyRequest request = model_request(flags.model, flags.device, flags.common);
  MeasureOptions options = flags.options;
  options.seed = flags.common.seed;
  const Measurement m = measure_model(request, options);
  if (flags.common.json) {
    print_json(to_json(m));
    return;
  }
  const auto rows = static_cast<double>(m.batch);
  print(fmt::format("energy  {} +- {} per prediction at batch {} ({} by {})", with_unit(m.energy_j(), "J"),
                    with_unit(m.energy_half_width_95_j / rows, "J"), m.batch, to_string(m.source), m.sensor));
  print(fmt::format("time    {} +- {} per batch", with_unit(m.time_per_batch_s, "s"),
                    with_unit(m.time_half_width_95_s, "s")));
  if (m.source == EnergySource::estimated)
    print("        an estimate: `tabjoule devices` tells which sensors could measure");
  if (m.slowness && *m.slowness > kQuiet)
    print(fmt::format("slowed  by other programs all the time, {:.2f} times as slow as undisturbed: stop them",
                      *m.slowness));
  if (m.idle_power_w) print(fmt::format("idle    {} before, part of the energy", with_unit(*m.idle_power_w, "W")));
  if (m.state.core_clock_hz) print(fmt::format("clock   {} at the end", with_unit(*m.state.core_clock_hz, "Hz")));
  if (m.state.temperature_c) print(fmt::format("heat    {:.0f} degrees Celsius at the end", *m.state.temperature_c));
  if (!m.state.throttling.empty())
    print(fmt::format("slowed  by its {} on the way", fmt::join(m.state.throttling, ", ")));
  print(fmt::format("spread  95 % intervals over {} trials of {} runs", m.trials, m.runs_per_trial));
}

}  // namespace

Run add_measure(CLI::App& app) {
  const auto flags = std::make_shared<MeasureFlags>();
  CLI::App& command = *app.add_subcommand("measure", "measure a model's energy on a device");
  command.add_option("model", flags->model, "ONNX file")->required();
  command
      .add_option("--precision", flags->options.target_relative_half_width,
                  "stop when half the 95 % interval is below this fraction")
      ->check(CLI::Range(0.001, 0.5))
      ->capture_default_str();
  command
      .add_option("--budget", flags->options.budget_s,
                  "seconds to measure at most, beside waiting (as long again, or 2 s) while other programs disturb")
      ->check(CLI::Range(0.1, 1e5))
      ->capture_default_str();
  add_device_flags(command, flags->device, false);
  add_common_flags(command, flags->common);
  return [flags] { measure_command(*flags); };
}

}  // namespace tabjoule::cli
