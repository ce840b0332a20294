// NVML through its C interface, against a library of ours that answers like the driver's and can fail.
#include "power/nvml.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace tabjoule::nvml_test {
namespace {

class Nvml : public ::testing::Test {
 protected:
  void SetUp() override {
    library_ = dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr);
    set_ = reinterpret_cast<int (*)(unsigned, const char*, unsigned long long)>(dlsym(library_, "fake_nvml_set"));
    users_ = reinterpret_cast<int (*)()>(dlsym(library_, "fake_nvml_users"));
    set(0, "reset", 0);
  }
  void TearDown() override {
    EXPECT_EQ(users_(), 0) << "NVML was not shut down as often as it was started";
    dlclose(library_);
  }
  void set(unsigned gpu, const char* member, unsigned long long value) { ASSERT_EQ(set_(gpu, member, value), 1); }

  template <class Call>
  std::string refusal(Call call) {
    try {
      (void)call();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::device);
      return error.what();
    }
    return "accepted";
  }

 private:
  void* library_ = nullptr;
  int (*set_)(unsigned, const char*, unsigned long long) = nullptr;
  int (*users_)() = nullptr;
};

TEST_F(Nvml, ShowsEveryGpuWithWhatItCanRead) {
  set(1, "fields", 0);
  set(1, "counter", 0);
  set(1, "mig", 1);
  const auto gpus = nvml_gpus(FAKE_NVML);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "NVIDIA GeForce RTX 3090");
  EXPECT_TRUE(gpus[0].energy_counter);
  EXPECT_EQ(gpus[0].fields.size(), 3U);
  EXPECT_EQ(gpus[1].fields, std::vector{NvmlField::usage});
  EXPECT_TRUE(gpus[1].mig);
  const SensorStatus status = nvml_status(FAKE_NVML);
  EXPECT_TRUE(status.usable);
  EXPECT_THAT(status.detail,
              testing::HasSubstr("GPU 1 NVIDIA GeForce RTX 4090 (whole board, all MIG instances): power usage"));
}

TEST_F(Nvml, FindsAGpuByItsPciAddress) {
  EXPECT_EQ(nvml_index("0000:01:00.0", FAKE_NVML), 0U);
  EXPECT_EQ(nvml_index("0000:65:00.0", FAKE_NVML), 1U);
  EXPECT_THAT(refusal([&] { return nvml_index("0000:99:00.0", FAKE_NVML); }), testing::HasSubstr("0000:99:00.0"));
}

TEST_F(Nvml, ReadsEnergyAndEveryPower) {
  const auto energy = make_nvml_energy_sensor(0, FAKE_NVML);
  EXPECT_EQ(energy->read_energy_j(), 0);
  set(0, "energy_mj", 5002500);
  EXPECT_DOUBLE_EQ(energy->read_energy_j(), 2.5);
  EXPECT_DOUBLE_EQ(energy->info().resolution_j, 7);
  EXPECT_DOUBLE_EQ(make_nvml_power_sensor(0, NvmlField::usage, FAKE_NVML)->read_power_w(), 70);
  EXPECT_DOUBLE_EQ(make_nvml_power_sensor(0, NvmlField::average, FAKE_NVML)->read_power_w(), 71);
  EXPECT_DOUBLE_EQ(make_nvml_power_sensor(0, NvmlField::instant, FAKE_NVML)->read_power_w(), 72);
}

TEST_F(Nvml, TellsTheStateOfTheGpu) {
  set(0, "throttle", 0x1 | 0x4 | 0x40);
  const DeviceState state = nvml_state(0, FAKE_NVML);
  EXPECT_EQ(state.temperature_c, 61);
  EXPECT_EQ(state.core_clock_hz, 1935e6);
  EXPECT_EQ(state.memory_clock_hz, 9751e6);
  EXPECT_EQ(state.power_limit_w, 350);
  EXPECT_THAT(state.throttling, testing::ElementsAre("power cap", "thermal (hardware)"));
  set(0, "failure", 3);
  EXPECT_FALSE(nvml_state(0, FAKE_NVML).temperature_c);
}

TEST_F(Nvml, EndsWithTheReasonWhenTheGpuIsLost) {
  const auto energy = make_nvml_energy_sensor(0, FAKE_NVML);
  const auto power = make_nvml_power_sensor(0, NvmlField::instant, FAKE_NVML);
  set(0, "failure", 15);
  EXPECT_THAT(refusal([&] { return energy->read_energy_j(); }), testing::HasSubstr("the GPU was lost"));
  EXPECT_THAT(refusal([&] { return power->read_power_w(); }), testing::HasSubstr("the GPU was lost"));
  set(0, "failure", 0);
  EXPECT_EQ(energy->read_energy_j(), 0);
}

TEST_F(Nvml, RefusesAbsurdReadings) {
  const auto energy = make_nvml_energy_sensor(0, FAKE_NVML);
  set(0, "energy_mj", 100);
  EXPECT_THAT(refusal([&] { return energy->read_energy_j(); }), testing::HasSubstr("went back"));
  set(0, "instant_mw", 4'000'000'000ULL);
  EXPECT_THAT(refusal([&] { return make_nvml_power_sensor(0, NvmlField::instant, FAKE_NVML); }),
              testing::HasSubstr("4000000 W"));
}

TEST_F(Nvml, SaysWhatIsMissing) {
  EXPECT_THAT(refusal([&] { return make_nvml_power_sensor(2, NvmlField::usage, FAKE_NVML); }),
              testing::HasSubstr("no GPU 2: this machine shows 2"));
  set(0, "fields", 0);
  EXPECT_THAT(refusal([&] { return make_nvml_power_sensor(0, NvmlField::instant, FAKE_NVML); }),
              testing::HasSubstr("instant power"));
  set(0, "counter", 0);
  EXPECT_THAT(refusal([&] { return make_nvml_energy_sensor(0, FAKE_NVML); }), testing::HasSubstr("no energy counter"));
  set(0, "init", 9);
  EXPECT_THAT(nvml_status(FAKE_NVML).detail, testing::HasSubstr("Driver Not Loaded"));
  EXPECT_FALSE(nvml_status(FAKE_NVML).usable);
  EXPECT_THAT(nvml_status("libno-such-nvml.so").detail, testing::HasSubstr("install the NVIDIA driver"));
}

}  // namespace
}  // namespace tabjoule::nvml_test
