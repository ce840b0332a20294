// tabjoule devices: what is here, what can be measured, what is missing.
#include <fmt/format.h>

#include <vector>

#include "cli/command.h"
#include "cli/sensor_list.h"
#include "profile/device.h"

namespace tabjoule::cli {
namespace {

Json json_of(const Device& device) {
  return {{"name", device.name},
          {"fingerprint", device.fingerprint},
          {"runtime", device.runner->name()},
          {"runtime_version", device.runner->version()},
          {"sensor", device.energy.name},
          {"energy_source", to_string(device.energy.source)}};
}

void print_device(const Device& device) {
  print(fmt::format("{:<21} {}", device.name, device.fingerprint));
  print(fmt::format("{:<21} energy: {}, {}", "", to_string(device.energy.source), device.energy.description));
}

void run(const CommonFlags& flags, const DeviceFlags& device_flags) {
  std::vector<Device> devices;
  devices.push_back(open_device("auto", device_flags.options(flags)));
  for (const std::string& name : simulated_gpu_names())
    devices.push_back(open_device("sim:" + name, device_flags.options(flags)));
  if (flags.json) {
    Json shown = Json::array();
    for (const Device& device : devices) shown.push_back(json_of(device));
    print_json({{"devices", shown}, {"sensors", sensors_json()}});
    return;
  }
  for (const Device& device : devices) print_device(device);
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
