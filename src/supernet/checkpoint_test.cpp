#include "supernet/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.h"
#include "supernet/testing.h"

namespace tabjoule::checkpoint_test {
namespace {

using namespace testing_supernet;
using testing_nn::same;
using testing_nn::xor_samples;

struct Stopped {};

class Checkpoint : public testing::Test {
 protected:
  Checkpoint() {
    std::filesystem::remove(file_);
    options_.checkpoint = file_;
    options_.checkpoint_interval_s = 0;
    options_.patience = 4;
  }
  ~Checkpoint() override { std::filesystem::remove(file_); }

  /// Stopped after step `stop` (counted from 0) if that is not negative.
  SupernetResult train(Supernet& supernet, const SupernetOptions& how, int stop = -1) {
    ThreadPool pool(1);
    const ProgressSink sink = [&, steps = 0](const Progress&) mutable {
      if (steps++ == stop) throw Stopped{};
    };
    return train_supernet(supernet, samples_, validation_, how, pool, sink);
  }

  [[nodiscard]] std::string message(const SupernetOptions& how) {
    Supernet other = fresh();
    try {
      train(other, how);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      EXPECT_TRUE(same(other.store(), fresh().store())) << "a refused file must leave no trace";
      return error.what();
    }
    return "";
  }

  static Supernet fresh() { return {space(), {4, 2, 0.1F}, 1}; }

  const std::filesystem::path file_ = std::filesystem::path(testing::TempDir()) / "supernet_checkpoint_test.bin";
  Samples samples_ = xor_samples(300, 4, 1);
  Samples validation_ = xor_samples(100, 4, 2);
  SupernetOptions options_ = options(6);
};

TEST_F(Checkpoint, ResumesFromAnyStepToTheBitsOfAnUninterruptedTraining) {
  for (const PathSampling sampling : {PathSampling::prior, PathSampling::sandwich}) {
    SupernetOptions how = options_;
    how.paths.sampling = sampling;
    how.distil = sampling == PathSampling::sandwich;
    SupernetOptions unkept = how;
    unkept.checkpoint.clear();
    Supernet whole = fresh();
    const SupernetResult expected = train(whole, unkept);
    for (const int stop : {0, 5, 6, 7, 17, 23}) {  // an epoch has 6 steps
      std::filesystem::remove(file_);
      Supernet first = fresh();
      EXPECT_THROW(train(first, how, stop), Stopped);
      EXPECT_EQ(std::filesystem::exists(file_), stop >= 6);
      Supernet second = fresh();
      const SupernetResult result = train(second, how);
      EXPECT_TRUE(same(second.store(), whole.store())) << to_string(sampling) << " stopped at step " << stop;
      EXPECT_EQ(result.losses, expected.losses);
      EXPECT_EQ(result.probe_scores, expected.probe_scores);
      EXPECT_EQ(result.steps, expected.steps);
    }
  }
}

TEST_F(Checkpoint, HoldsBatchNormStatistics) {
  SupernetOptions unkept = options_;
  unkept.checkpoint.clear();
  Supernet whole(resnet_space(), {4, 2, 0.1F}, 1);
  Supernet first = whole, second = whole;
  train(whole, unkept);
  EXPECT_THROW(train(first, options_, 15), Stopped);
  train(second, options_);
  EXPECT_TRUE(same(second.store(), whole.store()));
}

TEST_F(Checkpoint, OfAFinishedTrainingTrainsNoFurther) {
  Supernet first = fresh(), second = fresh();
  train(first, options_);
  train(second, options_, 0);  // a step would throw
  EXPECT_TRUE(same(first.store(), second.store()));
}

TEST_F(Checkpoint, IsRefusedForAnotherSpaceTableOrOptions) {
  Supernet supernet = fresh();
  train(supernet, options_);
  EXPECT_EQ(message(options_), "");
  SupernetOptions other = options_;
  other.adamw.learning_rate = 0.02;
  EXPECT_NE(message(other).find("options learning_rate is not 0.02"), std::string::npos) << message(other);
  samples_.x(7, 1) += 1;
  EXPECT_NE(message(options_).find("train hash"), std::string::npos) << message(options_);
  samples_.x(7, 1) -= 1;
  SearchSpace wider = space();
  wider.decisions[0].choices = {1, 2, 4};
  Supernet another(wider, {4, 2, 0.1F}, 1);
  EXPECT_THROW(train(another, options_), Error);
}

TEST_F(Checkpoint, IsRefusedWhereItIsDamaged) {
  Supernet supernet = fresh();
  train(supernet, options_);
  const std::string good = read_file(file_);
  const auto refused = [&](const std::string& bytes, const std::string& reason) {
    write_file(file_, bytes);
    const std::string said = message(options_);
    EXPECT_NE(said.find(reason), std::string::npos) << said;
    EXPECT_EQ(said.find(file_.string()), 0U) << said;
  };
  refused("", "not JSON");
  refused(good.substr(0, 100), "not JSON");
  refused(good.substr(0, good.size() - 4), "damaged");
  refused(good + "more", "damaged");
  std::string flipped = good;
  flipped[good.size() - 100] = static_cast<char>(flipped[good.size() - 100] ^ 1);
  refused(flipped, "damaged");
  std::string newer = good;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  refused(newer, "version 2");
}

}  // namespace
}  // namespace tabjoule::checkpoint_test
