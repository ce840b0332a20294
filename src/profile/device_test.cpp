// Real devices from open_device down, on machines that have none: drivers and /sys trees of ours that answer like the
// true ones and can fail, a clock that moves when the device works, and a runner that knows what a model spends.
#include "profile/device.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "base/error.h"
#include "profile/measure.h"

namespace tabjoule::device_test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr double kIdleW = 30;
constexpr double kLoadW = 200;
constexpr double kRunS = 1e-3;
constexpr unsigned kGpu = 1;  // NVML's number of CUDA's GPU 0 (power/fake_cuda.c)
// Gain and offset of its card, an RTX 4090 (devices/gpu-sensors.json).
constexpr double kGain = 1.0446, kOffsetW = -22.6;

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

/// Time, power and what the sensors show of them.
class Lab {
 public:
  Lab() : root_(fs::temp_directory_path() / ("tabjoule-lab-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    nvml_ = dlopen(FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    cuda_ = dlopen(FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
    set_nvml_ = reinterpret_cast<int (*)(unsigned, const char*, unsigned long long)>(dlsym(nvml_, "fake_nvml_set"));
    set_cuda_ = reinterpret_cast<void (*)(const char*, int)>(dlsym(cuda_, "fake_cuda_set"));
    set_nvml_(0, "reset", 0);
    set_cuda_("shown", 2);
    set_cuda_("integrated", 0);
  }
  ~Lab() {
    set_cuda_("shown", 2);
    set_cuda_("integrated", 0);
    dlclose(cuda_);
    dlclose(nvml_);
    fs::remove_all(root_);
  }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  /// Time goes by at this power.
  void pass(double time_s, double power_w) {
    now_s_ += time_s;
    energy_j_ += power_w * time_s;
    shown_j_ += (kGain * power_w + kOffsetW) * time_s;
    if (now_s_ - stepped_s_ >= 0.1 && !frozen) {  // NVML's counter steps ten times a second
      stepped_s_ = now_s_;
      nvml("energy_mj", 5'000'000 + static_cast<unsigned long long>(1e3 * shown_j_));
    }
    if (rapl_range_uj > 0) write_rapl();
    if (now_s_ > lost_at_s) nvml("failure", 15);
    if (now_s_ > hot_at_s) {
      nvml("throttle", 0x40);
      nvml("celsius", 93);
    }
  }
  void nvml(const char* member, unsigned long long value) { set_nvml_(kGpu, member, value); }
  void cuda(const char* member, int value) { set_cuda_(member, value); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text << "\n";
  }
  void write_rapl() const {
    const std::string package = "class/powercap/intel-rapl:0/";
    write(package + "name", "package-0");
    write(package + "max_energy_range_uj", std::to_string(rapl_range_uj));
    write(package + "energy_uj", std::to_string(static_cast<std::uint64_t>(1e6 * energy_j_) % rapl_range_uj));
  }
  /// As a file nobody may read shows itself to root too.
  void forbid(const std::string& path) const {
    fs::remove_all(root_ / path);
    fs::create_directories(root_ / path);
  }

  [[nodiscard]] DeviceOptions options(const std::string& sensor = "") {
    DeviceOptions options;
    options.sysfs = root_.string();
    options.sensor = sensor;
    options.nvml = FAKE_NVML;
    options.cuda = FAKE_CUDA;
    options.make_runner = [this](const RunnerOptions& runner) { return make_runner(runner); };
    options.make_clock = [this] { return make_clock(); };
    return options;
  }
  [[nodiscard]] Measurement measure_on(const std::string& name, const MeasureOptions& options = {}) {
    Device device = open_device(name, this->options());
    const auto model = device.runner->load("");
    return measure(*model, 1, device, options);
  }

  bool frozen = false;
  double lost_at_s = 1e9, hot_at_s = 1e9;
  std::uint64_t rapl_range_uj = 0;
  [[nodiscard]] const RunnerOptions& asked() const { return asked_; }

 private:
  class LabClock final : public Clock {
   public:
    explicit LabClock(Lab& lab) : lab_(lab) {}
    [[nodiscard]] double now_s() override { return lab_.now_s_; }
    void sleep(double seconds) override { lab_.pass(seconds, kIdleW); }

   private:
    Lab& lab_;
  };
  class LabModel final : public LoadedModel {
   public:
    explicit LabModel(Lab& lab) : lab_(lab) {}
    [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& /*inputs*/) override { return {}; }
    void bind_random(std::int64_t /*batch*/, std::uint64_t /*seed*/) override {}
    void run_bound(int times) override {
      for (int i = 0; i < times; ++i) lab_.pass(kRunS, kLoadW);
    }
    [[nodiscard]] Graph executed_graph() override { return {}; }

   private:
    Lab& lab_;
  };
  class LabRunner final : public Runner {
   public:
    explicit LabRunner(Lab& lab) : lab_(lab) {}
    [[nodiscard]] std::string name() const override { return "lab"; }
    [[nodiscard]] std::string version() const override { return "1"; }
    [[nodiscard]] std::unique_ptr<LoadedModel> load(const std::string& /*onnx_bytes*/) override {
      return std::make_unique<LabModel>(lab_);
    }

   private:
    Lab& lab_;
  };
  std::unique_ptr<Runner> make_runner(const RunnerOptions& options) {
    asked_ = options;
    return std::make_unique<LabRunner>(*this);
  }
  std::unique_ptr<Clock> make_clock() { return std::make_unique<LabClock>(*this); }

  fs::path root_;
  void* nvml_ = nullptr;
  void* cuda_ = nullptr;
  int (*set_nvml_)(unsigned, const char*, unsigned long long) = nullptr;
  void (*set_cuda_)(const char*, int) = nullptr;
  RunnerOptions asked_;
  double now_s_ = 0, stepped_s_ = 0, energy_j_ = 0, shown_j_ = 0;
};

TEST(GpuDevice, MeasuresByTheCounterOfTheGpuThatCudaMeans) {
  Lab lab;
  const Measurement measured = lab.measure_on("cuda:0");
  EXPECT_NEAR(measured.energy_per_batch_j, kLoadW * kRunS, 0.01 * kLoadW * kRunS);
  EXPECT_NEAR(measured.time_per_batch_s, kRunS, 1e-6);
  EXPECT_NEAR(measured.idle_power_w.value(), kIdleW, 3);
  EXPECT_EQ(measured.source, EnergySource::measured);
  EXPECT_EQ(measured.sensor, "nvml-energy");
  EXPECT_EQ(measured.state.temperature_c, 61);
  EXPECT_EQ(measured.state.power_limit_w, 350);
}

TEST(GpuDevice, AsksTheRuntimeForTheProviderAndSaysWhatItIs) {
  Lab lab;
  Device device = open_device("tensorrt:1", lab.options());
  EXPECT_EQ(lab.asked().provider, Provider::tensorrt);
  EXPECT_EQ(lab.asked().gpu, 1);
  EXPECT_EQ(device.rules.name, "tensorrt");
  EXPECT_EQ(device.rules.dtype, DataType::float16);
  EXPECT_EQ(device.fingerprint, "NVIDIA GeForce RTX 3090 | lab 1 float16 | nvml-energy");
  EXPECT_THAT(device.energy.description, HasSubstr("of another card of this model"));
  EXPECT_EQ(device.power.gain, 0.944);
  DeviceOptions options = lab.options();
  options.float16 = false;
  EXPECT_EQ(open_device("tensorrt:1", options).rules.dtype, DataType::float32);
  EXPECT_EQ(open_device("cuda:1", options).rules.name, "onnxruntime-cuda");
  EXPECT_THAT(gpu_device_names(FAKE_CUDA), testing::ElementsAre("cuda:0", "tensorrt:0", "cuda:1", "tensorrt:1"));
  EXPECT_THAT(gpu_device_names("libno-such-cuda.so"), testing::IsEmpty());
}

TEST(GpuDevice, TakesTheNextBestReading) {
  Lab lab;
  lab.nvml("counter", 0);
  Device device = open_device("cuda:0", lab.options());
  EXPECT_EQ(device.energy.name, "nvml-instant");
  EXPECT_EQ(device.power.kind, SensorKind::boxcar);
  EXPECT_EQ(device.energy.update_period_s, 0.1);
  ASSERT_TRUE(device.recorder);
  lab.nvml("fields", 0);
  EXPECT_EQ(open_device("cuda:0", lab.options()).power.window_s, 1);  // Ada's power usage
  EXPECT_EQ(open_device("cuda:0", lab.options("nvml-usage")).energy.name, "nvml-usage");
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cuda:0", lab.options("nvml-instant")); }),
              HasSubstr("instant power"));
  DeviceOptions calibrated = lab.options("nvml-usage");
  calibrated.sensor_model = SensorModel{.kind = SensorKind::lag, .lag_s = 0.2, .gain = 1.1};
  EXPECT_EQ(open_device("cuda:0", calibrated).power.lag_s, 0.2);
}

