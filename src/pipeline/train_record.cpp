#include "pipeline/train_record.h"

#include "table/preprocessor_names.h"

namespace tabjoule {
namespace {

Json to_json(const Scores& scores) {
  Json json = Json::object();
  for (const auto& [metric, value] : scores) json[to_string(metric)] = value;
  return json;
}

Json teacher_json(const std::optional<TeacherRecord>& teacher) {
  if (!teacher) return nullptr;
  return {{"share_of_trees", teacher->share_of_trees},
          {"rows", teacher->rows},
          {"scores", {{"validation", to_json(teacher->validation)}, {"test", to_json(teacher->test)}}}};
}

Json recipe_json(const TrainRecord& record) {
  const Recipe& recipe = record.request.recipe;
  return {{"learning_rate", recipe.learning_rate},
          {"weight_decay", recipe.weight_decay},
          {"dropout", record.request.dropout},
          {"batch", record.batch},
          {"max_epochs", recipe.max_epochs},
          {"patience", recipe.patience},
          {"averaging_epochs", recipe.averaging_epochs},
          {"label_smoothing", record.request.data.label_smoothing},
          {"class_weights", record.class_weights},
          {"embedding_bins", record.request.embedding.bins},
          {"embedding_width", record.request.embedding.width}};
}

}  // namespace

Json to_json(const TrainRecord& record) {
  Json timing = Json::object();
  for (const auto& [name, time_s] : record.timing_s) timing[name] = {{"time_s", time_s}};
  return {{"format", "tabjoule-train"},
          {"version", 1},
          {"program_version", record.version},
          {"created", record.created},
          {"data", record.request.data.data},
          {"target", record.target},
          {"task", record.task},
          {"metric", to_string(record.metric)},
          {"higher_is_better", higher_is_better(record.metric)},
          {"rows", {{"train", record.rows_train}, {"validation", record.rows_validation}, {"test", record.rows_test}}},
          {"raw_columns", record.raw_columns},
          {"features", record.features},
          {"classes", record.classes},
          {"architecture", record.architecture},
          {"text", record.text},
          {"parameters", record.parameters},
          {"flops", record.flops},
          {"scaling",
           {{"chosen", name_of(record.scaling.scaling, scaling_names)},
            {"validation_loss_quantile", or_null(record.scaling.loss_quantile)},
            {"validation_loss_standard", or_null(record.scaling.loss_standard)}}},
          {"recipe", recipe_json(record)},
          {"teacher", teacher_json(record.teacher)},
          {"training_bytes", record.training_bytes},
          {"seed", record.request.seed},
          {"threads", record.threads},
          {"epochs", record.training.epochs},
          {"best_epoch", record.training.best_epoch},
          {"scores",
           {{"validation", to_json(record.validation)},
            {"test", to_json(record.test)},
            {"dummy_test", to_json(record.dummy_test)}}},
          {"trace", {{"losses", record.training.losses}, {"validation_scores", record.training.validation_scores}}},
          {"export_difference", record.export_difference},
          {"timing", std::move(timing)},
          {"notices", record.notices}};
}

}  // namespace tabjoule
