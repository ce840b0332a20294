#include "power/cuda_driver.h"

#include <dlfcn.h>

#include <array>
#include <memory>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr int kSuccess = 0;
constexpr int kNoDevice = 100;
constexpr int kIntegrated = 18;
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

class Driver {
 public:
  explicit Driver(const std::string& path) : path_(path), library_(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ == nullptr) fail_device("{} is not here: install the NVIDIA driver where there is a GPU", path);
    int (*init)(unsigned) = nullptr;
    load(init, "cuInit");
    load(error_text_, "cuGetErrorString");
    load(count_, "cuDeviceGetCount");
    load(device_, "cuDeviceGet");
    load(name_, "cuDeviceGetName");
    load(bus_id_, "cuDeviceGetPCIBusId");
    load(attribute_, "cuDeviceGetAttribute");
    const int result = init(0);
    if (result == kNoDevice)
      fail_device("the NVIDIA driver shows no GPU to this process: see `nvidia-smi` and CUDA_VISIBLE_DEVICES");
    require(result, "starting CUDA");
  }
  ~Driver() {
    if (library_ != nullptr) dlclose(library_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  [[nodiscard]] int count() const {
    int count = 0;
    require(count_(&count), "counting GPUs");
    if (count == 0)
      fail_device("the NVIDIA driver shows no GPU to this process: see `nvidia-smi` and CUDA_VISIBLE_DEVICES");
    return count;
  }

  [[nodiscard]] CudaGpu gpu(int ordinal) const {
    const std::string what = fmt::format("asking about GPU {}", ordinal);
    int device = 0;
    require(device_(&device, ordinal), what);
    std::array<char, 128> text{};
    CudaGpu gpu;
    gpu.ordinal = ordinal;
    require(name_(text.data(), static_cast<int>(text.size()) - 1, device), what);
    gpu.name = text.data();
    text.fill(0);
    require(bus_id_(text.data(), static_cast<int>(text.size()) - 1, device), what);
    gpu.pci_bus_id = text.data();
    require(attribute_(&gpu.major, kCapabilityMajor, device), what);
    require(attribute_(&gpu.minor, kCapabilityMinor, device), what);
    int integrated = 0;
    require(attribute_(&integrated, kIntegrated, device), what);
    gpu.integrated = integrated != 0;
    return gpu;
  }

 private:
  template <class Function>
  void load(Function& function, const char* symbol) {
    function = reinterpret_cast<Function>(dlsym(library_, symbol));
    if (function == nullptr) fail_device("{} has no {}: update the NVIDIA driver", path_, symbol);
  }

  void require(int result, const std::string& what) const {
    if (result == kSuccess) return;
    const char* text = nullptr;
    if (error_text_(result, &text) != kSuccess || text == nullptr) text = "no reason given";
    fail_device("{}: {} (CUDA error {}); see what `nvidia-smi` says", what, text, result);
  }

  std::string path_;
  void* library_;
  int (*error_text_)(int, const char**) = nullptr;
  int (*count_)(int*) = nullptr;
  int (*device_)(int*, int) = nullptr;
  int (*name_)(char*, int, int) = nullptr;
  int (*bus_id_)(char*, int, int) = nullptr;
  int (*attribute_)(int*, int, int) = nullptr;
};

}  // namespace

std::vector<CudaGpu> cuda_gpus(const std::string& library) {
  const Driver driver(library);
  std::vector<CudaGpu> gpus;
  for (int i = 0; i < driver.count(); ++i) gpus.push_back(driver.gpu(i));
  return gpus;
}

CudaGpu cuda_gpu(int ordinal, const std::string& library) {
  const Driver driver(library);
  const int count = driver.count();
  if (ordinal < 0 || ordinal >= count)
    fail_device("there is no GPU {}: CUDA shows {} to this process (CUDA_VISIBLE_DEVICES hides others)", ordinal,
                count);
  return driver.gpu(ordinal);
}

}  // namespace tabjoule
