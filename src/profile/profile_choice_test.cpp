// What profiling chooses to measure: kernels held out, rounds by doubt, whole models last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "profile/fake_device_test.h"
#include "profile/kernel_model.h"
#include "profile/order.h"

namespace tabjoule::profile_choice_test {
namespace {

KernelKey linear(std::int64_t m, std::int64_t n, std::int64_t k) { return {KernelType::linear, {m, n, k}, "relu"}; }

std::vector<KernelKey> grid() {
  std::vector<KernelKey> keys;
  for (const int n : {1, 2, 4, 8, 16, 32, 64, 128})
    for (const int k : {1, 2, 4, 8, 16, 32, 64, 128}) keys.push_back(linear(1, n, k));
  return keys;
}

ProfileOptions quick() { return {.budget_s = 1000, .most_weight_bytes = 0}; }

std::set<KernelKey> keys_of(std::span<const KernelSample> samples) {
  std::set<KernelKey> keys;
  for (const KernelSample& sample : samples) keys.insert(sample.key);
  return keys;
}

ModelToMeasure some_model() {
  const auto graph = [] {
    const Network network = example::mlp(6, {8}, 2);
    ParameterStore store;
    store.add(network, Rng(1));
    return to_graph(network, &store, 4);
  };
  return {"small", graph, 4, {linear(4, 8, 6), {KernelType::linear, {4, 2, 8}, ""}}};
}

TEST(ProfileChoice, HeldOutKernelsAreChosenBeforehandAndNeverLearntFrom) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.held_out = 10;
  options.seed = 3;
  const std::vector<KernelKey> chosen = choose_held_out(grid(), 10, 3);
  ASSERT_EQ(chosen.size(), 10U);
  DeviceProfile profile;
  profile_kernels(profile, grid(), device, options, {}, {});
  EXPECT_EQ(keys_of(profile.held_out), std::set<KernelKey>(chosen.begin(), chosen.end()));
  EXPECT_EQ(profile.samples.size(), 1 + 64 - 10U);
  for (const KernelKey& key : chosen) EXPECT_FALSE(profile.has(key));
  const DeviceProfile read = profile_from_json(to_json(profile));
  EXPECT_EQ(keys_of(read.held_out), keys_of(profile.held_out));
}

TEST(ProfileChoice, HoldsOutAQuarterAtMostWhateverTheOrder) {
  std::vector<KernelKey> keys = grid();
  EXPECT_EQ(choose_held_out(keys, 1000, 0).size(), 16U);
  const std::vector<KernelKey> chosen = choose_held_out(keys, 8, 0);
  std::reverse(keys.begin(), keys.end());
  EXPECT_EQ(choose_held_out(keys, 8, 0), chosen);
  EXPECT_NE(choose_held_out(keys, 8, 1), chosen);
  EXPECT_TRUE(choose_held_out(std::vector{session_key(), linear(1, 1, 1)}, 8, 0).empty());
}

TEST(ProfileChoice, MeasuresWhatIsDoubtedAndStopsAtTheMostKernels) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.first = 6;
  options.round = 4;
  options.most_kernels = 15;
  int rounds = 0;
  options.doubt = [&](const DeviceProfile& profile, std::span<const KernelKey> keys) {
    EXPECT_EQ(profile.samples.size(), 7U + 4U * static_cast<std::size_t>(rounds++));
    std::vector<double> doubts;
    for (const KernelKey& key : keys) doubts.push_back(key.shape[1] == 16 ? 1 : 0.001);
    return doubts;
  };
  DeviceProfile profile;
  profile_kernels(profile, grid(), device, options, {}, {});
  EXPECT_EQ(profile.samples.size(), 15U);
  EXPECT_EQ(rounds, 2);
  for (std::size_t i = 7; i < 14; ++i) EXPECT_EQ(profile.samples[i].key.shape[1], 16) << i;
}

TEST(ProfileChoice, RoundsGrowWithWhatIsMeasured) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.first = 15;
  options.round = 1;
  options.most_kernels = 22;
  std::vector<std::size_t> measured;
  options.doubt = [&](const DeviceProfile& profile, std::span<const KernelKey> keys) {
    measured.push_back(profile.samples.size());
    return std::vector<double>(keys.size(), 1.0);
  };
  DeviceProfile profile;
  profile_kernels(profile, grid(), device, options, {}, {});
  EXPECT_EQ(measured, (std::vector<std::size_t>{16, 18, 20}));  // an eighth: 2 and 2 of them
}

TEST(ProfileChoice, DoubtfulKernelsLieApart) {
  const std::vector<KernelKey> candidates{linear(1, 64, 64), linear(1, 65, 64), linear(1, 4, 64), linear(1, 63, 64)};
  const std::vector<double> doubts{1.0, 0.9, 0.5, 0.9};
  const auto chosen = most_doubtful(candidates, doubts, {}, 2);
  EXPECT_THAT(chosen, testing::ElementsAre(candidates[0], candidates[2]));
  EXPECT_EQ(most_doubtful(candidates, doubts, {}, 9).size(), 4U);
  EXPECT_EQ(most_doubtful(candidates, doubts, std::vector{candidates[0]}, 1).front(), candidates[2]);
}

TEST(ProfileChoice, WholeModelsAreMeasuredLastAndOnce) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.models = {some_model()};
  DeviceProfile profile;
  std::string last;
  const auto watch = [&](const Progress& progress) { last = progress.phase; };
  profile_kernels(profile, grid(), device, options, {}, watch);
  EXPECT_EQ(last, "whole models");
  ASSERT_EQ(profile.models.size(), 1U);
  const ModelSample& sample = profile.models.front();
  EXPECT_EQ(sample.name, "small");
  EXPECT_EQ(sample.batch, 4);
  EXPECT_EQ(sample.kernels, options.models[0].kernels);
  const double truth_s = fake::model_s(options.models[0].graph());
  EXPECT_NEAR(sample.time_s, truth_s, 1e-3 * truth_s);
  EXPECT_NEAR(sample.energy_j, 5 * truth_s, 5e-3 * truth_s);
  const int loads = world.loads;
  profile_kernels(profile, grid(), device, options, {}, {});
  EXPECT_EQ(world.loads, loads);
}

TEST(ProfileChoice, LeavesOutWholeModelsThatAreNotStable) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.models = {some_model()};
  DeviceProfile profile;
  const auto disturb = [&](const Progress& progress) { world.noise = progress.fraction == 1 ? 5 : 0; };
  profile_kernels(profile, grid(), device, options, {}, disturb);
  EXPECT_EQ(profile.samples.size(), 65U);
  EXPECT_TRUE(profile.models.empty());
}

TEST(ProfileChoice, RefusesRoundsOfNothing) {
  fake::World world;
  Device device = fake::device(world);
  ProfileOptions options = quick();
  options.round = 0;
  DeviceProfile profile;
  EXPECT_THROW(profile_kernels(profile, grid(), device, options, {}, {}), Error);
}

}  // namespace
}  // namespace tabjoule::profile_choice_test