TEST(GpuDevice, EndsWithTheReasonWhenTheGpuIsLost) {
  Lab lab;
  lab.lost_at_s = 4;
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return lab.measure_on("cuda:0"); }), HasSubstr("the GPU was lost"));
}

TEST(GpuDevice, RefusesACounterThatStandsStillOrGoesBack) {
  Lab lab;
  lab.frozen = true;
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return lab.measure_on("cuda:0", {.idle_baseline = false}); }),
              HasSubstr("stands still"));
  Device device = open_device("cuda:0", lab.options());
  lab.nvml("energy_mj", 1);
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return device.sensor->read_energy_j(); }), HasSubstr("went back"));
}

TEST(GpuDevice, RefusesReadingsThatCannotBe) {
  Lab lab;
  lab.nvml("instant_mw", 4'000'000'000ULL);
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cuda:0", lab.options("nvml-instant")); }),
              HasSubstr("no device spends"));
}

TEST(GpuDevice, RefusesAGpuThatHeatSlowsDown) {
  Lab lab;
  lab.hot_at_s = 5;
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return lab.measure_on("cuda:0"); }),
              HasSubstr("thermal (hardware) at 93 degrees Celsius"));
}

TEST(GpuDevice, SaysWhatIsMissing) {
  Lab lab;
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cuda:2", lab.options()); }),
              HasSubstr("no GPU 2: CUDA shows 2"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return open_device("cuda:", lab.options()); }), HasSubstr("as cuda:0"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return open_device("cuda:0", lab.options("nvml")); }),
              HasSubstr("nvml-energy, nvml-instant"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return open_device("cuda:0", lab.options("cpu-time")); }),
              HasSubstr("not known for cuda:0"));
  lab.nvml("failure", 9);
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cuda:0", lab.options()); }),
              HasSubstr("neither energy nor power"));
  DeviceOptions no_driver = lab.options();
  no_driver.cuda = "libno-such-cuda.so";
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cuda:0", no_driver); }),
              HasSubstr("install the NVIDIA driver"));
  no_driver.make_runner = make_onnxruntime_runner;
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("tensorrt:0", no_driver); }),
              HasSubstr("shows no NVIDIA GPU"));
}

