#include "power/nvml.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "power/nvml_library.h"

namespace tabjoule {
namespace {

using nvml::Library;

std::string text(nvml::Return (*get)(nvml::Device, char*, unsigned), nvml::Device device) {
  std::array<char, 97> buffer{};  // 96 is the longest that NVML documents
  return get(device, buffer.data(), buffer.size() - 1) == nvml::kSuccess ? buffer.data() : "unknown";
}

nvml::FieldValue field_value(const Library& library, nvml::Device device, unsigned field) {
  nvml::FieldValue value{};
  value.field_id = field;
  const nvml::Return result =
      library.field_values != nullptr ? library.field_values(device, 1, &value) : nvml::kNotSupported;
  if (result != nvml::kSuccess) value.result = result;
  return value;
}

/// Milliwatts of one of the readings.
std::pair<nvml::Return, unsigned> power_mw(const Library& library, nvml::Device device, NvmlField field) {
  if (field == NvmlField::usage) {
    unsigned value = 0;
    const nvml::Return result = library.power_usage(device, &value);
    return {result, value};
  }
  const nvml::FieldValue value =
      field_value(library, device, field == NvmlField::average ? nvml::kFieldAveragePower : nvml::kFieldInstantPower);
  return {value.result, value.value.as_unsigned};
}

NvmlGpu describe(const Library& library, unsigned index) {
  const nvml::Device device = library.device(index);
  NvmlGpu gpu{.index = index,
              .name = text(library.name, device),
              .uuid = text(library.uuid, device),
              .mig = false,
              .energy_counter = false,
              .fields = {}};
  unsigned current = 0, pending = 0;
  gpu.mig =
      library.mig_mode != nullptr && library.mig_mode(device, &current, &pending) == nvml::kSuccess && current == 1;
  unsigned long long energy = 0;
  gpu.energy_counter = library.total_energy != nullptr && library.total_energy(device, &energy) == nvml::kSuccess;
  for (const NvmlField field : {NvmlField::instant, NvmlField::average, NvmlField::usage})
    if (power_mw(library, device, field).first == nvml::kSuccess) gpu.fields.push_back(field);
  return gpu;
}

std::vector<std::string> domains_of(const NvmlGpu& gpu) {
  return {fmt::format("GPU {} {}{}", gpu.index, gpu.name, gpu.mig ? " (whole board, all MIG instances)" : "")};
}

constexpr double kUpdate_s = 0.1;  // of the energy counter; power readings: power/sensor_facts.h

class NvmlEnergySensor final : public Sensor {
 public:
  NvmlEnergySensor(std::shared_ptr<Library> library, unsigned index)
      : library_(std::move(library)), device_(library_->device(index)) {
    const NvmlGpu gpu = describe(*library_, index);
    if (!gpu.energy_counter)
      fail_device("GPU {} ({}) has no energy counter (Volta and newer have): its power can be sampled", index,
                  gpu.name);
    info_ = {.name = "nvml",
             .description = fmt::format("NVML energy counter of GPU {} ({})", index, gpu.name),
             .source = EnergySource::measured,
             .domains = domains_of(gpu),
             .update_period_s = kUpdate_s};
    const auto [result, milliwatts] = power_mw(*library_, device_, NvmlField::usage);
    if (result == nvml::kSuccess) info_.resolution_j = kUpdate_s * 1e-3 * milliwatts;
    last_mj_ = first_mj_ = read_mj();
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_energy_j() override {
    const unsigned long long now_mj = read_mj();
    if (now_mj < last_mj_)
      fail_device("the energy counter of {} went back from {} to {} mJ: the driver was loaded anew",
                  info_.domains.front(), last_mj_, now_mj);
    last_mj_ = now_mj;
    return 1e-3 * static_cast<double>(now_mj - first_mj_);
  }

 private:
  [[nodiscard]] unsigned long long read_mj() const {
    unsigned long long value = 0;
    library_->require(library_->total_energy(device_, &value), "reading the energy of " + info_.domains.front());
    return value;
  }

  std::shared_ptr<Library> library_;
  nvml::Device device_;
  SensorInfo info_;
  unsigned long long first_mj_ = 0, last_mj_ = 0;
};

class NvmlPowerSensor final : public PowerSensor {
 public:
  NvmlPowerSensor(std::shared_ptr<Library> library, unsigned index, NvmlField field)
      : library_(std::move(library)), device_(library_->device(index)), field_(field) {
    const NvmlGpu gpu = describe(*library_, index);
    info_ = {.name = "nvml",
             .description = fmt::format("NVML {} of GPU {} ({})", to_string(field), index, gpu.name),
             .source = EnergySource::measured,
             .domains = domains_of(gpu)};
    (void)read_power_w();
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_power_w() override {
    const auto [result, milliwatts] = power_mw(*library_, device_, field_);
    library_->require(result, "reading the " + std::string(to_string(field_)) + " of " + info_.domains.front());
    return plausible_w(1e-3 * milliwatts, info_.domains.front());
  }

 private:
  std::shared_ptr<Library> library_;
  nvml::Device device_;
  NvmlField field_;
  SensorInfo info_;
};

/// Bits of nvmlClocksThrottleReasons that slow a GPU down against its will.
constexpr std::array kThrottleReasons{std::pair{0x4ULL, "power cap"}, std::pair{0x8ULL, "hardware slowdown"},
                                      std::pair{0x20ULL, "thermal (software)"},
                                      std::pair{0x40ULL, "thermal (hardware)"}, std::pair{0x80ULL, "power brake"}};

}  // namespace

const char* to_string(NvmlField field) {
  switch (field) {
    case NvmlField::usage:
      return "power usage";
    case NvmlField::average:
      return "average power";
    case NvmlField::instant:
      return "instant power";
  }
  return "?";
}

unsigned nvml_index(const std::string& pci_bus_id, const std::string& library_path) {
  const auto library = Library::open(library_path);
  nvml::Device device = nullptr;
  unsigned index = 0;
  const std::string what = "looking for the GPU at " + pci_bus_id;
  library->require(library->handle_by_bus(pci_bus_id.c_str(), &device), what);
  library->require(library->index_of(device, &index), what);
  return index;
}

std::vector<NvmlGpu> nvml_gpus(const std::string& library_path) {
  const auto library = Library::open(library_path);
  unsigned count = 0;
  library->require(library->count(&count), "counting GPUs");
  std::vector<NvmlGpu> gpus;
  for (unsigned i = 0; i < count; ++i) gpus.push_back(describe(*library, i));
  return gpus;
}

std::unique_ptr<Sensor> make_nvml_energy_sensor(unsigned gpu, const std::string& library) {
  return std::make_unique<NvmlEnergySensor>(Library::open(library), gpu);
}

std::unique_ptr<PowerSensor> make_nvml_power_sensor(unsigned gpu, NvmlField field, const std::string& library) {
  return std::make_unique<NvmlPowerSensor>(Library::open(library), gpu, field);
}

DeviceState nvml_state(unsigned gpu, const std::string& library_path) {
  const auto library = Library::open(library_path);
  const nvml::Device device = library->device(gpu);
  DeviceState state;
  unsigned value = 0;
  if (library->temperature(device, nvml::kTemperatureGpu, &value) == nvml::kSuccess) state.temperature_c = value;
  if (library->clock(device, nvml::kClockSm, &value) == nvml::kSuccess) state.core_clock_hz = 1e6 * value;
  if (library->clock(device, nvml::kClockMemory, &value) == nvml::kSuccess) state.memory_clock_hz = 1e6 * value;
  if (library->power_limit(device, &value) == nvml::kSuccess) state.power_limit_w = 1e-3 * value;
  unsigned long long reasons = 0;
  if (library->throttle_reasons(device, &reasons) == nvml::kSuccess)
    for (const auto& [bit, name] : kThrottleReasons)
      if ((reasons & bit) != 0) state.throttling.emplace_back(name);
  return state;
}

SensorStatus nvml_status(const std::string& library) {
  SensorStatus status{.name = "nvml",
                      .description = "NVIDIA GPU energy and power through libnvidia-ml.so.1",
                      .usable = false,
                      .detail = "the driver is here and shows no GPU: see what `nvidia-smi` says"};
  try {
    std::vector<std::string> parts;
    for (const NvmlGpu& gpu : nvml_gpus(library)) {
      std::vector<std::string> readings;
      if (gpu.energy_counter) readings.emplace_back("energy counter");
      for (const NvmlField field : gpu.fields) readings.emplace_back(to_string(field));
      status.usable |= !readings.empty();
      parts.push_back(
          fmt::format("{}: {}", domains_of(gpu).front(),
                      readings.empty() ? "no power reading" : fmt::format("{}", fmt::join(readings, ", "))));
    }
    if (!parts.empty()) status.detail = fmt::format("{}", fmt::join(parts, "; "));
  } catch (const Error& error) {
    status.detail = error.what();
  }
  return status;
}

}  // namespace tabjoule
