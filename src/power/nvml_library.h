// NVML's C functions, declared by us as far as they are used, behind one object that keeps the library open.
#pragma once

#include <memory>
#include <string>

namespace tabjoule::nvml {

using Device = struct DeviceOpaque*;
using Return = int;
constexpr Return kSuccess = 0;
constexpr Return kNotSupported = 3;
constexpr Return kGpuIsLost = 15;

/// nvmlFieldValue_t. Only integers of up to 32 bits are read from `value`.
struct FieldValue {
  unsigned field_id;
  unsigned scope_id;  ///< 0: GPU, 1: module
  long long timestamp;
  long long latency_us;
  int value_type;  ///< 1: unsigned int, 3: unsigned long long
  Return result;
  union {
    double as_double;
    unsigned as_unsigned;
    unsigned long as_unsigned_long;
    unsigned long long as_unsigned_long_long;
  } value;
};
static_assert(sizeof(FieldValue) == 40);

constexpr unsigned kFieldAveragePower = 185;
constexpr unsigned kFieldInstantPower = 186;
constexpr int kClockSm = 1;
constexpr int kClockMemory = 2;
constexpr int kTemperatureGpu = 0;

/// Initialised in the constructor and shut down in the destructor. Thread-safe, as NVML is.
class Library {
 public:
  /// Errors (device): cannot be opened, lacks a function, or cannot be initialised; the message says what to do.
  [[nodiscard]] static std::shared_ptr<Library> open(const std::string& path);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  [[nodiscard]] std::string text_of(Return result) const;
  /// Errors (device): `result` is not success; the message says what was asked, what came and what to do.
  void require(Return result, const std::string& what) const;
  /// Errors (device): there is no such GPU.
  [[nodiscard]] Device device(unsigned index) const;

  Return (*count)(unsigned*) = nullptr;
  Return (*handle)(unsigned, Device*) = nullptr;
  Return (*handle_by_bus)(const char*, Device*) = nullptr;
  Return (*index_of)(Device, unsigned*) = nullptr;
  Return (*name)(Device, char*, unsigned) = nullptr;
  Return (*uuid)(Device, char*, unsigned) = nullptr;
  Return (*power_usage)(Device, unsigned*) = nullptr;                          // mW
  Return (*total_energy)(Device, unsigned long long*) = nullptr;               // mJ; empty in old drivers
  Return (*field_values)(Device, int, FieldValue*) = nullptr;                  // empty in old drivers
  Return (*temperature)(Device, int, unsigned*) = nullptr;                     // degrees C
  Return (*clock)(Device, int, unsigned*) = nullptr;                           // MHz
  Return (*power_limit)(Device, unsigned*) = nullptr;                          // mW
  Return (*throttle_reasons)(Device, unsigned long long*) = nullptr;           // bits
  Return (*mig_mode)(Device, unsigned* current, unsigned* pending) = nullptr;  // empty in old drivers

 private:
  Library() = default;
  template <class Function>
  void load(Function& function, const char* symbol, bool needed);

  std::string path_;
  void* library_ = nullptr;
  Return (*shutdown_)() = nullptr;
  const char* (*error_text_)(Return) = nullptr;
};

}  // namespace tabjoule::nvml
