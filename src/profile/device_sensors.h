// Which sensor tells a real device's energy, and what else the device says of itself: chosen here for open_device.
#pragma once

#include "power/cuda_driver.h"
#include "profile/device.h"

namespace tabjoule {

/// Watts of a busy core that the CPU-time estimate takes.
[[nodiscard]] double core_power_w(const DeviceOptions& options);

/// Fills in `device`'s sensor or recorder, its model, its state and where its energy comes from; its clock is there
/// already. Errors (usage): options.sensor is none of those a processor has; (device): it cannot be read.
void attach_cpu_sensor(Device& device, const DeviceOptions& options);

/// The same for a GPU.
void attach_gpu_sensor(Device& device, const CudaGpu& gpu, const DeviceOptions& options);

/// What DeviceOptions::sensor takes for "cpu" and for GPUs, for messages and help.
[[nodiscard]] std::vector<std::string> sensor_names();

}  // namespace tabjoule