TEST(JetsonDevice, ReadsItsBoardsRails) {
  Lab lab;
  lab.cuda("integrated", 1);
  const std::string rails = "bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/";
  lab.write(rails + "in1_label", "VDD_IN");
  lab.write(rails + "in1_input", "5000");
  lab.write(rails + "curr1_input", "1200");
  lab.write("class/thermal/thermal_zone3/type", "gpu-thermal");
  lab.write("class/thermal/thermal_zone3/temp", "51500");
  lab.write("class/devfreq/17000000.ga10b/cur_freq", "624750000");
  lab.write("class/hwmon/hwmon5/oc1_event_cnt", "3");
  Device device = open_device("tensorrt:0", lab.options());
  EXPECT_EQ(device.energy.name, "ina3221");
  ASSERT_TRUE(device.power_sensor);
  EXPECT_DOUBLE_EQ(device.power_sensor->read_power_w(), 6);
  const DeviceState state = device.read_state();
  EXPECT_EQ(state.temperature_c, 51.5);
  EXPECT_EQ(state.core_clock_hz, 624.75e6);
  EXPECT_THAT(state.throttling, testing::IsEmpty());
  lab.write("class/hwmon/hwmon5/oc1_event_cnt", "4");
  EXPECT_THAT(device.read_state().throttling, testing::ElementsAre("over-current"));
  lab.forbid(rails + "curr1_input");
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("tensorrt:0", lab.options()); }),
              HasSubstr("curr1_input"));
}

TEST(JetsonDevice, ReadsAHardwareMonitorWhereThereAreNoRails) {
  Lab lab;
  lab.cuda("integrated", 1);
  lab.write("class/hwmon/hwmon0/name", "ina238");
  lab.write("class/hwmon/hwmon0/power1_input", "7500000");
  Device device = open_device("cuda:0", lab.options());
  EXPECT_EQ(device.energy.name, "hwmon");
  EXPECT_DOUBLE_EQ(device.power_sensor->read_power_w(), 7.5);
}

