#include "power/ina3221.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "power/sysfs.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIna3221Description = "power monitors of Jetson boards (INA3221) through /sys/bus/i2c";

struct Rail {
  std::string name;
  fs::path voltage_mv, current_ma;  ///< JetPack 5 and newer
  fs::path power_mw;                ///< JetPack 4

  [[nodiscard]] double read_w() const {
    if (!power_mw.empty()) return 1e-3 * static_cast<double>(read_sysfs_number(power_mw, "milliwatts"));
    return 1e-6 * static_cast<double>(read_sysfs_number(voltage_mv, "millivolts")) *
           static_cast<double>(read_sysfs_number(current_ma, "milliamperes"));
  }
};

/// Channels that are wired to something.
void add_rail(std::vector<Rail>& rails, const fs::path& label, Rail rail) {
  std::error_code error;
  if (!fs::exists(label, error)) return;
  rail.name = read_sysfs_line(label);
  if (!rail.name.empty() && rail.name != "NC") rails.push_back(std::move(rail));
}

std::vector<Rail> find_rails(const std::string& sysfs) {
  const fs::path drivers = fs::path(sysfs) / "bus" / "i2c" / "drivers";
  std::vector<Rail> rails;
  for (const fs::path& chip : folders_in(drivers / "ina3221"))
    for (const fs::path& folder : numbered_folders(chip / "hwmon", "hwmon"))
      for (const char* n : {"1", "2", "3"})
        add_rail(rails, folder / fmt::format("in{}_label", n),
                 {.name = {},
                  .voltage_mv = folder / fmt::format("in{}_input", n),
                  .current_ma = folder / fmt::format("curr{}_input", n),
                  .power_mw = {}});
  for (const fs::path& chip : folders_in(drivers / "ina3221x"))
    for (const fs::path& folder : numbered_folders(chip, "iio:device"))
      for (const char* n : {"0", "1", "2"})
        add_rail(
            rails, folder / fmt::format("rail_name_{}", n),
            {.name = {}, .voltage_mv = {}, .current_ma = {}, .power_mw = folder / fmt::format("in_power{}_input", n)});
  return rails;
}

std::vector<std::string> names_of(const std::vector<Rail>& rails) {
  std::vector<std::string> names;
  for (const Rail& rail : rails) names.push_back(rail.name);
  return names;
}

/// The rails to add up for `asked`.
std::vector<Rail> chosen(const std::vector<Rail>& rails, const std::string& asked) {
  for (const std::string& name :
       asked.empty() ? std::vector<std::string>{"VDD_IN", "POM_5V_IN"} : std::vector<std::string>{asked})
    for (const Rail& rail : rails)
      if (rail.name == name) return {rail};
  if (!asked.empty())
    fail_usage("this board has no rail \"{}\"{}; there are: {}", asked, did_you_mean(asked, names_of(rails)),
               fmt::join(names_of(rails), ", "));
  return rails;
}

class Ina3221Sensor final : public PowerSensor {
 public:
  Ina3221Sensor(std::vector<Rail> rails, const std::string& what) : rails_(std::move(rails)) {
    info_ = {.name = "ina3221", .description = what, .source = EnergySource::measured, .domains = names_of(rails_)};
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_power_w() override {
    double sum_w = 0;
    for (const Rail& rail : rails_) sum_w += plausible_w(rail.read_w(), "rail " + rail.name);
    return sum_w;
  }

 private:
  std::vector<Rail> rails_;
  SensorInfo info_;
};

std::string what_is_covered(const std::vector<Rail>& all, const std::vector<Rail>& taken) {
  if (taken.size() == 1) return fmt::format("Jetson rail {} of {}", taken.front().name, fmt::join(names_of(all), ", "));
  return fmt::format(
      "sum of the Jetson rails {}; this board has no rail for its total: what they do not feed (carrier board, fan, "
      "storage) is missing",
      fmt::join(names_of(taken), ", "));
}

}  // namespace

std::vector<std::string> ina3221_rails(const std::string& sysfs) { return names_of(find_rails(sysfs)); }

std::unique_ptr<PowerSensor> make_ina3221_sensor(const std::string& sysfs, const std::string& rail) {
  const std::vector<Rail> rails = find_rails(sysfs);
  if (rails.empty())
    fail_device("no INA3221 power monitor is shown under {}/bus/i2c/drivers: only Jetson boards have them", sysfs);
  const std::vector<Rail> taken = chosen(rails, rail);
  auto sensor = std::make_unique<Ina3221Sensor>(taken, what_is_covered(rails, taken));
  (void)sensor->read_power_w();
  return sensor;
}

SensorStatus ina3221_status(const std::string& sysfs) {
  SensorStatus status{.name = "ina3221", .description = kIna3221Description, .usable = false, .detail = {}};
  try {
    status.detail = make_ina3221_sensor(sysfs, {})->info().description;
    status.usable = true;
  } catch (const Error& error) {
    status.detail = error.what();
  }
  return status;
}

}  // namespace tabjoule
