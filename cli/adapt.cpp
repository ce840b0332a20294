// tabjoule adapt: a profile for a new device from another device's profile and a few samples.
#include "predict/adapt.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "predict/predictor.h"
#include "predict/samples.h"

namespace tabjoule::cli {
namespace {

struct AdaptFlags {
  CommonFlags common;
  std::string profile, samples, out, device = "adapted";
  std::optional<int> processors;
};

void adapt_command(const AdaptFlags& flags) {
  const DeviceProfile source = read_profile(flags.profile);
  const std::vector<KernelSample> samples = read_samples(flags.samples, terminal_notices());
  AdaptOptions options;
  options.seed = flags.common.seed;
  options.processors = flags.processors;
  options.notice = terminal_notices();
  DeviceProfile adapted = with_context(flags.samples, [&] { return adapt(source, samples, options); });
  adapted.device = flags.device;
  adapted.sensor = "samples";
  adapted.fingerprint = fmt::format("{} | {} samples | adapted from {}", flags.device, samples.size(), source.device);
  static_cast<void>(Predictor::fit(adapted));
  write_json(flags.out, to_json(adapted));
  const std::size_t carried = adapted.samples.size() - samples.size();
  if (flags.common.json)
    print_json({{"profile", flags.out}, {"samples", samples.size()}, {"transferred", carried}});
  else
    print(
        fmt::format("{} samples and {} carried over from {} -> {}", samples.size(), carried, source.device, flags.out));
}

}  // namespace

Run add_adapt(CLI::App& app) {
  const auto flags = std::make_shared<AdaptFlags>();
  CLI::App& command = *app.add_subcommand("adapt", "carry a profile over to another device by a few measured kernels");
  command.add_option("profile", flags->profile, "PROFILE.json of the device to start from")->required();
  command.add_option("samples", flags->samples, "the new device's SAMPLES.csv or .parquet")->required();
  command.add_option("--out", flags->out, "the profile to write")->required();
  command.add_option("--device", flags->device, "what the profile calls the new device")->capture_default_str();
  add_processors(command, flags->processors);
  add_common_flags(command, flags->common);
  return [flags] { adapt_command(*flags); };
}

}  // namespace tabjoule::cli
