#include "supernet/supernet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "supernet/testing.h"

namespace tabjoule::supernet_test {
namespace {

using namespace testing_supernet;
using testing_nn::curve_samples;
using testing_nn::xor_samples;

TEST(Supernet, HoldsTheParametersOfTheLargestNetworkAndNoMore) {
  const Supernet supernet(space(), {4, 2, 0}, 1);
  std::int64_t held = 0;
  for (const auto& [name, p] : supernet.store().all()) held += p.value.size();
  EXPECT_EQ(held, supernet.network(largest(supernet.space())).parameter_count());
}

TEST(SupernetScorer, ScoresAnArchitectureOnce) {
  Supernet supernet(space(), {4, 2, 0}, 1);
  const Samples validation = xor_samples(200, 4, 2);
  ThreadPool pool(1);
  SupernetScorer scorer(supernet, validation, validation, Metric::log_loss, pool);
  const double first = scorer.score(smallest(space()));
  EXPECT_EQ(scorer.scored(), 1U);
  for (auto& [name, p] : supernet.store().all()) p.value.setZero();  // a second evaluation would see this
  EXPECT_EQ(scorer.score(smallest(space())), first);
  EXPECT_EQ(scorer.scored(), 1U);
  EXPECT_NEAR(scorer.score(largest(space())), std::log(2.0), 1e-6);
  EXPECT_EQ(scorer.scored(), 2U);
}

TEST(SupernetScorer, ScoresRegressionInTheTargetsUnit) {
  Supernet supernet(space(), {4, 1, 0}, 1);
  for (auto& [name, p] : supernet.store().all()) p.value.setZero();  // predicts the mean, 23
  const Samples validation = curve_samples(300, 4, 2);
  ThreadPool pool(1);
  double squares = 0;
  for (const float v : validation.values) squares += (v - 23.0) * (v - 23.0) / 300;
  EXPECT_NEAR(SupernetScorer(supernet, validation, validation, Metric::rmse, pool).score(smallest(space())),
              std::sqrt(squares), 1e-5);
}

/// Of every architecture, on a supernet whose running statistics are all `statistic`.
std::vector<double> scores_with(Supernet supernet, float statistic, const Samples& train, const Samples& validation) {
  for (const Layer& layer : supernet.network(largest(supernet.space())).layers)
    for (const ParameterRef& ref : layer.parameters)
      if (!ref.trained) supernet.store().at(ref.name).value.setConstant(statistic);
  ThreadPool pool(1);
  SupernetScorer scorer(supernet, train, validation, Metric::accuracy, pool);
  std::vector<double> scores;
  for (const auto& architecture : all_architectures(supernet.space())) scores.push_back(scorer.score(architecture));
  return scores;
}

TEST(SupernetScorer, RecomputesBatchNormStatisticsForEachArchitecture) {
  const Samples train = xor_samples(600, 4, 1);
  const Samples validation = xor_samples(300, 4, 2);
  Supernet supernet(resnet_space(), {4, 2, 0}, 1);
  ThreadPool pool(1);
  train_supernet(supernet, train, validation, options(20), pool, {});
  const std::vector<double> scores = scores_with(supernet, 0.5F, train, validation);
  EXPECT_EQ(scores, scores_with(supernet, 9, train, validation)) << "what was left by other paths must not count";
  EXPECT_GT(*std::max_element(scores.begin(), scores.end()), 0.8);
}

}  // namespace
}  // namespace tabjoule::supernet_test
