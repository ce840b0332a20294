// What a teacher (teach/teacher.h) says of a table's training rows and of rows near them: what networks may learn
// instead of the table itself.
#pragma once

#include <filesystem>

#include "pipeline/prepared_data.h"
#include "teach/teacher.h"

namespace tabjoule {

struct Lesson {
  double share_of_trees = 0;  ///< what the trees count in the teacher's predictions; networks the rest
  int copies = 0;             ///< rows near each training row
  Matrix answers;             ///< (N (copies + 1), K): predictions as evaluate takes them
  Matrix validation_answers, test_answers;
};

/// Trains a teacher on `data` and asks it. Its seed decides the rows too. Errors: those of Teacher::train.
[[nodiscard]] Lesson make_lesson(const PreparedData& data, const TeacherOptions& options, ThreadPool& pool,
                                 const ProgressSink& progress);

/// The rows of `lesson` as a student takes them that sees `data`, the same table as the teacher's `source` in any
/// encoding. `seed` is the lesson's.
[[nodiscard]] Samples learnt_from(const Lesson& lesson, const PreparedData& source, const PreparedData& data,
                                  std::uint64_t seed, ThreadPool& pool);

/// A file of a run's checkpoint (docs/run-directory.md).
void write_lesson(const std::filesystem::path& file, const Lesson& lesson);
/// Errors (input): damaged, of another version.
[[nodiscard]] Lesson read_lesson(const std::filesystem::path& file);

}  // namespace tabjoule
