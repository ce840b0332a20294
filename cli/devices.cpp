// tabjoule devices: what is here, what can be measured, what is missing.
#include <fmt/format.h>

#include <vector>

#include "base/error.h"
#include "cli/command.h"
#include "cli/sensor_list.h"
#include "profile/device.h"

namespace tabjoule::cli {
namespace {

/// A device this program knows of: open, or why it is not.
struct Shown {
  std::string name;
  std::optional<Device> device;
  std::string missing;
};

Shown open(const std::string& name, const DeviceOptions& options) {
  try {
    return {name, open_device(name, options), {}};
  } catch (const Error& error) {
    return {name, {}, error.what()};
  }
}

/// GPUs that CUDA shows; the first of each kind where it shows none, to say what is missing.
std::vector<std::string> names_to_show() {
  std::vector<std::string> names{"cpu"};
  std::vector<std::string> gpus = gpu_device_names();
  if (gpus.empty()) gpus = {"cuda:0", "tensorrt:0"};
  names.insert(names.end(), gpus.begin(), gpus.end());
  for (const std::string& name : simulated_gpu_names()) names.push_back("sim:" + name);
  return names;
}

Json json_of(const Device& device) {
  return {{"name", device.name},
          {"fingerprint", device.fingerprint},
          {"runtime", device.runner->name()},
          {"runtime_version", device.runner->version()},
          {"sensor", device.energy.name},
          {"sensor_description", device.energy.description},
          {"energy_source", to_string(device.energy.source)}};
}

void print_device(const Shown& shown) {
  if (!shown.device) {
    print(fmt::format("{:<21} absent: {}", shown.name, shown.missing));
    return;
  }
  const SensorInfo& energy = shown.device->energy;
  print(fmt::format("{:<21} {}", shown.name, shown.device->fingerprint));
  print(fmt::format("{:<21} energy {} by {}: {}", "", to_string(energy.source), energy.name, energy.description));
}

void run(const CommonFlags& flags, const DeviceFlags& device_flags) {
  std::vector<Shown> devices;
  for (const std::string& name : names_to_show()) devices.push_back(open(name, device_flags.options(flags)));
  if (!flags.json) {
    print("devices (--device)");
    for (const Shown& shown : devices) print_device(shown);
    print("\nsensors");
    print_sensors();
    return;
  }
  Json here = Json::array(), absent = Json::array();
  for (const Shown& shown : devices) {
    if (shown.device)
      here.push_back(json_of(*shown.device));
    else
      absent.push_back({{"name", shown.name}, {"reason", shown.missing}});
  }
  print_json({{"devices", here}, {"absent", absent}, {"sensors", sensors_json()}});
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
