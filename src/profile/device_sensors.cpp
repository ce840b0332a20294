#include "profile/device_sensors.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "power/board_state.h"
#include "power/cpu_time.h"
#include "power/device_facts.h"
#include "power/hwmon.h"
#include "power/ina3221.h"
#include "power/rapl.h"
#include "power/sensor_facts.h"

namespace tabjoule {
namespace {

constexpr double kPollS = 0.01;  // how often a power sensor is read
constexpr const char* kIna = "ina3221";
constexpr const char* kHwmon = "hwmon";

/// What follows "ina3221/" or "hwmon/"; empty where nothing does.
std::string part_of(const std::string& sensor) {
  const auto slash = sensor.find('/');
  return slash == std::string::npos ? "" : sensor.substr(slash + 1);
}

bool names(const std::string& sensor, const std::string& kind) {
  return sensor == kind || sensor.starts_with(kind + "/");
}

/// A power sensor whose readings come at `model`'s period, or at that of our reading it.
void attach_power(Device& device, std::unique_ptr<PowerSensor> sensor, const SensorModel& model) {
  device.power_sensor = std::move(sensor);
  device.power = model;
  device.energy = device.power_sensor->info();
  device.energy.update_period_s = std::max(model.update_period_s, kPollS);
  device.recorder = make_thread_recorder(*device.power_sensor, *device.clock, kPollS);
}

void attach_counter(Device& device, std::unique_ptr<Sensor> sensor, const SensorModel& model) {
  device.sensor = std::move(sensor);
  device.power = model;
  device.energy = device.sensor->info();
}

std::unique_ptr<PowerSensor> open_hwmon(const std::string& channel, const std::string& sysfs) {
  const std::vector<std::string> channels = hwmon_channels(sysfs);
  if (channel.empty() && channels.empty()) fail_device("no hardware monitor of this machine reads power");
  return make_hwmon_sensor(sysfs, channel.empty() ? channels.front() : channel);
}

/// The sensors that boards have, whatever runs on them; false where `asked` is none of them.
bool attach_board_sensor(Device& device, const std::string& asked, const DeviceOptions& options) {
  const SensorModel model = options.sensor_model.value_or(SensorModel{});
  if (names(asked, kIna)) {
    attach_power(device, make_ina3221_sensor(options.sysfs, part_of(asked)), model);
  } else if (names(asked, kHwmon)) {
    attach_power(device, open_hwmon(part_of(asked), options.sysfs), model);
  } else if (asked == "rapl") {
    attach_counter(device, make_rapl_sensor(options.sysfs), model);
  } else {
    return false;
  }
  return true;
}

[[noreturn]] void refuse(const std::string& sensor, const std::string& device) {
  fail_usage("--sensor \"{}\" is not known for {}{}; known are {}", sensor, device,
             did_you_mean(sensor, sensor_names()), fmt::join(sensor_names(), ", "));
}

std::optional<NvmlField> field_named(const std::string& sensor) {
  if (sensor == "nvml-instant") return NvmlField::instant;
  if (sensor == "nvml-average") return NvmlField::average;
  if (sensor == "nvml-usage") return NvmlField::usage;
  return {};
}

/// Says whose gain it is that readings are corrected by.
std::string gain_text(const SensorModel& model, const CudaGpu& gpu, bool own) {
  if (own) return fmt::format(", gain {:g} and offset {:g} W as calibrated", model.gain, model.offset_w);
  if (!card_named(gpu.name)) return ", gain and offset not known";
  return fmt::format(", gain {:g} and offset {:g} W of another card of this model", model.gain, model.offset_w);
}

void attach_nvml(Device& device, const CudaGpu& gpu, const std::string& asked, const DeviceOptions& options) {
  const unsigned index = nvml_index(gpu.pci_bus_id, options.nvml);
  const std::optional<NvmlField> field = field_named(asked);
  if (field) {
    const SensorModel published = nvml_power_model(gpu.name, gpu.major, gpu.minor, *field);
    attach_power(device, make_nvml_power_sensor(index, *field, options.nvml), options.sensor_model.value_or(published));
  } else {
    SensorModel model = nvml_energy_model(gpu.name);
    if (options.sensor_model) {
      model.gain = options.sensor_model->gain;
      model.offset_w = options.sensor_model->offset_w;
    }
    attach_counter(device, make_nvml_energy_sensor(index, options.nvml), model);
  }
  device.energy.name = asked;
  device.energy.description += gain_text(device.power, gpu, options.sensor_model.has_value());
  device.read_state = [index, library = options.nvml] { return nvml_state(index, library); };
}

/// The best of what NVML reads of this GPU.
std::string best_nvml_sensor(const CudaGpu& gpu, const DeviceOptions& options) {
  const NvmlGpu shown = nvml_gpus(options.nvml).at(nvml_index(gpu.pci_bus_id, options.nvml));
  if (shown.energy_counter) return "nvml-energy";
  if (shown.fields.empty())
    fail_device("NVML reads neither energy nor power of {}: its energy cannot be measured", gpu.name);
  return shown.fields.front() == NvmlField::instant ? "nvml-instant" : "nvml-usage";
}

std::string best_gpu_sensor(const CudaGpu& gpu, const DeviceOptions& options) {
  if (gpu.integrated && !ina3221_rails(options.sysfs).empty()) return kIna;
  if (gpu.integrated && !hwmon_channels(options.sysfs).empty()) return kHwmon;
  return best_nvml_sensor(gpu, options);
}

}  // namespace

double core_power_w(const DeviceOptions& options) {
  return options.core_power_w == 0 ? default_core_power_w() : options.core_power_w;
}

void attach_cpu_sensor(Device& device, const DeviceOptions& options) {
  std::string asked = options.sensor;
  if (asked.empty()) asked = rapl_status(options.sysfs).usable ? "rapl" : "cpu-time";
  if (asked == "cpu-time")
    attach_counter(device, make_cpu_time_sensor(core_power_w(options)), {});
  else if (!attach_board_sensor(device, asked, options))
    refuse(asked, "cpu");
  device.read_state = cpu_state_reader(options.sysfs);
}

void attach_gpu_sensor(Device& device, const CudaGpu& gpu, const DeviceOptions& options) {
  const std::string asked = options.sensor.empty() ? best_gpu_sensor(gpu, options) : options.sensor;
  if (asked == "nvml-energy" || field_named(asked)) return attach_nvml(device, gpu, asked, options);
  if (asked == "rapl" || !attach_board_sensor(device, asked, options)) refuse(asked, device.name);
  if (gpu.integrated) device.read_state = jetson_state_reader(options.sysfs);
}

std::vector<std::string> sensor_names() {
  return {"nvml-energy",  "nvml-instant",  "nvml-average", "nvml-usage", "ina3221",
          "ina3221/RAIL", "hwmon/CHANNEL", "rapl",         "cpu-time"};
}

}  // namespace tabjoule
