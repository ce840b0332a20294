#include "power/hwmon.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "power/sysfs.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

struct Channel {
  std::string name;
  std::string label;
  fs::path power_uw;
};

/// powerM_input and powerM_average; the input where a channel has both.
std::vector<fs::path> power_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::path& file : folders_in(folder)) {
    const std::string name = file.filename().string();
    if (!name.starts_with("power")) continue;
    const std::string channel = name.substr(0, name.find('_'));
    const bool average = name == channel + "_average";
    if (name == channel + "_input" || (average && !fs::exists(folder / (channel + "_input")))) files.push_back(file);
  }
  return files;
}

std::vector<Channel> find_channels(const std::string& sysfs) {
  std::vector<Channel> channels;
  for (const fs::path& folder : numbered_folders(fs::path(sysfs) / "class" / "hwmon", "hwmon"))
    for (const fs::path& file : power_files(folder)) {
      const std::string part = file.filename().string().substr(0, file.filename().string().find('_'));
      std::error_code error;
      const fs::path label = folder / (part + "_label");
      const std::string chip = fs::exists(folder / "name", error) ? read_sysfs_line(folder / "name") : "hwmon";
      Channel channel{.name = chip + "/" + part,
                      .label = fs::exists(label, error) ? read_sysfs_line(label) : part,
                      .power_uw = file};
      const auto same = [&](const Channel& other) { return other.name == channel.name; };
      if (std::any_of(channels.begin(), channels.end(), same))
        channel.name += "@" + folder.filename().string().substr(5);
      channels.push_back(std::move(channel));
    }
  return channels;
}

class HwmonSensor final : public PowerSensor {
 public:
  explicit HwmonSensor(Channel channel) : channel_(std::move(channel)) {
    info_ = {.name = "hwmon",
             .description = "hardware monitor " + channel_.name + " (" + channel_.label + ")",
             .source = EnergySource::measured,
             .domains = {channel_.label}};
  }

  [[nodiscard]] const SensorInfo& info() const override { return info_; }

  [[nodiscard]] double read_power_w() override {
    return plausible_w(1e-6 * static_cast<double>(read_sysfs_number(channel_.power_uw, "microwatts")), channel_.name);
  }

 private:
  Channel channel_;
  SensorInfo info_;
};

}  // namespace

std::vector<std::string> hwmon_channels(const std::string& sysfs) {
  std::vector<std::string> names;
  for (const Channel& channel : find_channels(sysfs)) names.push_back(channel.name);
  return names;
}

std::unique_ptr<PowerSensor> make_hwmon_sensor(const std::string& sysfs, const std::string& channel) {
  for (const Channel& known : find_channels(sysfs)) {
    if (known.name != channel) continue;
    auto sensor = std::make_unique<HwmonSensor>(known);
    (void)sensor->read_power_w();
    return sensor;
  }
  fail_usage("no hardware monitor \"{}\"{}; there are: {}", channel, did_you_mean(channel, hwmon_channels(sysfs)),
             fmt::join(hwmon_channels(sysfs), ", "));
}

SensorStatus hwmon_status(const std::string& sysfs) {
  SensorStatus status{.name = "hwmon",
                      .description = "power readings of hardware monitors through /sys/class/hwmon",
                      .usable = false,
                      .detail = "no hardware monitor of this machine reads power"};
  std::vector<std::string> readable;
  try {
    for (const std::string& channel : hwmon_channels(sysfs)) {
      try {
        readable.push_back(make_hwmon_sensor(sysfs, channel)->info().description);
      } catch (const Error& error) {
        status.detail = error.what();
      }
    }
  } catch (const Error& error) {
    status.detail = error.what();
  }
  if (!readable.empty()) {
    status.usable = true;
    status.detail = fmt::format("{}", fmt::join(readable, "; "));
  }
  return status;
}

}  // namespace tabjoule
