// What a teacher (teach/teacher.h) says of a table's training rows and of rows near them: what networks may learn
// instead of the table itself.
#pragma once

#include <filesystem>

#include "pipeline/prepared_data.h"
#include "teach/nearby_rows.h"
#include "teach/teacher.h"

namespace tabjoule {

struct Lesson {
  double share_of_trees = 0;  ///< what the trees count in the teacher's predictions; networks the rest
  Matrix answers;             ///< (N, K) for the rows of rows_to_teach: predictions as evaluate takes them
  Matrix validation_answers, test_answers;
};

/// The training rows and those near them, for a table as large as `data`.
[[nodiscard]] NearbyRows rows_to_teach(const PreparedData& data, std::uint64_t seed, ThreadPool& pool);

/// Trains a teacher on `data` and asks it. Errors: those of Teacher::train.
[[nodiscard]] Lesson make_lesson(const PreparedData& data, const NearbyRows& rows, const TeacherOptions& options,
                                 ThreadPool& pool, const ProgressSink& progress);

/// The lesson as a student takes it that sees `data`, the table of `rows` in any encoding. Errors (input): the lesson
/// is of other rows.
[[nodiscard]] Samples learnt_from(const Lesson& lesson, const NearbyRows& rows, const PreparedData& data);

/// A file of a run's checkpoint (docs/run-directory.md).
void write_lesson(const std::filesystem::path& file, const Lesson& lesson);
/// Errors (input): damaged, of another version.
[[nodiscard]] Lesson read_lesson(const std::filesystem::path& file);

}  // namespace tabjoule
