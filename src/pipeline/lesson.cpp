#include "pipeline/lesson.h"

#include <utility>

#include "base/error.h"
#include "base/numbers_file.h"

namespace tabjoule {
namespace {

constexpr const char* kLessonFormat = "tabjoule-lesson";
constexpr int kLessonVersion = 1;

Matrix read_matrix(NumbersFile& file, const char* name) {
  const Json& size = file.header().at(name);
  Matrix matrix(size.at(0).get<Eigen::Index>(), size.at(1).get<Eigen::Index>());
  file.read(matrix);
  return matrix;
}

}  // namespace

NearbyRows rows_to_teach(const PreparedData& data, std::uint64_t seed, ThreadPool& pool) {
  return {one_hot_view(data.train.x, data.preprocessor), default_copies(data.train.x), seed, pool};
}

Lesson make_lesson(const PreparedData& data, const NearbyRows& rows, const TeacherOptions& options, ThreadPool& pool,
                   const ProgressSink& progress) {
  const Teacher teacher = Teacher::train(data.train, data.validation, data.preprocessor, data.dataset->target.outputs(),
                                         options, pool, progress);
  return {teacher.share_of_trees(), teacher.predict(rows.of(data.train.x, data.preprocessor.column_ends()), pool),
          teacher.predict(data.validation.x, pool), teacher.predict(data.test.x, pool)};
}

Samples learnt_from(const Lesson& lesson, const NearbyRows& rows, const PreparedData& data) {
  Matrix x = rows.of(data.train.x, data.preprocessor.column_ends());
  if (x.rows() != lesson.answers.rows())
    fail_input("the teacher answered for {} rows, not for {}", lesson.answers.rows(), x.rows());
  return taught_samples(data.train, std::move(x), lesson.answers);
}

void write_lesson(const std::filesystem::path& file, const Lesson& lesson) {
  const auto size = [](const Matrix& matrix) { return Json{matrix.rows(), matrix.cols()}; };
  std::string numbers;
  for (const Matrix* matrix : {&lesson.answers, &lesson.validation_answers, &lesson.test_answers})
    numbers += bytes_of(*matrix);
  write_numbers(file,
                {{"format", kLessonFormat},
                 {"version", kLessonVersion},
                 {"share_of_trees", lesson.share_of_trees},
                 {"answers", size(lesson.answers)},
                 {"validation_answers", size(lesson.validation_answers)},
                 {"test_answers", size(lesson.test_answers)}},
                numbers);
}

Lesson read_lesson(const std::filesystem::path& file) {
  std::string bytes = read_file(file);
  return with_context(file.string(), [&] {
    try {
      NumbersFile numbers(std::move(bytes), kLessonFormat, kLessonVersion);
      Lesson lesson;
      lesson.share_of_trees = numbers.header().at("share_of_trees").get<double>();
      lesson.answers = read_matrix(numbers, "answers");
      lesson.validation_answers = read_matrix(numbers, "validation_answers");
      lesson.test_answers = read_matrix(numbers, "test_answers");
      numbers.require_end();
      return lesson;
    } catch (const Json::exception& error) {
      fail_input("is damaged: {}", error.what());
    }
  });
}

}  // namespace tabjoule
