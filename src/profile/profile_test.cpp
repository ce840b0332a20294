// Profiling on a device whose truth is known, its file, and one small run on the real one.
#include "profile/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "profile/fake_device_test.h"
#include "profile/kernel_model.h"
#include "profile/order.h"

namespace tabjoule::profile_test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

KernelKey linear(std::int64_t m, std::int64_t n, std::int64_t k, const char* variant = "relu") {
  return {KernelType::linear, {m, n, k}, variant};
}

std::vector<KernelKey> some_kernels() {
  std::vector<KernelKey> keys;
  for (const int n : {4, 16, 64, 256})
    for (const int k : {4, 32, 256}) keys.push_back(linear(2, n, k));
  return keys;
}

std::set<KernelKey> keys_of(const DeviceProfile& profile) {
  std::set<KernelKey> keys;
  for (const KernelSample& sample : profile.samples) keys.insert(sample.key);
  return keys;
}

/// Small models, so that the tests are quick.
ProfileOptions quick(double budget_s = 40) { return {.budget_s = budget_s, .most_weight_bytes = 2.2e6}; }

class ProfileFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("tabjoule_profile_" + std::to_string(::getpid()) + ".json");
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }
  fs::path path_;
};

/// As much as the truth, within `tolerance`.
void expect_truth(const DeviceProfile& profile, double tolerance) {
  for (std::size_t i = 1; i < profile.samples.size(); ++i) {
    const KernelSample& sample = profile.samples[i];
    const auto at = [&](std::size_t d) { return static_cast<double>(sample.key.shape[d]); };
    const double copies = copies_to_measure(sample.key);
    const double truth_s = fake::kernel_s(at(0), at(1), at(2)) + fake::kIntermediateS * (1 + 1 / copies);
    EXPECT_NEAR(sample.time_s, truth_s, tolerance * truth_s) << sample.key.text();
    EXPECT_NEAR(sample.energy_j, 5 * truth_s, 5 * tolerance * truth_s) << sample.key.text();
  }
}

TEST(Profile, RecoversEachKernelsCost) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  profile_kernels(profile, some_kernels(), device, quick(), {}, {});
  ASSERT_EQ(profile.samples.size(), 13U);
  EXPECT_EQ(profile.samples.front().key, session_key());
  EXPECT_NEAR(profile.intermediate_time_s, fake::kIntermediateS, 1e-12);
  // The session takes back the buffer that the last kernel of a chain does not need.
  EXPECT_NEAR(profile.samples.front().time_s, fake::kSessionS - fake::kIntermediateS, 1e-12);
  expect_truth(profile, 1e-3);
  EXPECT_EQ(profile.fingerprint, device.fingerprint);
  EXPECT_EQ(profile.source, EnergySource::simulated);
  EXPECT_EQ(profile.crowding.size(), 4U);
}

TEST(Profile, RecoversEachKernelsCostWhileOthersTakeHalfOfTheTime) {
  fake::World world;
  world.slowdown = [](double now_s) { return std::fmod(now_s, 0.6) < 0.3 ? 1 : 1.4; };
  Device device = fake::paced_device(world);
  ProfileOptions options = quick();
  const auto graph = [] { return kernel_model(linear(2, 64, 64), 1); };
  options.models.push_back({"net", graph, 2, {linear(2, 64, 64)}});
  DeviceProfile profile;
  profile_kernels(profile, some_kernels(), device, options, {}, {});
  EXPECT_EQ(profile.samples.size(), 13U);
  expect_truth(profile, 0.02);
  ASSERT_EQ(profile.models.size(), 1U);
  EXPECT_NEAR(profile.models[0].time_s, fake::model_s(graph()), 0.02 * fake::model_s(graph()));
}

