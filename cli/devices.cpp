// tabjoule devices: what is here, what can be measured, what is missing.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/sensor_list.h"
#include "profile/device.h"

namespace tabjoule::cli {
namespace {

void run(const CommonFlags& flags, const DeviceFlags& device_flags) {
  const Device device = open_device("auto", device_flags.options());
  if (flags.json) {
    print_json({{"devices",
                 {{{"name", device.name},
                   {"fingerprint", device.fingerprint},
                   {"runtime", device.runner->name()},
                   {"runtime_version", device.runner->version()},
                   {"sensor", device.sensor->info().name},
                   {"energy_source", to_string(device.sensor->info().source)}}}},
                {"sensors", sensors_json()}});
    return;
  }
  print(fmt::format("{:<8} {} ({} {})", device.name, device.fingerprint, device.runner->name(),
                    device.runner->version()));
  print(fmt::format("         energy: {}, {}", to_string(device.sensor->info().source),
                    device.sensor->info().description));
  print("\nsensors");
  print_sensors();
}

}  // namespace

Run add_devices(CLI::App& app) {
  const auto flags = std::make_shared<CommonFlags>();
  const auto device_flags = std::make_shared<DeviceFlags>();
  CLI::App& command = *app.add_subcommand("devices", "show the devices and sensors of this machine");
  add_common_flags(command, *flags);
  return [flags, device_flags] { run(*flags, *device_flags); };
}

}  // namespace tabjoule::cli
