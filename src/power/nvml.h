// NVML, NVIDIA's management library, opened at run time: nothing of it is needed to build, and without the driver all
// of this says so. docs/measuring.md lists what each generation of GPUs makes of its power.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "power/power_sensor.h"

namespace tabjoule {

/// Which of the GPU's power readings.
enum class NvmlField {
  usage,    ///< nvmlDeviceGetPowerUsage: averaged over 1 s on Ampere (but the A100) and newer
  average,  ///< field 185, over 1 s
  instant   ///< field 186, over 25 to 100 ms
};

struct NvmlGpu {
  unsigned index = 0;
  std::string name;
  std::string uuid;
  bool mig = false;             ///< split into instances: energy and power are of the whole board all the same
  bool energy_counter = false;  ///< nvmlDeviceGetTotalEnergyConsumption: Volta and newer
  std::vector<NvmlField> fields;
};

/// `library` is the driver's but in tests.
inline constexpr const char* kNvmlLibrary = "libnvidia-ml.so.1";

/// Errors (device): no driver, or one that does not answer; the message says what to do.
[[nodiscard]] std::vector<NvmlGpu> nvml_gpus(const std::string& library = kNvmlLibrary);

/// "power usage", "average power", "instant power"
[[nodiscard]] const char* to_string(NvmlField field);

/// NVML's number of the GPU at a PCI address, as CUDA's driver writes it (power/cuda_driver.h). Errors (device): NVML
/// shows none there.
[[nodiscard]] unsigned nvml_index(const std::string& pci_bus_id, const std::string& library = kNvmlLibrary);

/// The energy counter, in steps of about 100 ms. Errors (device): no such GPU, no counter, and in reading: the GPU was
/// lost, or the counter went back.
[[nodiscard]] std::unique_ptr<Sensor> make_nvml_energy_sensor(unsigned gpu, const std::string& library = kNvmlLibrary);

/// Errors (device): no such GPU, no such field, and in reading: the GPU was lost, or said what no GPU spends.
[[nodiscard]] std::unique_ptr<PowerSensor> make_nvml_power_sensor(unsigned gpu, NvmlField field,
                                                                  const std::string& library = kNvmlLibrary);

/// What the GPU says it does at this moment; what it does not tell is empty. Errors (device): no such GPU.
[[nodiscard]] DeviceState nvml_state(unsigned gpu, const std::string& library = kNvmlLibrary);

/// Never throws.
[[nodiscard]] SensorStatus nvml_status(const std::string& library = kNvmlLibrary);

}  // namespace tabjoule
