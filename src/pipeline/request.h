// What a user asks of a search: one declaration that feeds the flags and the run's record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "profile/device.h"
#include "search/reward.h"
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
  /// Networks and supernets learn from a teacher's answers (pipeline/lesson.h).
  bool teacher = false;
};

/// What the network must keep, whatever its score. Empty: no limit.
struct SearchLimits {
  std::optional<double> energy_budget_j;   ///< per prediction; the score decides within it
  std::optional<double> min_score;         ///< of `metric` on validation rows; the joules decide above it
  std::optional<double> latency_s;         ///< of one batch
  std::optional<std::int64_t> parameters;  ///< at most

  /// Whether there is a limit that a network can be seen to break before it is scored.
  [[nodiscard]] bool bind_before_scoring() const { return energy_budget_j || latency_s || parameters; }
};

struct SearchRequest {
  DataRequest data;
  std::string metric;                      ///< empty: the task's default
  std::vector<std::string> spaces{"mlp"};  ///< names or files; one supernet each, one front over all
  std::string device = "auto";
  DeviceOptions device_options;
  std::int64_t batch = 1;  ///< rows predicted at once on the device
  /// Utility given up for ten times less energy: 0.01 is one point of accuracy.
  double energy_weight = 0.01;
  RewardKind reward = RewardKind::weighted_sum;  ///< of the policies; the choice at the end always weighs a sum
  bool knee = false;                             ///< choose the knee of the trained front instead of weighing energy
  SearchLimits limits;
  std::vector<std::string> compare{"accuracy"};  ///< baselines: accuracy, flops, latency, random
  int train_points = 5;                          ///< points of the front that are trained to the end
  float dropout = 0.1F;  ///< of the supernets, and of a network's training unless tuning finds better
  std::uint64_t seed = 0;
  int threads = 0;  ///< 0: all this process may use
  /// Scales the work of training and searching: 0.1 is a quick look, 3 a thorough one.
  double effort = 1;
  /// Seconds for the whole run; 0: as long as the effort takes. Work is scaled by the speed of this machine, so that
  /// runs no longer repeat bit for bit.
  double time_budget_s = 0;
  double profile_budget_s = 40;
  std::filesystem::path profile_folder;  ///< device profiles are kept and reused here
  std::filesystem::path out;             ///< the run directory; made, must not hold a run already
  /// Where supernets, their scores and trained networks are kept and found, for runs that differ in no more than
  /// device, batch and what they search for; empty: in `out`.
  std::filesystem::path training_folder;
  bool resume = false;               ///< go on with what an earlier run of the same request left in `out`
  std::vector<std::string> command;  ///< for the record: the arguments that asked for this
  NoticeSink log = {};               ///< is told each line of log.txt too
  StopCheck interrupted = {};        ///< asked often; true: finish the best so far, quickly
};

}  // namespace tabjoule
