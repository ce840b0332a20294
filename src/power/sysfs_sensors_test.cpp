// Sensors under /sys, against trees laid out like those of real boards, whole and broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "power/hwmon.h"
#include "power/ina3221.h"

namespace tabjoule::sysfs_sensors_test {
namespace {

namespace fs = std::filesystem;

class SysfsTree : public ::testing::Test {
 protected:
  SysfsTree() : root_(fs::temp_directory_path() / ("tabjoule-sysfs-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~SysfsTree() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void rail(const std::string& chip, int hwmon, int channel, const std::string& label, int mv, int ma) const {
    const std::string folder = fmt::format("bus/i2c/drivers/ina3221/{}/hwmon/hwmon{}/", chip, hwmon);
    write(folder + fmt::format("in{}_label", channel), label);
    write(folder + fmt::format("in{}_input", channel), std::to_string(mv));
    write(folder + fmt::format("curr{}_input", channel), std::to_string(ma));
  }
  void agx_orin() const {
    rail("1-0040", 3, 1, "VDD_GPU_SOC", 19000, 500);
    rail("1-0040", 3, 2, "VDD_CPU_CV", 19000, 100);
    rail("1-0040", 3, 3, "VIN_SYS_5V0", 5000, 800);
    write("bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3/in7_label", "sum of shunt voltages");
    rail("1-0041", 4, 1, "NC", 0, 0);
    rail("1-0041", 4, 2, "VDDQ_VDD2_1V8AO", 19000, 50);
    rail("1-0041", 4, 3, "NC", 0, 0);
    write("bus/i2c/drivers/ina3221/bind", "");
  }
  [[nodiscard]] std::string root() const { return root_.string(); }
  /// As a file nobody may read shows itself to root too.
  void forbid(const std::string& path) const {
    fs::remove_all(root_ / path);
    fs::create_directories(root_ / path);
  }

  template <class Call>
  std::string refusal(ErrorKind kind, Call call) {
    try {
      (void)call();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    return "accepted";
  }

 private:
  fs::path root_;
};

TEST_F(SysfsTree, AgxOrinSumsItsRailsAndNamesWhatIsMissing) {
  agx_orin();
  const auto sensor = make_ina3221_sensor(root(), "");
  EXPECT_NEAR(sensor->read_power_w(), 9.5 + 1.9 + 4 + 0.95, 1e-9);
  EXPECT_THAT(sensor->info().domains,
              testing::ElementsAre("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0", "VDDQ_VDD2_1V8AO"));
  EXPECT_THAT(sensor->info().description, testing::HasSubstr("carrier board"));
  EXPECT_NEAR(make_ina3221_sensor(root(), "VDD_GPU_SOC")->read_power_w(), 9.5, 1e-9);
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return make_ina3221_sensor(root(), "VDD_GPU"); }),
              testing::HasSubstr("VDD_GPU_SOC"));
}

TEST_F(SysfsTree, OrinNanoHasATotalRail) {
  rail("1-0040", 1, 1, "VDD_IN", 5000, 1200);
  rail("1-0040", 1, 2, "VDD_CPU_GPU_CV", 5000, 300);
  rail("1-0040", 1, 3, "VDD_SOC", 5000, 250);
  const auto sensor = make_ina3221_sensor(root(), "");
  EXPECT_NEAR(sensor->read_power_w(), 6, 1e-9);
  EXPECT_THAT(sensor->info().domains, testing::ElementsAre("VDD_IN"));
  EXPECT_TRUE(ina3221_status(root()).usable);
}

TEST_F(SysfsTree, JetPack4NamesAreRead) {
  const std::string folder = "bus/i2c/drivers/ina3221x/0-0041/iio:device1/";
  for (const auto& [n, name, mw] : {std::tuple{0, "VDD_IN", 4687}, {1, "VDD_SYS_GPU", 304}, {2, "VDD_SYS_SOC", 990}}) {
    write(folder + fmt::format("rail_name_{}", n), name);
    write(folder + fmt::format("in_power{}_input", n), std::to_string(mw));
  }
  EXPECT_NEAR(make_ina3221_sensor(root(), "")->read_power_w(), 4.687, 1e-9);
  EXPECT_NEAR(make_ina3221_sensor(root(), "VDD_SYS_SOC")->read_power_w(), 0.99, 1e-9);
}

TEST_F(SysfsTree, BrokenMonitorsEndWithTheirReason) {
  EXPECT_THAT(ina3221_status(root()).detail, testing::HasSubstr("only Jetson boards"));
  agx_orin();
  const auto sensor = make_ina3221_sensor(root(), "");
  const std::string current = "bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon3/curr1_input";
  write(current, "garbage");
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return sensor->read_power_w(); }), testing::HasSubstr("garbage"));
  write(current, "99999999");
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return sensor->read_power_w(); }),
              testing::HasSubstr("rail VDD_GPU_SOC says"));
  forbid(current);
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return sensor->read_power_w(); }), testing::HasSubstr("curr1_input"));
  EXPECT_FALSE(ina3221_status(root()).usable);
  fs::remove_all(fs::path(root()) / "bus");
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return sensor->read_power_w(); }), testing::HasSubstr("No such file"));
}

TEST_F(SysfsTree, AnyHardwareMonitorThatReadsPower) {
  write("class/hwmon/hwmon0/name", "nvme");
  write("class/hwmon/hwmon0/temp1_input", "40000");
  write("class/hwmon/hwmon2/name", "amdgpu");
  write("class/hwmon/hwmon2/power1_average", "37000000");
  write("class/hwmon/hwmon2/power1_label", "PPT");
  write("class/hwmon/hwmon2/power1_cap", "200000000");
  write("class/hwmon/hwmon10/name", "amdgpu");
  write("class/hwmon/hwmon10/power1_input", "12500000");
  write("class/hwmon/hwmon10/power1_average", "11000000");
  EXPECT_THAT(hwmon_channels(root()), testing::ElementsAre("amdgpu/power1", "amdgpu/power1@10"));
  EXPECT_DOUBLE_EQ(make_hwmon_sensor(root(), "amdgpu/power1")->read_power_w(), 37);
  EXPECT_DOUBLE_EQ(make_hwmon_sensor(root(), "amdgpu/power1@10")->read_power_w(), 12.5);
  EXPECT_THAT(hwmon_status(root()).detail, testing::HasSubstr("amdgpu/power1 (PPT)"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return make_hwmon_sensor(root(), "amdgpu/power2"); }),
              testing::HasSubstr("did you mean \"amdgpu/power1\"?"));
}

TEST_F(SysfsTree, HardwareMonitorsThatCannotBeRead) {
  EXPECT_FALSE(hwmon_status(root()).usable);
  write("class/hwmon/hwmon0/name", "meter");
  forbid("class/hwmon/hwmon0/power1_input");
  EXPECT_FALSE(hwmon_status(root()).usable);
  EXPECT_THAT(hwmon_status(root()).detail, testing::HasSubstr("power1_input"));
}

}  // namespace
}  // namespace tabjoule::sysfs_sensors_test
