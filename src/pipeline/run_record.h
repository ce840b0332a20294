// run.json: what a search did and found (docs/run-directory.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/interval.h"
#include "base/json.h"
#include "power/sensor.h"

namespace tabjoule {

/// A kernel of a network as the device runs it; predicted, of one run of the batch.
struct RunKernel {
  std::string text;  ///< "linear m=1 n=64 k=108 relu"
  std::vector<std::string> nodes;
  double energy_j = 0;
  double time_s = 0;
};

/// One architecture in a run. What was not done is empty: only some points are trained to the end.
struct RunPoint {
  std::string space;  ///< its name
  Json architecture;
  std::string text;      ///< "mlp depth=3 width=64"
  bool trained = false;  ///< from scratch, to the end
  std::optional<double> score_supernet, score_validation, score_test;
  std::optional<double> score_supernet_standard_error, score_validation_standard_error;  ///< over rows
  std::optional<double> energy_predicted_j, energy_measured_j, energy_measured_half_width_95_j;
  std::optional<Interval> energy_predicted_interval_90_j, time_predicted_interval_90_s;
  std::optional<double> energy_true_j;  ///< what a simulated device really spends on a prediction
  std::optional<double> time_predicted_s, time_measured_s;
  std::int64_t parameters = 0;
  std::int64_t flops = 0;
  Json training;  ///< the recipe it was trained by; null where it was not
  std::vector<RunKernel> kernels;
};

/// One of the searched spaces.
struct RunSpace {
  std::string name, family;
  std::uint64_t architectures = 0;  ///< how many there are
  std::size_t scored = 0;           ///< how many of them were scored on the supernet
};

struct RunReward {
  std::string name;          ///< what the search maximised
  double energy_weight = 0;  ///< score given up for ten times less energy
};

/// What was asked of the network, empty where it was not.
struct RunLimits {
  std::optional<double> energy_budget_j, min_score, latency_s;
  std::optional<std::int64_t> parameters;
};

/// Why the chosen point was chosen.
struct RunChoice {
  std::string rule;   ///< "energy-weight", "energy-budget", "min-score", "latency", "parameters" or "knee"
  std::string text;   ///< one plain sentence
  bool holds = true;  ///< false: no trained network keeps what was asked; the nearest was taken
};

struct RunBaseline {
  std::string name;  ///< "accuracy", "flops", "latency", "random"
  RunPoint point;
  double saving_fraction = 0;     ///< 1 - energy of the chosen point / energy of this one
  bool saving_predicted = false;  ///< from predicted energies, since one of the two could not be measured
};

struct RunTrace {
  struct Supernet {
    std::vector<double> losses, probe_scores;  ///< an entry an epoch
  };
  struct Search {
    std::vector<double> mean_rewards, entropies;  ///< an entry an update
  };
  std::vector<std::pair<std::string, Supernet>> supernets;  ///< by space
  std::vector<std::pair<std::string, Search>> searches;     ///< "energy", or a baseline's name
};

struct RunPhase {
  std::string name;
  double time_s = 0;
  double energy_j = 0;  ///< by the device's sensor
};

/// What networks learnt from, beside the table.
struct RunTeacher {
  double share_of_trees = 0;  ///< in its predictions; networks' the rest
  std::size_t rows = 0;       ///< that it answered for: the training rows and others near them
  double score_validation = 0, score_test = 0;
};

struct RunRecord {
  std::string version;  ///< of the program
  std::string created;  ///< UTC, ISO 8601
  std::vector<std::string> command;
  std::string machine;  ///< the computer that searched: processor, cores
  std::string data, target, task, metric;
  bool higher_is_better = true;
  std::string device, fingerprint, sensor, sensor_description;
  EnergySource source = EnergySource::estimated;
  std::int64_t batch = 1;
  std::uint64_t seed = 0;
  int threads = 1;
  RunReward reward;
  RunLimits limits;
  std::size_t rows_train = 0, rows_validation = 0, rows_test = 0;
  int features = 0;  ///< width of the preprocessed matrix of the chosen network
  int raw_columns = 0;
  std::vector<std::string> classes;
  double dummy_test_score = 0;  ///< of a prediction that ignores the features
  std::optional<RunTeacher> teacher;
  std::vector<RunSpace> spaces;
  std::size_t architectures_scored = 0;  ///< over all spaces
  std::vector<RunPoint> pareto;          ///< by rising energy
  RunPoint chosen;
  RunChoice chosen_by;
  std::vector<RunBaseline> baselines;
  RunTrace trace;
  Json predictor;  ///< samples and cross-validated errors
  double export_difference = 0;
  std::optional<std::string> stopped_early;  ///< "time budget", "interrupted"
  std::vector<RunPhase> phases;
  std::vector<std::string> notices;
  std::filesystem::path folder;  ///< not stored: where the record was written or read
};

[[nodiscard]] Json to_json(const RunPoint& point);
[[nodiscard]] RunPoint point_from_json(const Json& json);
[[nodiscard]] Json to_json(const RunTeacher& teacher);
/// Errors (input): a member is absent or of another type.
[[nodiscard]] RunTeacher teacher_from_json(const Json& json);
[[nodiscard]] Json to_json(const RunRecord& record);
/// Errors (input): of another version, a member is absent or of another type.
[[nodiscard]] RunRecord record_from_json(const Json& json);
/// Reads run.json of a run directory. Errors (input): it is absent or of another version.
[[nodiscard]] RunRecord read_record(const std::filesystem::path& folder);

}  // namespace tabjoule
