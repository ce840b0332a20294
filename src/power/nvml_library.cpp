#include "power/nvml_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace tabjoule::nvml {

template <class Function>
void Library::load(Function& function, const char* symbol, bool needed) {
  // POSIX lets a pointer from dlsym be used as a function; C++ only says so conditionally.
  function = reinterpret_cast<Function>(dlsym(library_, symbol));
  if (function == nullptr && needed) fail_device("{} has no {}: update the NVIDIA driver", path_, symbol);
}

std::shared_ptr<Library> Library::open(const std::string& path) {
  std::shared_ptr<Library> library(new Library);
  library->path_ = path;
  library->library_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->library_ == nullptr) fail_device("{} is not here: install the NVIDIA driver where there is a GPU", path);
  Return (*init)() = nullptr;
  Return (*shutdown)() = nullptr;
  library->load(init, "nvmlInit_v2", true);
  library->load(shutdown, "nvmlShutdown", true);
  library->load(library->error_text_, "nvmlErrorString", true);
  library->load(library->count, "nvmlDeviceGetCount_v2", true);
  library->load(library->handle, "nvmlDeviceGetHandleByIndex_v2", true);
  library->load(library->handle_by_bus, "nvmlDeviceGetHandleByPciBusId_v2", true);
  library->load(library->index_of, "nvmlDeviceGetIndex", true);
  library->load(library->name, "nvmlDeviceGetName", true);
  library->load(library->uuid, "nvmlDeviceGetUUID", true);
  library->load(library->power_usage, "nvmlDeviceGetPowerUsage", true);
  library->load(library->total_energy, "nvmlDeviceGetTotalEnergyConsumption", false);
  library->load(library->field_values, "nvmlDeviceGetFieldValues", false);
  library->load(library->temperature, "nvmlDeviceGetTemperature", true);
  library->load(library->clock, "nvmlDeviceGetClockInfo", true);
  library->load(library->power_limit, "nvmlDeviceGetEnforcedPowerLimit", true);
  library->load(library->throttle_reasons, "nvmlDeviceGetCurrentClocksThrottleReasons", true);
  library->load(library->mig_mode, "nvmlDeviceGetMigMode", false);
  library->require(init(), "starting NVML");
  library->shutdown_ = shutdown;
  return library;
}

Library::~Library() {
  if (shutdown_ != nullptr) (void)shutdown_();
  if (library_ != nullptr) dlclose(library_);
}

std::string Library::text_of(Return result) const {
  const char* text = error_text_ != nullptr ? error_text_(result) : nullptr;
  return text != nullptr ? text : fmt::format("error {}", result);
}

void Library::require(Return result, const std::string& what) const {
  if (result == kSuccess) return;
  if (result == kGpuIsLost)
    fail_device("{}: the GPU was lost (fell off the bus); look into `dmesg` and restart the machine", what);
  fail_device("{}: {}; see what `nvidia-smi` says", what, text_of(result));
}

Device Library::device(unsigned index) const {
  unsigned present = 0;
  require(count(&present), "counting GPUs");
  if (index >= present) fail_device("there is no GPU {}: this machine shows {}", index, present);
  Device found = nullptr;
  require(handle(index, &found), fmt::format("opening GPU {}", index));
  return found;
}

}  // namespace tabjoule::nvml
