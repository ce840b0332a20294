#include "power/board_state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "power/sysfs.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> line_of(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  try {
    return read_sysfs_line(path);
  } catch (const Error&) {
    return {};
  }
}

std::optional<double> number_of(const fs::path& path, double factor) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  try {
    return factor * static_cast<double>(read_sysfs_number(path, "units"));
  } catch (const Error&) {
    return {};
  }
}

constexpr double kMilli = 1e-3;
constexpr double kKilo = 1e3;

/// The file with the temperature (thousandths of a degree) of the first thermal zone whose type is one of `types`.
fs::path zone_file(const fs::path& sysfs, const std::vector<std::string>& types) {
  for (const fs::path& zone : numbered_folders(sysfs / "class" / "thermal", "thermal_zone")) {
    const auto type = line_of(zone / "type");
    if (type && std::find(types.begin(), types.end(), *type) != types.end()) return zone / "temp";
  }
  return {};
}

fs::path cpu_temperature_file(const fs::path& sysfs) {
  constexpr std::array kChips{"coretemp", "k10temp", "zenpower", "cpu_thermal"};
  for (const fs::path& monitor : numbered_folders(sysfs / "class" / "hwmon", "hwmon")) {
    const auto chip = line_of(monitor / "name");
    if (chip && std::find(kChips.begin(), kChips.end(), *chip) != kChips.end()) return monitor / "temp1_input";
  }
  return zone_file(sysfs, {"x86_pkg_temp", "cpu-thermal", "CPU-therm", "cpu_thermal"});
}

/// Counters of events: those that grew since the last look, by name.
class Events {
 public:
  void add(std::string name, fs::path file) {
    const auto now = number_of(file, 1);
    if (now) counters_.push_back({std::move(name), std::move(file), *now});
  }

  [[nodiscard]] std::vector<std::string> since_last() {
    std::vector<std::string> grown;
    for (Counter& counter : counters_) {
      const double now = number_of(counter.file, 1).value_or(counter.last);
      const bool known = std::find(grown.begin(), grown.end(), counter.name) != grown.end();
      if (now > counter.last && !known) grown.push_back(counter.name);
      counter.last = now;
    }
    return grown;
  }

 private:
  struct Counter {
    std::string name;
    fs::path file;
    double last;
  };
  std::vector<Counter> counters_;
};

std::optional<double> fastest_hz(const std::vector<fs::path>& files) {
  std::optional<double> fastest;
  for (const fs::path& file : files) {
    const auto clock = number_of(file, kKilo);
    if (clock && (!fastest || *clock > *fastest)) fastest = clock;
  }
  return fastest;
}

bool is_gpu_clock(const std::string& name) {
  constexpr std::array kParts{"gpu", "ga10b", "gv11b", "gp10b", "gm20b"};
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](const char* part) { return name.find(part) != std::string::npos; });
}

}  // namespace

StateReader cpu_state_reader(const std::string& sysfs) {
  const fs::path root(sysfs);
  std::vector<fs::path> clocks;
  Events events;
  for (const fs::path& cpu : numbered_folders(root / "devices" / "system" / "cpu", "cpu")) {
    clocks.push_back(cpu / "cpufreq" / "scaling_cur_freq");
    events.add("thermal (package)", cpu / "thermal_throttle" / "package_throttle_count");
    events.add("thermal (core)", cpu / "thermal_throttle" / "core_throttle_count");
  }
  return [temperature = cpu_temperature_file(root), clocks = std::move(clocks),
          events = std::move(events)]() mutable -> DeviceState {
    return {.temperature_c = number_of(temperature, kMilli),
            .core_clock_hz = fastest_hz(clocks),
            .throttling = events.since_last()};
  };
}

StateReader jetson_state_reader(const std::string& sysfs) {
  const fs::path root(sysfs);
  fs::path clock;
  for (const fs::path& folder : folders_in(root / "class" / "devfreq"))
    if (is_gpu_clock(folder.filename().string())) clock = folder / "cur_freq";
  Events events;
  for (const fs::path& monitor : numbered_folders(root / "class" / "hwmon", "hwmon"))
    for (const fs::path& file : folders_in(monitor)) {
      const std::string name = file.filename().string();
      if (name.starts_with("oc") && name.ends_with("_event_cnt")) events.add("over-current", file);
    }
  return [temperature = zone_file(root, {"gpu-thermal", "GPU-therm"}), clock = std::move(clock),
          events = std::move(events)]() mutable -> DeviceState {
    return {.temperature_c = number_of(temperature, kMilli),
            .core_clock_hz = number_of(clock, 1),
            .throttling = events.since_last()};
  };
}

}  // namespace tabjoule
