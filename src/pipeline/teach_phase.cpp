// A teacher for the networks of a search.
#include "pipeline/lesson.h"
#include "pipeline/search_phases.h"

namespace tabjoule {
namespace {

constexpr const char* kLessonFile = "lesson.bin";
/// Floating-point operations of each of its networks at effort 1: about half a minute on two cores.
constexpr double kTeacherFlops = 3e12;
/// Of what a time budget leaves.
constexpr double kTeacherShareOfTime = 0.2;

Json teach(SearchState& state, const NearbyRows& rows) {
  if (const auto kept = state.training.load("teacher")) return *kept;
  const PreparedData& data = state.data_of(0);
  TeacherOptions options;
  options.seed = state.request.seed;
  options.flop_budget = state.request.effort * kTeacherFlops;
  options.stop = state.clock.after_share(kTeacherShareOfTime);
  const Lesson lesson = make_lesson(data, rows, options, state.pool, state.progress);
  write_lesson(state.training.file(kLessonFile), lesson);
  const auto score = [&](const Matrix& answers, const Samples& samples) {
    return evaluate(state.metric, block(answers), samples.truth());
  };
  Json outcome =
      to_json(RunTeacher{lesson.share_of_trees, static_cast<std::size_t>(lesson.answers.rows()),
                         score(lesson.validation_answers, data.validation), score(lesson.test_answers, data.test)});
  if (!state.clock.interrupted()) state.training.store("teacher", outcome);
  return outcome;
}

void apply_teach(SearchState& state, const NearbyRows& rows, const Json& outcome) {
  const Lesson lesson = read_lesson(state.training.file(kLessonFile));
  for (auto& [encoding, data] : state.data) data.taught = learnt_from(lesson, rows, data);
  state.record.teacher = teacher_from_json(outcome);
}

}  // namespace

void teach_phase(SearchState& state) {
  if (!state.request.data.teacher) return;
  std::optional<NearbyRows> made;
  const auto rows = [&]() -> const NearbyRows& {
    if (!made) made = rows_to_teach(state.data_of(0), state.request.seed, state.pool);
    return *made;
  };
  kept_phase(
      state, "teacher", [&] { return teach(state, rows()); },
      [&](const Json& outcome) { apply_teach(state, rows(), outcome); });
}

}  // namespace tabjoule