TEST(Profile, MeasuresAgainWhatWasSlowFromTheBeginning) {
  fake::World world;
  double slow_to_s = 1e9;
  world.slowdown = [&](double now_s) { return now_s < slow_to_s ? 1.4 : 1; };
  Device device = fake::paced_device(world);
  DeviceProfile profile;
  profile_kernels(profile, some_kernels(), device, quick(), {}, [&](const Progress&) {
    if (profile.samples.size() == 4) slow_to_s = std::min(slow_to_s, world.clock.now_s());
  });
  EXPECT_EQ(profile.samples.size(), 13U);
  expect_truth(profile, 1e-3);
  EXPECT_NEAR(profile.samples.front().time_s, fake::kSessionS - fake::kIntermediateS, 1e-12);
  EXPECT_NEAR(profile.intermediate_time_s, fake::kIntermediateS, 1e-12);
  fake::World quiet_world;
  Device quiet_device = fake::device(quiet_world);
  DeviceProfile quiet;
  profile_kernels(quiet, some_kernels(), quiet_device, quick(), {}, {});
  ASSERT_EQ(profile.crowding.size(), quiet.crowding.size());
  for (const CrowdingSample& sample : profile.crowding) {
    const auto same = [&](const CrowdingSample& other) { return other.weight_bytes == sample.weight_bytes; };
    const auto found = std::find_if(quiet.crowding.begin(), quiet.crowding.end(), same);
    ASSERT_NE(found, quiet.crowding.end());
    EXPECT_NEAR(sample.time_s, found->time_s, 1e-3 * found->time_s);
  }
}

TEST(Profile, BeginsWhenAMachineHasSettledDown) {
  fake::World world;
  Rng rng(1);
  world.slowdown = [&](double now_s) { return now_s < 50 ? std::exp(4 * rng.normal()) : 1; };
  Device device = fake::device(world);
  DeviceProfile profile;
  profile_kernels(profile, some_kernels(), device, quick(150), {}, {});
  EXPECT_EQ(profile.samples.size(), 13U);
  expect_truth(profile, 1e-3);
}

TEST(Profile, SaysThatAMachineDoesNotSettleDown) {
  fake::World world;
  world.noise = 4;
  Device device = fake::device(world);
  DeviceProfile profile;
  try {
    profile_kernels(profile, some_kernels(), device, quick(200), {}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_THAT(error.what(), HasSubstr("session cost: not stable"));
  }
  EXPECT_GT(world.clock.now_s(), 60);
}

TEST(Profile, CorrectsWhatItHasNoTimeToMeasureAgain) {
  fake::World world;
  world.slowdown = [](double now_s) { return now_s < 60 ? 1 : 1.4; };
  Device device = fake::paced_device(world);
  while (world.clock.now_s() < 59.9) EXPECT_LT(device.pace->slowness(), kQuiet);
  DeviceProfile profile;
  // For most of a minute it waits in vain; then few remember that it was quicker, and what is measured is believed.
  profile_kernels(profile, some_kernels(), device, quick(120), {}, {});
  EXPECT_GT(profile.samples.size(), 5U);
  expect_truth(profile, 0.05);
}

TEST(Profile, LeavesOutWhatIsNeverQuiet) {
  fake::World world;
  double noisy_from_s = 1e9;
  world.slowdown = [&](double now_s) { return now_s < noisy_from_s ? 1 : 1.4; };
  Device device = fake::paced_device(world);
  while (world.clock.now_s() < 30) EXPECT_LT(device.pace->slowness(), kQuiet);
  DeviceProfile profile;
  profile_kernels(profile, some_kernels(), device, quick(6), {}, [&](const Progress&) {
    if (profile.samples.size() == 7) noisy_from_s = std::min(noisy_from_s, world.clock.now_s());
  });
  EXPECT_EQ(profile.samples.size(), 7U);
  expect_truth(profile, 1e-3);
}

TEST(Profile, LeavesOutWhatCannotBeBuiltAlone) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  std::string last;
  const std::vector<KernelKey> wanted{linear(1, 4, 4),
                                      {KernelType::gather, {1, 2, 3}, "LabelEncoder"},
                                      linear(1, 4, 4),
                                      linear(1, 4, 4, "swish"),
                                      {KernelType::unknown, {}, "Einsum"}};
  profile_kernels(profile, wanted, device, quick(), {}, [&](const Progress& progress) { last = progress.detail; });
  EXPECT_THAT(keys_of(profile), testing::ElementsAre(linear(1, 4, 4), session_key()));
  EXPECT_THAT(last, HasSubstr("3 cannot be measured alone"));
}

TEST(Profile, StopsAtItsBudget) {
  fake::World world;
  world.noise = 0.05;
  Device device = fake::device(world);
  DeviceProfile profile;
  double fraction = 0;
  profile_kernels(profile, some_kernels(), device, quick(0.5), {}, [&](const Progress& progress) {
    EXPECT_GE(progress.fraction, fraction);
    fraction = progress.fraction;
  });
  EXPECT_GT(profile.samples.size(), 1U);
  EXPECT_LT(world.clock.now_s(), 3);
  EXPECT_EQ(fraction, 1);
}

