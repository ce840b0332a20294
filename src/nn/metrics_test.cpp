#include "nn/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/json.h"

namespace tabjoule::metrics_test {
namespace {

const Json& reference() {
  static const Json json = read_json(std::string(TABJOULE_TEST_DATA) + "/metrics_reference.json");
  return json;
}

Matrix matrix(const std::vector<float>& numbers, int cols) {
  Matrix m(static_cast<Eigen::Index>(numbers.size()) / cols, cols);
  std::copy(numbers.begin(), numbers.end(), m.data());
  return m;
}

/// The rows of hundred_class_probabilities in make_reference.py.
Matrix hundred_classes(int rows) {
  Matrix p(rows, 100);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < 100; ++j) p(i, j) = static_cast<float>(1 + (i * 37 + j * 101 + i * j * 5) % 32) / 4096;
    p(i, i * 7 % 100) += 1 - p.row(i).sum();  // exact: every value is a multiple of 1/4096
  }
  return p;
}

double score(Metric metric, const Matrix& p, const std::vector<std::int32_t>& labels) {
  return evaluate(metric, block(p), {labels, {}});
}

class ClassificationMetrics : public testing::TestWithParam<const char*> {};

TEST_P(ClassificationMetrics, EqualScikitLearn) {
  const Json& expected = reference().at(GetParam());
  const int classes = expected.at("classes").get<int>();
  const auto labels = expected.at("labels").get<std::vector<std::int32_t>>();
  const Matrix p = classes == 100 ? hundred_classes(static_cast<int>(labels.size()))
                                  : matrix(expected.at("predictions").get<std::vector<float>>(), classes);
  for (const auto& name : metric_names(Task::multiclass))
    EXPECT_NEAR(score(metric_from(name, Task::multiclass), p, labels), expected.at("scores").at(name).get<double>(),
                1e-7)
        << name;
}

INSTANTIATE_TEST_SUITE_P(Cases, ClassificationMetrics,
                         testing::Values("binary", "multiclass", "class_absent", "hundred_classes"),
                         [](const auto& tested) { return tested.param; });

TEST(RegressionMetrics, EqualScikitLearn) {
  const Json& expected = reference().at("regression");
  const Matrix p = matrix(expected.at("predictions").get<std::vector<float>>(), 1);
  const auto values = expected.at("values").get<std::vector<float>>();
  for (const auto& name : metric_names(Task::regression))
    EXPECT_NEAR(evaluate(metric_from(name, Task::regression), block(p), {{}, values}),
                expected.at("scores").at(name).get<double>(), 1e-9)
        << name;
}

TEST(Auc, IsAHalfWhereOneClassIsAbsentAndWhereAllScoresTie) {
  EXPECT_EQ(score(Metric::auc, matrix({0.4F, 0.6F, 0.2F, 0.8F}, 2), {1, 1}), 0.5);
  EXPECT_EQ(score(Metric::auc, matrix({0.5F, 0.5F, 0.5F, 0.5F, 0.5F, 0.5F}, 2), {1, 0, 0}), 0.5);
  EXPECT_EQ(score(Metric::auc, matrix({1, 0, 0, 1, 0, 0}, 3), {2, 2}), 0.5);
}

TEST(Auc, IsOneForAPerfectOrderAndZeroForItsReverse) {
  const Matrix p = matrix({0.9F, 0.1F, 0.8F, 0.2F, 0.3F, 0.7F}, 2);
  EXPECT_EQ(score(Metric::auc, p, {0, 0, 1}), 1);
  EXPECT_EQ(score(Metric::auc, p, {1, 1, 0}), 0);
}

TEST(F1, IsZeroWhereNothingIsPositive) { EXPECT_EQ(score(Metric::f1, matrix({0.9F, 0.1F}, 2), {0}), 0); }

TEST(LogLoss, ClipsAtOneInTenMillion) {
  EXPECT_NEAR(score(Metric::log_loss, matrix({1, 0}, 2), {1}), -std::log(1e-7), 1e-9);
  EXPECT_EQ(score(Metric::log_loss, matrix({1, 0}, 2), {0}), 0);
}

TEST(R2, IsZeroForAConstantTarget) {
  const std::vector<float> values{2, 2};
  EXPECT_EQ(evaluate(Metric::r2, block(matrix({1, 3}, 1)), {{}, values}), 0);
}

TEST(Evaluate, RefusesToScoreNoRows) { EXPECT_THROW((void)score(Metric::accuracy, Matrix(0, 2), {}), Error); }

TEST(MetricNames, AreThoseOfTheTaskAndComeBack) {
  EXPECT_THAT(metric_names(Task::regression), testing::ElementsAre("rmse", "mae", "r2"));
  for (const auto task : {Task::binary, Task::multiclass, Task::regression}) {
    for (const auto& name : metric_names(task)) EXPECT_EQ(to_string(metric_from(name, task)), name);
    EXPECT_THAT(metric_names(task), testing::Contains(to_string(default_metric(task))));
  }
}

TEST(MetricFrom, ListsTheTasksMetricsAndSuggestsTheNearest) {
  try {
    (void)metric_from("acuracy", Task::binary);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(
        error.what(),
        "\"acuracy\" is not a metric of a binary task: choose one of accuracy, balanced_accuracy, auc, log_loss, "
        "f1; did you mean \"accuracy\"?");
  }
  EXPECT_THROW((void)metric_from("rmse", Task::multiclass), Error);
  EXPECT_THROW((void)metric_from("auc", Task::regression), Error);
}

TEST(Utility, RisesAsTheMetricGetsBetterWhicheverWayThatIs) {
  for (const auto task : {Task::binary, Task::regression}) {
    for (const auto& name : metric_names(task)) {
      const Metric metric = metric_from(name, task);
      const double worse = higher_is_better(metric) ? 0.3 : 0.6;
      const double better = higher_is_better(metric) ? 0.6 : 0.3;
      EXPECT_LT(utility(metric, worse, 0.8), utility(metric, better, 0.8)) << name;
      EXPECT_LT(utility(metric, worse, 0), utility(metric, better, 0)) << name << ", a perfect dummy";
    }
  }
  EXPECT_EQ(utility(Metric::rmse, 2, 8), 0.75);
  EXPECT_EQ(utility(Metric::rmse, 8, 8), 0);
}

}  // namespace
}  // namespace tabjoule::metrics_test
