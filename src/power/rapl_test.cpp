// RAPL on fake sysfs trees: what is summed, wrap-around, and each way a counter can be unusable.
#include "power/rapl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "power/sensors.h"

namespace tabjoule::rapl_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Rapl : public testing::Test {
 protected:
  void SetUp() override {
    sysfs_ = fs::temp_directory_path() / ("tabjoule_rapl_" + std::to_string(::getpid()));
    fs::remove_all(sysfs_);
    fs::create_directories(powercap());
  }
  void TearDown() override { fs::remove_all(sysfs_); }

  [[nodiscard]] fs::path powercap() const { return sysfs_ / "class" / "powercap"; }

  void domain(const std::string& folder, const std::string& name, const std::string& energy_uj,
              const std::string& range_uj = "1000000") {
    fs::create_directories(powercap() / folder);
    put(folder + "/name", name);
    put(folder + "/energy_uj", energy_uj);
    put(folder + "/max_energy_range_uj", range_uj);
  }
  void put(const std::string& file, const std::string& text) { std::ofstream(powercap() / file) << text << "\n"; }

  [[nodiscard]] std::string problem() const {
    const SensorStatus status = rapl_status(sysfs_.string());
    EXPECT_FALSE(status.usable);
    return status.detail;
  }

  fs::path sysfs_;
};

TEST_F(Rapl, SumsPackagesAndTheirMemoryAndNothingTwice) {
  domain("intel-rapl:0", "package-0", "0");
  domain("intel-rapl:0:0", "core", "0");
  domain("intel-rapl:0:1", "dram", "0");
  domain("intel-rapl:1", "package-1", "0");
  domain("intel-rapl:2", "psys", "0");
  domain("intel-rapl-mmio:0", "package-0", "0");
  const auto sensor = make_rapl_sensor(sysfs_.string());
  EXPECT_THAT(sensor->info().domains, testing::ElementsAre("package-0", "package-0 dram", "package-1"));
  EXPECT_EQ(sensor->info().source, EnergySource::measured);
  put("intel-rapl:0/energy_uj", "500000");
  put("intel-rapl:0:0/energy_uj", "400000");
  put("intel-rapl:0:1/energy_uj", "30000");
  put("intel-rapl:1/energy_uj", "2000");
  put("intel-rapl:2/energy_uj", "900000");
  EXPECT_DOUBLE_EQ(sensor->read_energy_j(), 0.532);
}

TEST_F(Rapl, FindsMemoryInsideItsPackageFolder) {
  domain("intel-rapl:0", "package-0", "0");
  domain("intel-rapl:0/intel-rapl:0:0", "dram", "0");
  EXPECT_EQ(make_rapl_sensor(sysfs_.string())->info().domains.size(), 2U);
}

TEST_F(Rapl, UndoesWrapAround) {
  domain("intel-rapl:0", "package-0", "999000", "1000000");
  const auto sensor = make_rapl_sensor(sysfs_.string());
  EXPECT_DOUBLE_EQ(sensor->read_energy_j(), 0);
  put("intel-rapl:0/energy_uj", "500");
  EXPECT_DOUBLE_EQ(sensor->read_energy_j(), 0.0015);
  put("intel-rapl:0/energy_uj", "600");
  EXPECT_DOUBLE_EQ(sensor->read_energy_j(), 0.0016);
}

TEST_F(Rapl, RefusesACounterThatFallsByMoreThanItsRange) {
  domain("intel-rapl:0", "package-0", "5000000", "1000000");
  const auto sensor = make_rapl_sensor(sysfs_.string());
  put("intel-rapl:0/energy_uj", "1");
  EXPECT_THROW((void)sensor->read_energy_j(), Error);
}

TEST_F(Rapl, SaysWhenThereIsNone) {
  EXPECT_THAT(problem(), HasSubstr("no RAPL package"));
  fs::remove_all(sysfs_);
  EXPECT_THAT(problem(), HasSubstr("no RAPL package"));
}

TEST_F(Rapl, NamesAMissingFile) {
  domain("intel-rapl:0", "package-0", "0");
  fs::remove(powercap() / "intel-rapl:0" / "energy_uj");
  EXPECT_THAT(problem(), HasSubstr("intel-rapl:0/energy_uj cannot be read: No such file"));
}

TEST_F(Rapl, SaysWhatToDoWhenOnlyRootMayRead) {
  domain("intel-rapl:0", "package-0", "0");
  const fs::path counter = powercap() / "intel-rapl:0" / "energy_uj";
  fs::permissions(counter, fs::perms::none);
  const bool root = ::geteuid() == 0;  // root reads everything: be somebody else for a moment
  ASSERT_EQ(root ? ::seteuid(65534) : 0, 0);
  const std::string found = problem();
  ASSERT_EQ(root ? ::seteuid(0) : 0, 0);
  EXPECT_THAT(found, HasSubstr("readable by root only: run as root or chmod a+r"));
}

TEST_F(Rapl, NamesAFolderWhereAFileBelongs) {
  domain("intel-rapl:0", "package-0", "0");
  fs::remove(powercap() / "intel-rapl:0" / "energy_uj");
  fs::create_directory(powercap() / "intel-rapl:0" / "energy_uj");
  EXPECT_THAT(problem(), HasSubstr("intel-rapl:0/energy_uj cannot be read"));
}

TEST_F(Rapl, RefusesTextThatIsNotANumber) {
  for (const char* text : {"absurd", "-5", "12 J", "1e3", "99999999999999999999999", ""}) {
    domain("intel-rapl:0", "package-0", text);
    EXPECT_THAT(problem(), HasSubstr("intel-rapl:0/energy_uj")) << text;
  }
  domain("intel-rapl:0", "package-0", "0", "0");
  EXPECT_THAT(problem(), HasSubstr("range of 0"));
}

TEST_F(Rapl, IsListedBesideTheOtherSensors) {
  const auto statuses = sensor_statuses(sysfs_.string());
  std::vector<std::string> names;
  for (const SensorStatus& status : statuses) names.push_back(status.name);
  EXPECT_THAT(names, testing::ElementsAre("nvml", "ina3221", "rapl", "hwmon", "cpu-time"));
  EXPECT_TRUE(statuses.back().usable);
  for (const SensorStatus& status : statuses) EXPECT_FALSE(status.detail.empty());
}

}  // namespace
}  // namespace tabjoule::rapl_test
