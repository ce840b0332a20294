// tabjoule fit: a device profile from anyone's measured kernels.
#include <fmt/format.h>

#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "predict/predictor.h"
#include "predict/samples.h"

namespace tabjoule::cli {
namespace {

struct FitFlags {
  CommonFlags common;
  std::string samples, out, device = "samples", source = "measured";
  std::optional<int> processors;
};

void fit_command(const FitFlags& flags) {
  DeviceProfile profile;
  profile.device = flags.device;
  profile.sensor = "samples";
  profile.source = energy_source_from(flags.source);
  profile.processors = flags.processors;
  profile.samples = read_samples(flags.samples, terminal_notices());
  profile.fingerprint = fmt::format("{} | {} samples", flags.device, profile.samples.size());
  const Predictor predictor =
      with_context(flags.samples, [&] { return Predictor::fit(profile, threads_of(flags.common)); });
  write_json(flags.out, to_json(profile));
  const PredictorAccuracy& accuracy = predictor.accuracy();
  if (flags.common.json) {
    print_json({{"profile", flags.out},
                {"samples", profile.samples.size()},
                {"rows", accuracy.rows},
                {"mape", accuracy.mape},
                {"rmspe", accuracy.rmspe},
                {"within_10", accuracy.within_10},
                {"constant", {{"mape", accuracy.constant_mape}}},
                {"flops", {{"mape", accuracy.flops_mape}}}});
    return;
  }
  print(fmt::format("{} samples -> {}", profile.samples.size(), flags.out));
  if (accuracy.rows > 0)
    print(fmt::format(
        "cross-validated energy error {:.1f} % over {} kernels (a constant {:.0f} %, FLOPs x constant {:.0f} %)",
        100 * accuracy.mape, accuracy.rows, 100 * accuracy.constant_mape, 100 * accuracy.flops_mape));
}

}  // namespace

Run add_fit(CLI::App& app) {
  const auto flags = std::make_shared<FitFlags>();
  CLI::App& command = *app.add_subcommand("fit", "make a device profile from a table of measured kernels");
  command.add_option("samples", flags->samples, "SAMPLES.csv or .parquet (docs/samples-format.md)")->required();
  command.add_option("--out", flags->out, "the profile to write")->required();
  command.add_option("--device", flags->device, "what the profile calls the device")->capture_default_str();
  command.add_option("--source", flags->source, "where the joules come from: measured, estimated or simulated")
      ->capture_default_str();
  add_processors(command, flags->processors);
  add_common_flags(command, flags->common);
  return [flags] { fit_command(*flags); };
}

}  // namespace tabjoule::cli