TEST(Profile, NeverStoresWhatIsNotStable) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  std::string last;
  const auto disturb = [&](const Progress& progress) {
    if (progress.phase == "profile" && progress.detail.starts_with("linear")) world.noise = 5;
    last = progress.detail;
  };
  profile_kernels(profile, some_kernels(), device, quick(1000), {}, disturb);
  EXPECT_LE(profile.samples.size(), 3U);
  EXPECT_THAT(last, HasSubstr("left out as unstable"));
}

TEST(Profile, RefusesAnotherDevicesFile) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  profile.fingerprint = "another";
  profile.samples.push_back({linear(1, 1, 1), 1, 1, 1, ""});
  EXPECT_THROW(profile_kernels(profile, some_kernels(), device, quick(), {}, {}), Error);
}

TEST(Profile, PassesOnASensorThatFails) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  const auto unplug = [&](const Progress&) { world.sensor_fails = world.loads > 6; };
  try {
    profile_kernels(profile, some_kernels(), device, quick(), {}, unplug);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("linear m=2"), HasSubstr("unplugged")));
  }
}

TEST_F(ProfileFile, ContinuesWhereItWasStopped) {
  const std::vector<KernelKey> wanted = some_kernels();
  fake::World whole_world;
  Device whole_device = fake::device(whole_world);
  DeviceProfile whole;
  profile_kernels(whole, wanted, whole_device, quick(), {}, {});

  for (const int stop_after : {1, 2, 5, 9}) {
    fs::remove(path_);
    fake::World world;
    Device device = fake::device(world);
    int reports = 0;
    const auto stop = [&](const Progress&) {
      if (++reports > stop_after) fail_internal("interrupted");
    };
    DeviceProfile stopped;
    EXPECT_THROW(profile_kernels(stopped, wanted, device, quick(), path_, stop), Error);
    DeviceProfile again = read_profile(path_);
    EXPECT_EQ(keys_of(again), keys_of(stopped));
    const std::size_t before = again.samples.size();
    const int loads = world.loads;
    profile_kernels(again, wanted, device, quick(), path_, {});
    EXPECT_EQ(keys_of(again), keys_of(whole));
    EXPECT_EQ(again.crowding.size(), whole.crowding.size());
    EXPECT_EQ(static_cast<std::size_t>(world.loads - loads),
              whole.samples.size() - before + whole.crowding.size() - stopped.crowding.size())
        << "something was measured twice";
    EXPECT_EQ(to_text(to_json(read_profile(path_))), to_text(to_json(again)));
  }
}

/// What a kill loses: no more than a second's samples.
TEST_F(ProfileFile, IsStoredWhereASecondHasGoneBy) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  std::size_t slept_at = 0, stored = 0;
  const auto sleep_once = [&](const Progress&) {
    if (slept_at == 0 && profile.samples.size() == 3) {
      SystemClock().sleep(1.1);
      slept_at = 3;
    } else if (slept_at > 0 && stored == 0) {
      stored = read_profile(path_).samples.size();
    }
  };
  profile_kernels(profile, some_kernels(), device, quick(), path_, sleep_once);
  EXPECT_EQ(stored, slept_at + 1);
}

TEST_F(ProfileFile, KeepsModelsDataTypesRulesAndCostsThatAreNotKnown) {
  DeviceProfile profile;
  profile.rules = "tensorrt";
  profile.processors = 16;
  KernelKey half = linear(1, 4, 4);
  half.dtype = DataType::float16;
  profile.samples = {{half, 0, 2e-6, 1, ""}, {half, 1e-6, 0, 1, ""}};
  profile.models.push_back({"net", {half, linear(2, 4, 4)}, 2, 1e-3, 5e-3});
  const DeviceProfile again = profile_from_json(to_json(profile));
  EXPECT_EQ(to_text(to_json(again)), to_text(to_json(profile)));
  EXPECT_EQ(again.rules, "tensorrt");
  EXPECT_EQ(again.processors, 16);
  EXPECT_EQ(profile_from_json(to_json(DeviceProfile{})).processors, std::nullopt);
  EXPECT_EQ(again.samples.at(0).time_s, 0);
  EXPECT_EQ(again.samples.at(1).energy_j, 0);
  ASSERT_EQ(again.models.size(), 1U);
  EXPECT_EQ(again.models[0].kernels, profile.models[0].kernels);
  EXPECT_EQ(again.models[0].batch, 2);
  Json bad = to_json(profile);
  bad["models"][0]["energy_j"] = 0;
  EXPECT_THROW((void)profile_from_json(bad), Error);
}

