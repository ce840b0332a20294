#include "runtime/provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

namespace tabjoule::provider_test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class EngineCache : public ::testing::Test {
 protected:
  EngineCache() : root_(fs::temp_directory_path() / ("tabjoule-engines-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
  }
  ~EngineCache() override { fs::remove_all(root_); }
  [[nodiscard]] const fs::path& root() const { return root_; }
  [[nodiscard]] std::map<std::string, std::string> settings(const RunnerOptions& options, std::uint64_t hash) const {
    const ProviderSettings rows = tensorrt_settings(options, hash);
    return {rows.begin(), rows.end()};
  }

 private:
  fs::path root_;
};

TEST_F(EngineCache, TensorRtIsToldTheGpuTheTypeAndAFolderOfTheModelsOwn) {
  const auto one = settings({.provider = Provider::tensorrt, .gpu = 2, .cache = root()}, 1);
  EXPECT_EQ(one.at("device_id"), "2");
  EXPECT_EQ(one.at("trt_fp16_enable"), "1");
  EXPECT_EQ(one.at("trt_engine_cache_enable"), "1");
  EXPECT_EQ(one.at("trt_timing_cache_enable"), "1");
  EXPECT_TRUE(fs::is_directory(one.at("trt_engine_cache_path")));
  const auto other = settings({.float16 = false, .cache = root()}, 2);
  EXPECT_EQ(other.at("trt_fp16_enable"), "0");
  EXPECT_NE(other.at("trt_engine_cache_path"), one.at("trt_engine_cache_path"));
  EXPECT_EQ(other.at("trt_timing_cache_path"), one.at("trt_timing_cache_path"));
}

TEST_F(EngineCache, NothingIsKeptWithoutACache) {
  EXPECT_EQ(settings({}, 1).size(), 2U);
  EXPECT_FALSE(settings({.cache = root()}, 0).contains("trt_engine_cache_path"));
  EXPECT_EQ(cuda_settings({.gpu = 3}), (ProviderSettings{{"device_id", "3"}}));
}

TEST_F(EngineCache, TheEnginesUsedLongestAgoGoFirst) {
  for (std::uint64_t hash = 1; hash <= 3; ++hash) {
    const fs::path folder = settings({.cache = root()}, hash).at("trt_engine_cache_path");
    std::ofstream(folder / "model.engine") << std::string(100, 'x');
    fs::last_write_time(folder, fs::file_time_type::clock::now() + std::chrono::hours(static_cast<int>(hash)));
  }
  trim_engine_cache(root(), 200);
  EXPECT_FALSE(fs::exists(root() / "tensorrt-engines" / "0000000000000001"));
  EXPECT_TRUE(fs::exists(root() / "tensorrt-engines" / "0000000000000002"));
  EXPECT_TRUE(fs::exists(root() / "tensorrt-engines" / "0000000000000003" / "model.engine"));
  trim_engine_cache(root() / "nothing");
}

TEST(Provider, RefusalsSayWhatToInstall) {
  const auto refusal = [](const std::string& said, Provider provider = Provider::cuda) {
    return provider_refusal(provider, said, "1.24.3");
  };
  const std::string load = "provider_bridge_ort.cc:1952 [ONNXRuntimeError] : 1 : FAIL : Failed to load library ";
  EXPECT_THAT(refusal(load + "/opt/ort/libonnxruntime_providers_shared.so with error: "
                             "/opt/ort/libonnxruntime_providers_shared.so: cannot open shared object file: No such"),
              testing::AllOf(HasSubstr("without its CUDA provider (libonnxruntime_providers_cuda.so)"),
                             HasSubstr("onnxruntime-gpu 1.24 "), HasSubstr("into /opt/ort,")));
  EXPECT_THAT(refusal(load + "/opt/ort/libonnxruntime_providers_cuda.so with error: libcublasLt.so.12: cannot open "
                             "shared object file: No such file or directory"),
              HasSubstr("needs libcublasLt.so.12, which is not here: install NVIDIA's CUDA libraries"));
  EXPECT_THAT(refusal(load + "libonnxruntime_providers_cuda.so with error: libcudnn.so.9: cannot open shared object "
                             "file: No such file or directory"),
              HasSubstr("cuDNN 9"));
  EXPECT_THAT(refusal(load + "libonnxruntime_providers_tensorrt.so with error: libnvinfer.so.10: cannot open shared "
                             "object file: No such file or directory",
                      Provider::tensorrt),
              HasSubstr("TensorRT 10"));
  EXPECT_THAT(refusal("CUDA execution provider is not enabled in this build."), HasSubstr("built without its CUDA"));
  EXPECT_THAT(refusal("CUDA failure 100: no CUDA-capable device is detected ; GPU=0"), HasSubstr("no NVIDIA GPU"));
  EXPECT_THAT(refusal("CUDA failure 35: CUDA driver version is insufficient"),
              HasSubstr("install or update the driver"));
  EXPECT_THAT(refusal("something new"), HasSubstr("something new"));
}

TEST(Provider, TellsAFailingGpuFromABadModel) {
  EXPECT_TRUE(is_gpu_failure("CUDA failure 719: unspecified launch failure ; GPU=0 ; hostname=a"));
  EXPECT_FALSE(is_gpu_failure("Load model failed: No graph was found in the protobuf."));
  EXPECT_THAT(gpu_failure("CUDA failure 2: out of memory ; GPU=0"), HasSubstr("lower --batch"));
  EXPECT_THAT(gpu_failure("CUDA failure 719: unspecified launch failure"), HasSubstr("nvidia-smi"));
}

}  // namespace
}  // namespace tabjoule::provider_test
