// What a user asks of a search: one declaration that feeds the flags and the run's record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "profile/device.h"
#include "table/dataset.h"
#include "table/preprocessor.h"
#include "table/table.h"

namespace tabjoule {

/// Where rows come from and which columns matter. Shared by every command that learns from a table.
struct DataRequest {
  std::string data;             ///< file or SQL query
  std::string target;           ///< column to predict
  std::string validation_data;  ///< further files with the same columns; empty: split off `data`
  std::string test_data;
  std::string split_column;  ///< holds train, validation or test; empty: random split
  std::optional<Task> task;  ///< empty: from the target
  std::map<std::string, ColumnKind> kinds;
  std::vector<std::string> drop;
  PreprocessOptions preprocess;
  /// Choose preprocess.scaling on validation rows (pipeline/scaling_choice.h).
  bool choose_scaling = true;
  std::string class_weights;  ///< "balanced" or "NAME=W,..."; empty: every class counts alike a row
  double label_smoothing = 0;
};

struct SearchRequest {
  DataRequest data;
  std::string metric;  ///< empty: the task's default
  std::string space = "mlp";
  std::string device = "auto";
  DeviceOptions device_options;
  std::int64_t batch = 1;  ///< rows predicted at once on the device
  /// Utility given up for ten times less energy: 0.01 is one point of accuracy.
  double energy_weight = 0.01;
  float dropout = 0.1F;
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all this process may use
  /// Scales the work of training and searching: 0.1 is a quick look, 3 a thorough one.
  double effort = 1;
  double profile_budget_s = 40;
  std::filesystem::path profile_folder;  ///< device profiles are kept and reused here
  std::filesystem::path out;             ///< the run directory; made, must not hold a run already
};

}  // namespace tabjoule
