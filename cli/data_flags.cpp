#include "cli/data_flags.h"

namespace tabjoule::cli {

DataRequest DataFlags::request() const {
  DataRequest request = data;
  if (task != "auto") request.task = task_from(task);
  request.choose_scaling = scaling == "auto";
  request.preprocess.scaling = scaling == "standard" ? Scaling::standard : Scaling::quantile;
  for (const auto& name : numeric) request.kinds[name] = ColumnKind::numeric;
  for (const auto& name : categorical) request.kinds[name] = ColumnKind::categorical;
  return request;
}

void add_data_flags(CLI::App& command, DataFlags& flags) {
  DataRequest& data = flags.data;
  command.add_option("--data", data.data, "a table: CSV, Parquet, JSON or ARFF file, or a SQL query over files")
      ->required();
  command.add_option("--target", data.target, "the column to predict")->required();
  command.add_option("--validation-data", data.validation_data, "rows to validate on (else a part of --data)");
  command.add_option("--test-data", data.test_data, "rows to test on (else a part of --data)");
  command.add_option("--split-column", data.split_column, "a column that says train, validation or test");
  command.add_option("--task", flags.task, "what the target is")
      ->check(CLI::IsMember({"auto", "binary", "multiclass", "regression"}))
      ->capture_default_str();
  command.add_option("--metric", flags.metric,
                     "score to maximise: accuracy, balanced_accuracy, auc, f1, log_loss; rmse, mae, r2 "
                     "(default: accuracy or rmse)");
  command.add_option("--numeric", flags.numeric, "columns to read as numbers")->delimiter(',');
  command.add_option("--categorical", flags.categorical, "columns to read as categories")->delimiter(',');
  command.add_option("--drop", data.drop, "columns to leave out")->delimiter(',');
  command.add_option("--scaling", flags.scaling, "of numeric columns; auto: the better one on validation rows")
      ->check(CLI::IsMember({"auto", "quantile", "standard"}))
      ->capture_default_str();
  command.add_option("--class-weights", data.class_weights,
                     "how much an error on a row of a class counts: balanced, or NAME=WEIGHT,... (others: 1)");
  command.add_option("--label-smoothing", data.label_smoothing, "share of each label that is spread over all classes")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str();
  command.add_flag("--teacher", data.teacher,
                   "learn from the answers of trees and large networks joined, on more rows than the table has");
}

}  // namespace tabjoule::cli