TEST_F(ProfileFile, RefusesFilesItCannotUse) {
  fake::World world;
  Device device = fake::device(world);
  DeviceProfile profile;
  profile_kernels(profile, std::vector{linear(1, 4, 4)}, device, quick(), path_, {});
  const Json good = read_json(path_);
  EXPECT_EQ(good.at("format"), "tabjoule-profile");
  const auto refused = [&](const char* member, const Json& value) {
    Json bad = good;
    bad[member] = value;
    EXPECT_THROW((void)profile_from_json(bad), Error) << member;
  };
  refused("version", 1);
  refused("version", 3);
  refused("format", "something");
  refused("device", 3);
  refused("energy_source", "guessed");
  refused("samples", "none");
  refused("samples", Json::array({1}));
  refused("crowding", Json::array({1}));
  refused("intermediate_time_s", -1);
  refused("processors", -1);
}

TEST(Order, BeginsWithTheCornersOfEachGroup) {
  std::vector<KernelKey> wanted;
  for (int n = 1; n <= 64; ++n) wanted.push_back(linear(1, n, n));
  for (int n = 1; n <= 4; ++n) wanted.push_back({KernelType::softmax, {1, n}, ""});
  wanted.push_back(wanted.front());
  const std::vector<KernelKey> order = space_filling_order(wanted);
  ASSERT_EQ(order.size(), 68U);
  EXPECT_EQ(order[0], linear(1, 1, 1));
  EXPECT_EQ(order[1].type, KernelType::softmax);
  EXPECT_EQ(order[2], linear(1, 64, 64));
  EXPECT_EQ(std::set<KernelKey>(order.begin(), order.end()).size(), 68U);
  EXPECT_EQ(std::count_if(order.begin(), order.begin() + 8, [](auto& key) { return key.type == KernelType::softmax; }),
            4);
}

// Structure only: figures of a shared machine are nothing a test may depend on. What was too unstable to keep is
// measured by going on with the profile.
TEST(Profile, RunsOnThisMachine) {
  Device device = open_device("auto", {});
  DeviceProfile profile;
  const KernelKey softmax{KernelType::softmax, {4, 8}, ""};
  const KernelKey sigmoid{KernelType::elementwise, {64, 1, 64}, "Sigmoid"};
  const KernelKey add{KernelType::elementwise, {64, 2, 64}, "Add"};
  const KernelKey concat{KernelType::concat, {64, 4, 64}, ""};
  const std::vector<KernelKey> wanted{linear(8, 8, 8), linear(8, 512, 512), softmax, sigmoid, add, concat};
  ProfileOptions options = quick(60);  // far more than needed
  options.measure.target_relative_half_width = 0.5;
  options.measure.give_up_relative_half_width = 10;
  const auto has = [&](const KernelKey& key) { return profile.has(key); };
  for (int tries = 0; tries < 10 && !std::all_of(wanted.begin(), wanted.end(), has); ++tries)
    profile_kernels(profile, wanted, device, options, {}, {});
  ASSERT_TRUE(profile.has(session_key()));
  std::map<KernelKey, KernelSample> samples;
  for (const KernelSample& sample : profile.samples) {
    EXPECT_GT(sample.time_s, 0) << sample.key.text();
    EXPECT_GT(sample.energy_j, 0) << sample.key.text();
    samples[sample.key] = sample;
  }
  for (const KernelKey& key : wanted) EXPECT_TRUE(profile.has(key)) << key.text();
  EXPECT_GT(samples[linear(8, 512, 512)].energy_j, samples[linear(8, 8, 8)].energy_j);
}

TEST(OpenDevice, NamesWhatItKnows) {
  const Device device = open_device("cpu", {.core_power_w = 3, .sysfs = "/nowhere"});
  EXPECT_THAT(device.fingerprint, HasSubstr("onnxruntime-cpu"));
  EXPECT_THAT(device.fingerprint, HasSubstr("cpu-time 3 W"));
  const auto kind_of = [](const char* name) {
    try {
      (void)open_device(name, {});
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  for (const char* known : {"cuda:0", "tensorrt:1"}) EXPECT_EQ(kind_of(known), ErrorKind::device) << known;
  for (const char* unknown : {"", "gpu", "cpu0", "CPU", "sim:gpu"})
    EXPECT_EQ(kind_of(unknown), ErrorKind::usage) << unknown;
}

}  // namespace
}  // namespace tabjoule::profile_test
