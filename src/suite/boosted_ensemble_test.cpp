#include "suite/boosted_ensemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace tabjoule::boosted_ensemble_test {
namespace {

/// Rows whose target follows from two of three columns.
PreparedData made_data(Task task) {
  PreparedData data;
  Dataset dataset;
  dataset.target.task = task;
  if (task == Task::binary) dataset.target.classes = {"no", "yes"};
  if (task == Task::multiclass) dataset.target.classes = {"a", "b", "c"};
  data.dataset = std::make_shared<const Dataset>(dataset);
  Rng rng(5);
  for (Samples* samples : {&data.train, &data.validation, &data.test}) {
    samples->task = task;
    samples->x.resize(samples == &data.train ? 900 : 300, 3);
    if (task == Task::regression) {
      samples->target_mean = 100;
      samples->target_std = 20;
    }
    for (Eigen::Index i = 0; i < samples->x.rows(); ++i) {
      for (Eigen::Index c = 0; c < 3; ++c) samples->x(i, c) = static_cast<float>(rng.uniform());
      const float sum = samples->x(i, 0) + samples->x(i, 1);
      if (task == Task::regression) samples->values.push_back(100 + 50 * (sum - 1));
      if (task == Task::binary) samples->labels.push_back(sum > 1 ? 1 : 0);
      if (task == Task::multiclass) samples->labels.push_back(sum > 1.3F ? 2 : sum > 0.7F ? 1 : 0);
    }
  }
  return data;
}

TEST(Boosting, LearnsEveryTask) {
  Device device = open_device("cpu", {});
  for (const Task task : {Task::binary, Task::multiclass, Task::regression}) {
    BoostingRequest request;
    request.metric = default_metric(task);
    const PreparedData data = made_data(task);
    auto ensemble = BoostedEnsemble::train(data, request);
    const BoostingScores& scores = ensemble.scores();
    if (task == Task::regression)
      EXPECT_LT(scores.score_test, 4);  // of a standard deviation of 20
    else
      EXPECT_GT(scores.score_test, 0.93) << to_string(task);
    EXPECT_GE(scores.leaves, 100);
    EXPECT_EQ(scores.text, "100 rounds, depth 6, rate 0.3");
    for (const std::int64_t batch : {1, 64}) EXPECT_GT(ensemble.measure_on(device, batch).energy_j.value_or(1), 0);
  }
}

TEST(Boosting, TunedItIsChosenOnValidationAndEndsEarly) {
  BoostingRequest request;
  request.metric = Metric::rmse;
  const PreparedData data = made_data(Task::regression);
  const auto plain = BoostedEnsemble::train(data, request);
  request.tuned = true;
  const auto tuned = BoostedEnsemble::train(data, request);
  EXPECT_LE(tuned.scores().score_validation, plain.scores().score_validation);
}

}  // namespace
}  // namespace tabjoule::boosted_ensemble_test
