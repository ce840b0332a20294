#include "pipeline/lesson.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "runtime/temporary_folder.h"
#include "table/test_support.h"

namespace tabjoule::lesson_test {
namespace {

/// Two categories and a number that decide together.
PreparedData prepared(const std::string& csv, CategoryEncoding encoding) {
  const testing_table::Folder folder;
  DataRequest request;
  request.data = folder.write("t.csv", csv);
  request.target = "y";
  request.preprocess.encoding = encoding;
  return prepare_data(request, 0, 1, [](const std::string&) {});
}

TEST(Lesson, IsLearntInAnyEncodingAndComesBackFromItsFile) {
  Rng rng(1);
  std::string csv = "x,shape,size,y\n";
  for (int i = 0; i < 400; ++i) {
    const double x = rng.uniform(-1, 1);
    const bool round = rng.uniform() < 0.5, large = rng.uniform() < 0.5;
    csv += fmt::format("{},{},{},{}\n", x, round ? "round" : "square", large ? "large" : "small",
                       (round != large) == (x > 0) ? "yes" : "no");
  }
  const PreparedData source = prepared(csv, CategoryEncoding::one_hot);
  const PreparedData codes = prepared(csv, CategoryEncoding::codes);
  ThreadPool pool(2);
  TeacherOptions options;
  options.seed = 3;
  const NearbyRows nearby = rows_to_teach(source, 3, pool);
  const Lesson lesson = make_lesson(source, nearby, options, pool, {});
  const auto rows = static_cast<Eigen::Index>(source.train.rows());
  EXPECT_EQ(lesson.answers.rows(), rows * 9);
  EXPECT_GT(evaluate(Metric::accuracy, block(lesson.test_answers), source.test.truth()), 0.85);

  const Samples learnt = learnt_from(lesson, nearby, codes);
  ASSERT_EQ(learnt.x.rows(), rows * 9);
  EXPECT_EQ(learnt.x.topRows(rows), codes.train.x);
  // Rows and answers stay together: the rule that made the table holds for them in the other encoding too.
  const auto level = [&](Eigen::Index row, std::size_t feature) {
    return codes.preprocessor.categorical[feature]
        .levels[static_cast<std::size_t>(learnt.x(row, 1 + static_cast<Eigen::Index>(feature)))];
  };
  int right = 0;
  for (Eigen::Index r = 0; r < learnt.x.rows(); ++r) {
    const bool one = level(r, 0) == "round", other = level(r, 1) == "large";
    const bool yes = (one != other) == (learnt.x(r, 0) > 0);
    right += static_cast<int>(yes == (learnt.labels[static_cast<std::size_t>(r)] == 1));
  }
  EXPECT_GT(right, 0.85 * static_cast<double>(learnt.x.rows()));

  EXPECT_THROW((void)learnt_from({0, lesson.answers.topRows(7), {}, {}}, nearby, codes), Error);

  const TemporaryFolder folder;
  const auto file = folder.path() / "lesson.bin";
  write_lesson(file, lesson);
  const Lesson back = read_lesson(file);
  EXPECT_EQ(back.answers, lesson.answers);
  EXPECT_EQ(back.test_answers, lesson.test_answers);
  EXPECT_EQ(back.share_of_trees, lesson.share_of_trees);
  write_file(file, read_file(file) + "x");
  EXPECT_THROW((void)read_lesson(file), Error);
}

}  // namespace
}  // namespace tabjoule::lesson_test
