#include "teach/teacher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace tabjoule::teacher_test {
namespace {

/// A number in (-1, 1) and a category of three levels, both of which decide.
struct Table {
  Preprocessor preprocessor;
  Samples train, validation, test;

  explicit Table(Task task, CategoryEncoding encoding = CategoryEncoding::one_hot) {
    NumericFeature number;
    number.column = "x";
    preprocessor.numeric.push_back(number);
    CategoricalFeature level;
    level.column = "level";
    level.levels = {"a", "b", "c"};
    level.encoding = encoding;
    preprocessor.categorical.push_back(level);
    Rng rng(5);
    for (Samples* samples : {&train, &validation, &test}) {
      samples->task = task;
      samples->target_mean = 100;
      samples->target_std = 20;
      samples->x = Matrix::Zero(samples == &train ? 500 : 200, preprocessor.width());
      for (Eigen::Index r = 0; r < samples->x.rows(); ++r) {
        const auto x = static_cast<float>(rng.uniform(-1, 1));
        const auto which = static_cast<int>(rng.below(3));
        samples->x(r, 0) = x;
        if (encoding == CategoryEncoding::codes)
          samples->x(r, 1) = static_cast<float>(which);
        else
          samples->x(r, 1 + which) = 1;
        const float truth = which == 0 ? x : which == 1 ? -x : std::abs(x) - 0.5F;
        if (task == Task::regression) samples->values.push_back(100 + 40 * truth);
        if (task == Task::binary) samples->labels.push_back(truth > 0 ? 1 : 0);
        if (task == Task::multiclass) samples->labels.push_back(truth > 0.3F ? 2 : truth > -0.3F ? 1 : 0);
      }
    }
  }
  [[nodiscard]] int outputs() const { return train.task == Task::regression ? 1 : train.task == Task::binary ? 2 : 3; }
  [[nodiscard]] Teacher teacher(int networks, int threads = 2, StopCheck stop = {}) const {
    ThreadPool pool(threads);
    TeacherOptions options;
    options.networks = networks;
    options.stop = std::move(stop);
    return Teacher::train(train, validation, preprocessor, outputs(), options, pool, {});
  }
};

double score(const Teacher& teacher, const Table& table) {
  ThreadPool pool(1);
  const Matrix answers = teacher.predict(table.test.x, pool);
  return evaluate(default_metric(table.test.task), block(answers), table.test.truth());
}

TEST(Teacher, LearnsEveryTaskInEveryEncoding) {
  for (const auto encoding : {CategoryEncoding::one_hot, CategoryEncoding::codes}) {
    EXPECT_GT(score(Table(Task::binary, encoding).teacher(1), Table(Task::binary, encoding)), 0.95);
    EXPECT_GT(score(Table(Task::multiclass, encoding).teacher(1), Table(Task::multiclass, encoding)), 0.92);
    EXPECT_LT(score(Table(Task::regression, encoding).teacher(1), Table(Task::regression, encoding)), 4);
  }
}

TEST(Teacher, IsTheSameForAnyNumberOfThreads) {
  const Table table(Task::multiclass);
  ThreadPool pool(1);
  EXPECT_EQ(table.teacher(1, 1).predict(table.test.x, pool), table.teacher(1, 3).predict(table.test.x, pool));
}

TEST(Teacher, TellsHowFarItsTreesAndItsNetworksAre) {
  const Table table(Task::binary);
  ThreadPool pool(2);
  TeacherOptions options;
  options.networks = 1;
  std::vector<double> told;
  (void)Teacher::train(table.train, table.validation, table.preprocessor, 2, options, pool,
                       [&](const Progress& p) { told.push_back(p.fraction); });
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.front(), 0);
  EXPECT_EQ(told.back(), 1);
  EXPECT_GT(std::count_if(told.begin(), told.end(), [](double f) { return f > 0 && f < 0.5; }), 10);
}

TEST(Teacher, OfNoNetworkIsItsTreesAndAStoppedOneIsWhatThereIs) {
  const Table table(Task::binary);
  EXPECT_EQ(table.teacher(0).share_of_trees(), 1);
  EXPECT_GT(score(table.teacher(1, 1, [] { return true; }), table), 0.4);
}

TEST(TaughtSamples, HoldTheAnswersAsNetworksPutThemOut) {
  const Table classes(Task::multiclass);
  Matrix answers(500, 3);
  for (Eigen::Index r = 0; r < 500; ++r) answers.row(r) << 0.2F, 0.8F, 0;
  const Samples taught = taught_samples(classes.train, classes.train.x, answers);
  Matrix back = taught.taught;
  softmax_rows(block(back));
  EXPECT_TRUE(back.isApprox(answers, 1e-4F));
  EXPECT_EQ(taught.labels, std::vector<std::int32_t>(500, 1));

  const Table numbers(Task::regression);
  const Samples values = taught_samples(numbers.train, numbers.train.x, Matrix::Constant(500, 1, 140));
  EXPECT_EQ(values.taught, Matrix::Constant(500, 1, 2));
  EXPECT_EQ(values.values, std::vector<float>(500, 140));
}

TEST(DefaultCopies, AreFewerWhereTheTableIsLarge) {
  EXPECT_EQ(default_copies(Matrix(10, 3)), 8);
  EXPECT_EQ(default_copies(Matrix(50'000, 1)), 4);
  EXPECT_EQ(default_copies(Matrix(10'000, 5'000)), 2);
  EXPECT_EQ(default_copies(Matrix(10'000'000, 1)), 1);
}

}  // namespace
}  // namespace tabjoule::teacher_test
