// CUDA's driver through its C interface, against a library of ours that answers like it; and NVML's view of the same
// GPUs, which are in another order.
#include "power/cuda_driver.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "power/nvml.h"
#include "power/sensor_facts.h"

namespace tabjoule::cuda_driver_test {
namespace {

using testing::HasSubstr;

class CudaDriver : public ::testing::Test {
 protected:
  void SetUp() override {
    library_ = dlopen(FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library_, nullptr);
    set_ = reinterpret_cast<void (*)(const char*, int)>(dlsym(library_, "fake_cuda_set"));
  }
  void TearDown() override {
    set("shown", 2);
    set("integrated", 0);
    set("init", 0);
    dlclose(library_);
  }
  void set(const char* member, int value) { set_(member, value); }

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
  void (*set_)(const char*, int) = nullptr;
};

TEST_F(CudaDriver, ItsNumbersLeadToNvmlsByThePciAddress) {
  const auto gpus = cuda_gpus(FAKE_CUDA);
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(gpus[0].name, "NVIDIA GeForce RTX 4090");
  EXPECT_EQ(gpus[0].major * 10 + gpus[0].minor, 89);
  EXPECT_FALSE(gpus[0].integrated);
  for (const CudaGpu& gpu : gpus) {
    const unsigned index = nvml_index(gpu.pci_bus_id, FAKE_NVML);
    EXPECT_NE(static_cast<int>(index), gpu.ordinal);
    EXPECT_EQ(nvml_gpus(FAKE_NVML).at(index).name, gpu.name);
  }
}

TEST_F(CudaDriver, SaysWhatIsMissing) {
  EXPECT_THAT(refusal([] { return cuda_gpu(2, FAKE_CUDA); }), HasSubstr("no GPU 2: CUDA shows 2"));
  set("shown", 1);
  EXPECT_THAT(refusal([] { return cuda_gpu(1, FAKE_CUDA); }), HasSubstr("CUDA_VISIBLE_DEVICES"));
  set("shown", 0);
  EXPECT_THAT(refusal([] { return cuda_gpus(FAKE_CUDA); }), HasSubstr("shows no GPU"));
  set("init", 100);
  EXPECT_THAT(refusal([] { return cuda_gpus(FAKE_CUDA); }), HasSubstr("shows no GPU"));
  set("init", 999);
  EXPECT_THAT(refusal([] { return cuda_gpus(FAKE_CUDA); }), HasSubstr("unknown error (CUDA error 999)"));
  EXPECT_THAT(refusal([] { return cuda_gpus("libno-such-cuda.so"); }), HasSubstr("install the NVIDIA driver"));
}

TEST(SensorFacts, ReadingsAreWhatTheGenerationMakesOfThem) {
  const auto model = [](int capability, NvmlField field, const char* name = "") {
    return nvml_power_model(name, capability / 10, capability % 10, field);
  };
  EXPECT_EQ(model(90, NvmlField::instant).kind, SensorKind::part_time);
  EXPECT_EQ(model(90, NvmlField::average).window_s, 1);
  EXPECT_EQ(model(86, NvmlField::instant).kind, SensorKind::boxcar);
  EXPECT_EQ(model(86, NvmlField::usage).window_s, 1);
  EXPECT_EQ(model(80, NvmlField::usage).window_s, 0.025);
  EXPECT_EQ(model(70, NvmlField::usage).update_period_s, 0.02);
  for (const int unknown : {120, 100, 35}) EXPECT_EQ(model(unknown, NvmlField::usage).window_s, 1) << unknown;
  EXPECT_EQ(model(86, NvmlField::instant, "NVIDIA GeForce RTX 3090").gain, 0.944);
  EXPECT_EQ(nvml_energy_model("NVIDIA GeForce RTX 3090").offset_w, 4.58);
  EXPECT_EQ(nvml_energy_model("NVIDIA L4").gain, 1);
}

TEST(SensorFacts, CardsAreFoundByWhatTheDriverCallsThem) {
  EXPECT_EQ(card_named("NVIDIA GeForce RTX 2060 SUPER"), "rtx-2060-super");
  EXPECT_EQ(card_named("GeForce GTX 1080 Ti"), "gtx-1080-ti");
  EXPECT_EQ(card_named("NVIDIA A100-PCIE-40GB"), "a100-pcie-40gb");
  EXPECT_EQ(card_named("Tesla P100-PCIE-16GB"), "p100-pcie-16gb");
  EXPECT_EQ(card_named("Quadro K620"), "quadro-k620");
  EXPECT_EQ(card_named("NVIDIA TITAN X (Pascal)"), "titan-x-pascal");
  EXPECT_FALSE(card_named("NVIDIA A100-SXM4-80GB"));
}

}  // namespace
}  // namespace tabjoule::cuda_driver_test
