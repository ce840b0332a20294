#include "predict/samples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace tabjoule::samples_test {
namespace {

using testing::HasSubstr;

class Samples : public testing::Test {
 protected:
  std::vector<KernelSample> read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_samples(path_.string(), [this](const std::string& told) { notices_.push_back(told); });
  }
  std::string error(const std::string& text) {
    try {
      static_cast<void>(read(text));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      return error.what();
    }
    ADD_FAILURE() << "no error for " << text;
    return {};
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) /
                                (std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + ".csv");
  std::vector<std::string> notices_;
};

TEST_F(Samples, AnyTwoOfTimePowerAndEnergyGiveTheThird) {
  const auto samples = read(
      "kernel,m,n,k,time_s,power_w,energy_j\n"
      "linear,1,2,3,2,5,\nlinear,1,2,3,2,,10\nlinear,1,2,3,,5,10\nlinear,1,2,3,2,5,10\n");
  ASSERT_EQ(samples.size(), 4U);
  for (const KernelSample& sample : samples) {
    EXPECT_DOUBLE_EQ(sample.time_s, 2);
    EXPECT_DOUBLE_EQ(sample.energy_j, 10);
    EXPECT_EQ(sample.key.text(), "linear m=1 n=2 k=3");
  }
}

TEST_F(Samples, OneOfTimeAndEnergyIsEnoughAndTheOtherStaysUnknown) {
  const auto samples = read("kernel,rows,cols,time_s,energy_j\nsoftmax,1,2,3,\nsoftmax,1,2,,4\n");
  EXPECT_EQ(samples.at(0).energy_j, 0);
  EXPECT_EQ(samples.at(0).time_s, 3);
  EXPECT_EQ(samples.at(1).energy_j, 4);
  EXPECT_EQ(samples.at(1).time_s, 0);
}

TEST_F(Samples, ReadsVariantsTypesWeightsAndSources) {
  const auto samples = read(
      "kernel,m,n,k,elements,inputs,activation,residual,op,dtype,energy_j,weight,source,implementation\n"
      "linear,8,64,32,,,ReLU,1,,float16,1e-3,2,lab,gemm_128x64_tn\n"
      "linear,8,64,32,,,none,0,,,1e-3,,,\n"
      "elementwise,,,,100,2,,,Add,int8,1e-3,,,\n");
  EXPECT_EQ(samples.at(0).key.variant, "relu+residual");
  EXPECT_EQ(samples.at(0).key.dtype, DataType::float16);
  EXPECT_EQ(samples.at(0).weight, 2);
  EXPECT_EQ(samples.at(0).source, "lab");
  EXPECT_EQ(samples.at(0).implementation, "gemm_128x64_tn");
  EXPECT_EQ(samples.at(1).implementation, "");
  EXPECT_EQ(samples.at(1).key.variant, "");
  EXPECT_EQ(samples.at(1).weight, 1);
  EXPECT_EQ(samples.at(2).key.text(), "elementwise elements=100 inputs=2 Add int8");
}

TEST_F(Samples, EveryTypesColumnsAreRead) {
  for (int number = 0; number < static_cast<int>(KernelType::unknown); ++number) {
    const auto type = static_cast<KernelType>(number);
    std::string header = "kernel,time_s", row = std::string(to_string(type)) + ",2e-6";
    KernelKey key{type, {}, ""};
    for (const std::string& column : kernel_columns(type)) {
      header += "," + column;
      key.shape.push_back(static_cast<std::int64_t>(key.shape.size()) + 3);
      row += "," + std::to_string(key.shape.back());
    }
    const auto samples = read(header + "\n" + row + "\n");
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].key, key);
  }
}

TEST_F(Samples, OneRowAndConstantColumnsAreReadAsTheyAre) {
  EXPECT_EQ(read("kernel,m,n,k,energy_j\nlinear,1,1,1,1\n").size(), 1U);
  EXPECT_EQ(read("kernel,elements,energy_j\nreformat,1,1\nreformat,1,1\nreformat,2,1\n").size(), 3U);
}

TEST_F(Samples, ErrorsNameTheRow) {
  const std::string head = "kernel,m,n,k,time_s,energy_j\nlinear,1,2,3,1,1\n";
  EXPECT_THAT(error(head + "linaer,1,2,3,1,1\n"), HasSubstr("row 2: unknown kernel type \"linaer\""));
  EXPECT_THAT(error(head + "softmax,1,2,3,1,1\n"), HasSubstr("row 2: there is no column \"rows\""));
  EXPECT_THAT(error(head + "linear,1,,3,1,1\n"), HasSubstr("row 2: n is empty"));
  EXPECT_THAT(error(head + "linear,1,0,3,1,1\n"), HasSubstr("row 2: n is 0"));
  EXPECT_THAT(error(head + "linear,1,2.5,3,1,1\n"), HasSubstr("row 2: n is 2.5"));
  EXPECT_THAT(error(head + "linear,1,2,3,0,1\n"), HasSubstr("row 2: time_s is 0"));
  EXPECT_THAT(error(head + "linear,1,2,3,1,-4\n"), HasSubstr("row 2: energy_j is -4"));
  EXPECT_THAT(error(head + "linear,1,2,3,NaN,\n"), HasSubstr("row 2: neither time_s nor energy_j"));
  for (const char* infinity : {"inf", "-Infinity", "1e400"})
    EXPECT_THAT(error(head + "linear,1,2,3,1," + infinity + "\n"), HasSubstr("row 2: energy_j is infinite"))
        << infinity;
  EXPECT_THAT(error("kernel,m,n,k,time_s,power_w\nlinear,1,2,3,1e200,1e200\n"),
              HasSubstr("row 1: what follows of power_w"));
  EXPECT_THAT(error(head + "linear,1,2,3,quick,1\n"), HasSubstr("time_s is \"quick\""));
  EXPECT_THAT(error("kernel,m,n,k,time_s,power_w,energy_j\nlinear,1,2,3,2,5,11\n"), HasSubstr("row 1: time_s 2 times"));
  EXPECT_THAT(error("kernel,m,n,k,energy_j,dtype\nlinear,1,2,3,2,half\n"), HasSubstr("row 1: unknown data type"));
  EXPECT_THAT(error("kernal,m,energy_j\nlinear,1,2\n"), HasSubstr("no column \"kernel\""));
}

TEST_F(Samples, TellsOfColumnsItDoesNotKnow) {
  EXPECT_EQ(read("kernel,m,n,k,energy_j,time_ms\nlinear,1,2,3,1,5\nlinear,2,2,3,1,6\n").size(), 2U);
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_THAT(notices_[0], HasSubstr("\"time_ms\""));
}

}  // namespace
}  // namespace tabjoule::samples_test
