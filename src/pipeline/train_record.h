// What a user asks of `train`, and train.json: what came of it (docs/train-directory.md).
#pragma once

#include <optional>

#include "pipeline/request.h"
#include "pipeline/scaling_choice.h"
#include "pipeline/trained_model.h"

namespace tabjoule {

/// Piecewise-linear embeddings of the numeric columns (space/search_space.h).
struct NumericEmbeddingOptions {
  int bins = 0;    ///< at most so many a column, at its quantiles; 0: numeric columns are taken as they are
  int width = 16;  ///< numbers that stand for a column; an FT-Transformer's are as wide as the network
};

struct TrainRequest {
  DataRequest data;
  std::string metric;        ///< stops the training; empty: the task's default
  std::string architecture;  ///< JSON text, or a file that holds it: {"space": "mlp", "depth": 3, "width": 256}
  std::string space;         ///< overrides the architecture's "space": a built-in space or a space file
  Recipe recipe;
  double dropout = 0.1;
  NumericEmbeddingOptions embedding;
  std::uint64_t seed = 0;     ///< of the split, the initial weights, the order of the rows and the dropout
  int threads = 0;            ///< 0: all this process may use
  std::filesystem::path out;  ///< made, must not hold a run already
};

/// All metrics of the task on some rows.
using Scores = std::vector<std::pair<Metric, double>>;

/// What the network learnt from.
struct TeacherRecord {
  double share_of_trees = 0;
  std::size_t rows = 0;  ///< that it answered for: those of the table and others near them
  Scores validation, test;
};

struct TrainRecord {
  std::string version, created;  ///< of the program; UTC, ISO 8601
  TrainRequest request;
  std::string target, task;
  Metric metric = Metric::accuracy;
  std::size_t rows_train = 0, rows_validation = 0, rows_test = 0;
  int raw_columns = 0, features = 0;  ///< as read; width of the preprocessed matrix
  std::vector<std::string> classes;
  ScalingChoice scaling;
  std::vector<float> class_weights;
  Json architecture;
  std::string text;  ///< "mlp depth=3 width=256"
  std::int64_t parameters = 0, flops = 0;
  int batch = 0, threads = 0;
  std::size_t training_bytes = 0;  ///< that training takes beside the rows
  TrainResult training;
  std::optional<TeacherRecord> teacher;
  Scores validation, test, dummy_test;
  double export_difference = 0;
  std::vector<std::pair<std::string, double>> timing_s;
  std::vector<std::string> notices;
};

/// train.json.
[[nodiscard]] Json to_json(const TrainRecord& record);

}  // namespace tabjoule
