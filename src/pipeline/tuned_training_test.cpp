#include "pipeline/tuned_training.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/testing.h"
#include "pipeline/score_error.h"
#include "runtime/temporary_folder.h"

namespace tabjoule::tuned_training_test {
namespace {

using testing_nn::xor_samples;

struct Case {
  SearchSpace space = load_space("mlp");
  NetworkShape shape{4, 2, 0.1F};
  PreparedData data;
  SearchPoint point;
  ThreadPool pool{1};

  Case() {
    data.train = xor_samples(400, 4, 1);
    data.validation = xor_samples(200, 4, 2);
    data.test = xor_samples(200, 4, 3);
    point.architecture = architecture_from_json(space, {{"depth", 2}, {"width", 16}});
    point.energy_j = 1e-5;
  }

  TrainedPoint train(double epochs_each, StopCheck stop = {}) {
    TuningOptions options;
    options.seed = 5;
    options.stop = std::move(stop);
    const double all = tuning_need(to_network(space, point.architecture, shape), data.train.rows());
    options.flop_budget = all * epochs_each / 60;  // the need is that of 60 epochs
    return train_tuned(space, point, shape, data, options, pool, {});
  }
};

TEST(TrainTuned, FindsARecipeAtLeastAsGoodAsTheDefaultOne) {
  Case c;
  FinalTrainingOptions plain;
  plain.flop_budget = tuning_need(to_network(c.space, c.point.architecture, c.shape), c.data.train.rows()) / (8.0 / 3);
  plain.seed = 5;
  const TrainedModel by_default = train_architecture(c.space, c.point.architecture, c.shape, c.data, plain, c.pool, {});
  const TrainedPoint tuned = c.train(60);
  EXPECT_GE(tuned.model.score_validation + 0.01, by_default.score_validation);
  EXPECT_EQ(tuned.left_out.size(), 32U);
  EXPECT_GT(standard_error(tuned.left_out), 0);
}

TEST(TrainTuned, TakesTheDefaultRecipeWhereTheBudgetIsSmall) {
  const TrainedPoint trained = Case().train(10);
  EXPECT_EQ(trained.recipe.learning_rate, Recipe{}.learning_rate);
  EXPECT_EQ(trained.dropout, 0.1F);
  EXPECT_LE(trained.model.training.epochs, 27);  // all of the budget in one training
}

TEST(TrainTuned, EndsWithTheBestSoFarWhenToldTo) {
  const TrainedPoint trained = Case().train(60, [] { return true; });
  EXPECT_EQ(trained.model.training.epochs, 1);
  EXPECT_FALSE(trained.model.store.all().empty());
}

TEST(TrainedFile, GivesBackTheNetworkAndRefusesADamagedOne) {
  Case c;
  const TrainedPoint trained = c.train(1);
  const TemporaryFolder folder;
  const auto file = folder.path() / "network.bin";
  write_trained(file, trained);
  const TrainedPoint back = read_trained(file, c.space, c.shape, true);
  ASSERT_EQ(back.model.store.all().size(), trained.model.store.all().size());
  for (const auto& [name, parameter] : trained.model.store.all())
    EXPECT_EQ(back.model.store.at(name).value, parameter.value) << name;
  EXPECT_EQ(back.point.architecture, trained.point.architecture);
  EXPECT_EQ(back.point.energy_j, trained.point.energy_j);
  EXPECT_EQ(back.left_out, trained.left_out);
  EXPECT_EQ(back.model.score_test, trained.model.score_test);
  EXPECT_EQ(back.model.training.losses, trained.model.training.losses);
  EXPECT_TRUE(read_trained(file, c.space, c.shape, false).model.store.all().empty());
  std::string bytes = read_file(file);
  bytes[bytes.size() - 3] ^= 1;
  write_file(file, bytes);
  EXPECT_THROW((void)read_trained(file, c.space, c.shape, true), Error);
  write_file(file, bytes.substr(0, 20));
  EXPECT_THROW((void)read_trained(file, c.space, c.shape, true), Error);
}

}  // namespace
}  // namespace tabjoule::tuned_training_test
