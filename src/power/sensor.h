// What reads a device's power or energy. One file a sensor; each is optional at run time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tabjoule {

/// Where an energy figure comes from. Never mixed silently.
enum class EnergySource { measured, estimated, simulated };

[[nodiscard]] const char* to_string(EnergySource source);

struct SensorInfo {
  std::string name;         ///< "rapl", "cpu-time"
  std::string description;  ///< "Intel RAPL package energy through /sys/class/powercap"
  EnergySource source = EnergySource::measured;
  std::vector<std::string> domains;  ///< what it covers: "package-0", "dram"
  double resolution_j = 0;           ///< smallest step of the energy counter; 0 where not known
  double update_period_s = 0;        ///< of the counter or the readings; 0 where every read is fresh
};

/// A cumulative energy counter (sensors of power alone come with traces). Not thread-safe. read errors (device):
/// the counter cannot be read any more.
class Sensor {
 public:
  virtual ~Sensor() = default;
  [[nodiscard]] virtual const SensorInfo& info() const = 0;
  /// Joules since an arbitrary origin; never decreases (wrap-around is undone inside, if read at least once a
  /// wrap).
  [[nodiscard]] virtual double read_energy_j() = 0;
};

/// What `tabjoule devices` shows for each sensor this program knows.
struct SensorStatus {
  std::string name;
  std::string description;
  bool usable = false;
  std::string detail;  ///< what it covers, or why it cannot be read and what to do about it
};

}  // namespace tabjoule
