// Trace files of every kind are read as they are written, and damaged ones are refused with file, row and column.
#include "power/trace_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "base/random.h"
#include "power/wall_time.h"

namespace tabjoule::trace_file_test {
namespace {

const std::string kOwn = "time_s,power_w,temp\n0,10.5,40\n0.1,11,41\n0.25,300,42\n";
const std::string kNvidiaSmi =
    "timestamp, utilization.gpu [%], power.draw [W], clocks.current.sm [MHz]\n"
    "2026/11/24 23:59:59.750, 0 %, 9.91 W, 544 MHz\n"
    "2026/11/25 00:00:00.251, 3 %, 46.66 W, 1063 MHz\n";
const std::string kOldTegrastats =
    "RAM 483/7850MB (lfb 407x4MB) CPU [72%@2035,0%@2033] PLL@56.5C VDD_SYS_GPU 304/304 VDD_IN 4687/4687 VDD_SYS_CPU "
    "1066/1066\n"
    "RAM 569/7850MB (lfb 407x4MB) CPU [93%@2036,0%@2035] PLL@56.5C VDD_SYS_GPU 304/304 VDD_IN 5221/4954 VDD_SYS_CPU "
    "1370/1218\n";
const std::string kNewTegrastats =
    "11-24-2026 10:41:24 RAM 3012/30536MB (lfb 2x4MB) SWAP 0/15268MB CPU [1%@729,off] GR3D_FREQ 0% tj@45C VDD_GPU_SOC "
    "2400mW/2400mW VDD_CPU_CV 400mW/400mW VIN_SYS_5V0 3400mW/3400mW\n"
    "11-24-2026 10:41:24 RAM 3012/30536MB (lfb 2x4MB) SWAP 0/15268MB CPU [1%@729,off] GR3D_FREQ 0% tj@45C VDD_GPU_SOC "
    "2800mW/2600mW VDD_CPU_CV 400mW/400mW VIN_SYS_5V0 3400mW/3400mW\n"
    "11-24-2026 10:41:25 RAM 3012/30536MB (lfb 2x4MB) SWAP 0/15268MB CPU [1%@729,off] GR3D_FREQ 9% tj@45C VDD_GPU_SOC "
    "9000mW/4700mW VDD_CPU_CV 800mW/500mW VIN_SYS_5V0 3500mW/3400mW\n";
const std::string kZeus = "time,power0,power1\n1700000000.5,70.25,71\n1700000000.6,80.5,72\n";
const std::string kZeusMonitor =
    "Time,Power\n2022-07-13 02:07:36.708783111,32402\n2022-07-13 02:07:36.761689374,32312\n";

PowerTrace parse(const std::string& text, const std::string& column = {}) {
  return parse_trace(text, {.column = column, .interval_s = 1}, {});
}

std::string refusal(const std::string& text, const std::string& column = {}) {
  try {
    (void)parse(text, column);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "accepted";
}

TEST(TraceFile, ReadsEveryFormat) {
  EXPECT_THAT(parse(kOwn).power_w, testing::ElementsAre(10.5, 11, 300));
  EXPECT_THAT(parse(kOwn).time_s, testing::ElementsAre(0, 0.1, 0.25));
  EXPECT_THAT(parse(kOwn, "temp").power_w, testing::ElementsAre(40, 41, 42));
  EXPECT_THAT(parse(kNvidiaSmi).power_w, testing::ElementsAre(9.91, 46.66));
  EXPECT_NEAR(parse(kNvidiaSmi).time_s[1], 0.501, 1e-6);
  EXPECT_THAT(parse(kOldTegrastats).power_w, testing::ElementsAre(4.687, 5.221));
  EXPECT_THAT(parse(kOldTegrastats, "VDD_SYS_CPU").power_w, testing::ElementsAre(1.066, 1.37));
  EXPECT_THAT(parse(kZeus, "power1").power_w, testing::ElementsAre(71, 72));
  EXPECT_THAT(parse(kZeusMonitor).power_w, testing::ElementsAre(32.402, 32.312));
}

TEST(TraceFile, SumsRailsWithoutATotalAndSaysSo) {
  std::vector<std::string> notices;
  const PowerTrace trace = parse_trace(kNewTegrastats, {}, [&](const std::string& text) { notices.push_back(text); });
  EXPECT_THAT(trace.power_w, testing::Pointwise(testing::DoubleNear(1e-9), std::vector<double>{6.2, 6.6, 13.3}));
  EXPECT_THAT(trace.time_s, testing::Pointwise(testing::DoubleNear(1e-9), std::vector<double>{0, 0.5, 1}));
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices[0], testing::HasSubstr("VDD_GPU_SOC, VDD_CPU_CV, VIN_SYS_5V0"));
}

TEST(TraceFile, NamesRowAndColumnOfWhatIsDamaged) {
  EXPECT_THAT(refusal("time_s,power_w\n0,1\n1,x\n"), testing::HasSubstr("row 2 (line 3), column \"power_w\""));
  EXPECT_THAT(refusal("time_s,power_w\n0,1\n1\n"), testing::HasSubstr("line 3 has 1 cells"));
  EXPECT_THAT(refusal("time_s,power_w\n0,1\n0,2\n"), testing::HasSubstr("must increase"));
  EXPECT_THAT(refusal("time_s,power_w\n0,nan\n1,2\n"), testing::HasSubstr("row 1"));
  EXPECT_THAT(refusal("time_s,power\n0,1\n1,2\n"), testing::HasSubstr("did you mean \"power\"?"));
  EXPECT_THAT(refusal(""), testing::HasSubstr("empty"));
  EXPECT_THAT(refusal("time_s,power_w\n"), testing::HasSubstr("no rows"));
  EXPECT_THAT(refusal("a,b\n1,2\n"), testing::HasSubstr("no column of time"));
  EXPECT_THAT(refusal("timestamp, power.draw [W]\n2026/11/24 04:02:30.796, [N/A]\n"), testing::HasSubstr("[N/A]"));
  EXPECT_THAT(refusal("timestamp, power.draw [W]\n2026/13/24 04:02:30.796, 9 W\n"), testing::HasSubstr("2026/13/24"));
  EXPECT_THAT(
      refusal("timestamp, index, power.draw [W]\n2026/11/24 04:02:30.7, 0, 9 W\n2026/11/24 04:02:30.7, 1, 9 W\n"),
      testing::HasSubstr("several GPUs"));
  EXPECT_THAT(refusal(kZeus), testing::HasSubstr("power0, power1"));
  EXPECT_THAT(refusal(kOldTegrastats, "VDD_INN"), testing::HasSubstr("did you mean \"VDD_IN\"?"));
  EXPECT_THAT(refusal(kOldTegrastats + "RAM 569/7850MB VDD_IN 52"), testing::HasSubstr("line 3"));
  EXPECT_THAT(refusal(kOldTegrastats.substr(0, kOldTegrastats.find('\n'))), testing::HasSubstr("at least 2"));
}

TEST(TraceFile, LoadMarks) {
  const auto load = parse_load("time_s,on\n1,1\n2.5,0\n");
  ASSERT_EQ(load.size(), 2U);
  EXPECT_TRUE(load[0].on);
  EXPECT_EQ(load[1].time_s, 2.5);
  EXPECT_THROW((void)parse_load("time_s,on\n1,2\n"), Error);
  EXPECT_THROW((void)parse_load("time_s,on\n1,1\n1,0\n"), Error);
}

TEST(WallTime, KnowsTheCalendar) {
  EXPECT_EQ(parse_wall_time("1970/01/02 00:00:01.5"), 86401.5);
  EXPECT_EQ(parse_wall_time("01-02-1970 00:00:01"), 86401);
  EXPECT_EQ(parse_wall_time("2024-02-29 00:00:00").has_value(), true);
  for (const char* text : {"2023-02-29 00:00:00", "", "2024", "2024/02-29 00:00:00", "2024/02/28 24:00:00",
                           "2024/02/28 23:00:00x", "2024/02/28 23:00", "2024/02/28 23:00:00.1e5"})
    EXPECT_EQ(parse_wall_time(text), std::nullopt) << text;
}

TEST(TraceFile, MutatedFilesAreReadOrRefused) {
  const std::string pieces = ",;\n\r \"/:-+.eE0[]\xFF%WmV";
  const std::vector<std::string> seeds{kOwn, kNvidiaSmi, kOldTegrastats, kNewTegrastats, kZeus, kZeusMonitor};
  Rng random(17);
  int read = 0, refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string text = seeds[random.below(seeds.size())];
    for (std::uint64_t edits = 1 + random.below(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = random.below(text.size());
      switch (random.below(4)) {
        case 0:
          text.erase(at, 1 + random.below(6));
          break;
        case 1:
          text.insert(at, 1, pieces[random.below(pieces.size())]);
          break;
        case 2:
          text[at] = pieces[random.below(pieces.size())];
          break;
        default:
          if (random.below(3) == 0) text.resize(at);
      }
    }
    try {
      const PowerTrace trace = parse(text);
      ASSERT_GE(trace.size(), 2U);
      ASSERT_EQ(trace.time_s.size(), trace.power_w.size());
      ++read;
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::input) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(read, 300);
  EXPECT_GT(refused, 300);
}

TEST(TraceFile, RealLogs) {
  const std::string folder = std::string(TABJOULE_SHARED_DIR) + "/energy/raw_logs/";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the logs are not on this machine";
  const PowerTrace smi = read_trace(folder + "nvidia_smi_csv_1hz_units_in_cells.csv", {}, {});
  EXPECT_GT(smi.size(), 400U);
  EXPECT_NEAR(smi.power_w[3], 46.66, 1e-9);
  const PowerTrace tegra = read_trace(folder + "tegrastats_tx2_raw.txt", {}, {});
  EXPECT_GT(tegra.size(), 200U);
  EXPECT_NEAR(tegra.power_w[1], 5.221, 1e-9);
}

}  // namespace
}  // namespace tabjoule::trace_file_test
