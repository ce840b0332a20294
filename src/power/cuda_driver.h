// CUDA's driver library, opened at run time, as far as it tells which GPUs there are: its numbers are those a runtime
// uses (CUDA_VISIBLE_DEVICES, CUDA_DEVICE_ORDER and MIG instances included), NVML's are not. The PCI address is what
// both know a GPU by.
#pragma once

#include <string>
#include <vector>

namespace tabjoule {

struct CudaGpu {
  int ordinal = 0;         ///< CUDA's number
  std::string name;        ///< "NVIDIA GeForce RTX 3090"
  std::string pci_bus_id;  ///< "0000:65:00.0"; a MIG instance has its board's
  int major = 0;           ///< of the compute capability
  int minor = 0;
  bool integrated = false;  ///< shares the board's memory: Jetson
};

/// `library` is the driver's but in tests.
inline constexpr const char* kCudaLibrary = "libcuda.so.1";

/// All that CUDA shows to this process. Errors (device): no driver, one that does not answer, or no GPU; the message
/// says what to do.
[[nodiscard]] std::vector<CudaGpu> cuda_gpus(const std::string& library = kCudaLibrary);

/// Errors (device): as cuda_gpus, and no such GPU.
[[nodiscard]] CudaGpu cuda_gpu(int ordinal, const std::string& library = kCudaLibrary);

}  // namespace tabjoule