/// The recorder's thread and the system's clock, as on a board; a sensor that never moves is found out.
TEST(JetsonDevice, RefusesASensorThatHasStopped) {
  Lab lab;
  lab.cuda("integrated", 1);
  lab.write("class/hwmon/hwmon0/name", "ina238");
  lab.write("class/hwmon/hwmon0/power1_input", "7500000");
  DeviceOptions options = lab.options();
  options.make_clock = [] { return std::make_unique<SystemClock>(); };
  Device device = open_device("cuda:0", options);
  class Sleeper final : public LoadedModel {
   public:
    [[nodiscard]] std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& /*inputs*/) override { return {}; }
    void bind_random(std::int64_t /*batch*/, std::uint64_t /*seed*/) override {}
    void run_bound(int times) override { clock_.sleep(1e-3 * times); }
    [[nodiscard]] Graph executed_graph() override { return {}; }

   private:
    SystemClock clock_;
  } model;
  // Long enough for as many readings as are asked for, on a busy machine too.
  const MeasureOptions brief{.window_trial_s = 0.4, .idle_baseline = false, .lead_s = 0.01};
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return measure(model, 1, device, brief); }), HasSubstr("says 7.5 W"));
}

TEST(CpuDevice, MeasuresByRaplThroughItsWraps) {
  Lab lab;
  lab.rapl_range_uj = 20'000'000;  // 20 J: wraps ten times a second
  lab.write_rapl();
  const Measurement measured = lab.measure_on("cpu");
  EXPECT_NEAR(measured.energy_per_batch_j, kLoadW * kRunS, 1e-3 * kLoadW * kRunS);
  EXPECT_EQ(measured.sensor, "rapl");
}

TEST(CpuDevice, EstimatesWhereRaplCannotBeReadUnlessItIsAskedFor) {
  Lab lab;
  lab.rapl_range_uj = 20'000'000;
  lab.write_rapl();
  lab.rapl_range_uj = 0;
  lab.forbid("class/powercap/intel-rapl:0/energy_uj");
  EXPECT_EQ(open_device("cpu", lab.options()).energy.source, EnergySource::estimated);
  EXPECT_THAT(refusal(ErrorKind::device, [&] { return open_device("cpu", lab.options("rapl")); }),
              HasSubstr("energy_uj"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return open_device("cpu", lab.options("repl")); }),
              HasSubstr("did you mean \"rapl\"?"));
  EXPECT_THAT(refusal(ErrorKind::usage, [&] { return open_device("sim:a100", lab.options("rapl")); }),
              HasSubstr("has its own"));
}

TEST(CpuDevice, TellsHeatClockAndThrottling) {
  Lab lab;
  lab.write("class/hwmon/hwmon2/name", "k10temp");
  lab.write("class/hwmon/hwmon2/temp1_input", "64250");
  for (const char* cpu : {"cpu0", "cpu1"}) {
    const std::string folder = std::string("devices/system/cpu/") + cpu;
    lab.write(folder + "/cpufreq/scaling_cur_freq", cpu == std::string("cpu0") ? "1500000" : "3400000");
    lab.write(folder + "/thermal_throttle/package_throttle_count", "12");
  }
  Device device = open_device("cpu", lab.options());
  EXPECT_EQ(device.read_state().temperature_c, 64.25);
  EXPECT_EQ(device.read_state().core_clock_hz, 3.4e9);
  EXPECT_THAT(device.read_state().throttling, testing::IsEmpty());
  lab.write("devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "13");
  EXPECT_THAT(device.read_state().throttling, testing::ElementsAre("thermal (package)"));
  EXPECT_THAT(device.read_state().throttling, testing::IsEmpty());
}

TEST(Device, RulesOfEveryKindAreKnownWithoutIt) {
  EXPECT_EQ(rules_of_device("auto").name, "onnxruntime-cpu");
  EXPECT_EQ(rules_of_device("tensorrt:7").name, "tensorrt");
  EXPECT_EQ(rules_of_device("cuda:7").name, "onnxruntime-cuda");
  EXPECT_EQ(rules_of_device("sim:a100").dtype, DataType::float16);
  EXPECT_THAT(refusal(ErrorKind::usage, [] { return rules_of_device("cuda"); }), HasSubstr("did you mean \"cuda:0\"?"));
}

}  // namespace
}  // namespace tabjoule::device_test
