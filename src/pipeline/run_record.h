// run.json: what a search did and found (docs/run-directory.md).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "power/sensor.h"

namespace tabjoule {

/// One architecture in a run. What was not done is empty: only some points are trained to the end.
struct RunPoint {
  Json architecture;
  std::string text;  ///< "mlp depth=3 width=64"
  std::optional<double> score_supernet, score_validation, score_test;
  std::optional<double> energy_predicted_j, energy_measured_j, energy_measured_half_width_95_j;
  std::optional<double> energy_true_j;  ///< what a simulated device really spends on a prediction
  std::optional<double> time_predicted_s, time_measured_s;
  std::int64_t parameters = 0;
  std::int64_t flops = 0;
};

struct RunBaseline {
  std::string name;  ///< "accuracy": the same search without energy in its reward
  RunPoint point;
  double saving_fraction = 0;     ///< 1 - energy of the chosen point / energy of this one
  bool saving_predicted = false;  ///< from predicted energies, since one of the two could not be measured
};

struct RunTrace {
  std::vector<double> supernet_losses;
  std::vector<double> mean_rewards;
  std::vector<double> entropies;
};

struct RunPhase {
  std::string name;
  double time_s = 0;
  double energy_j = 0;  ///< by the device's sensor
};

struct RunKernel {
  std::string text;  ///< "linear m=1 n=64 k=108 relu"
  std::vector<std::string> nodes;
  double energy_j = 0;  ///< predicted, of one run of the batch
  double time_s = 0;
};

struct RunRecord {
  std::string version;  ///< of the program
  std::string created;  ///< UTC, ISO 8601
  std::string data, target, task, metric, space;
  bool higher_is_better = true;
  std::string device, fingerprint, sensor, sensor_description;
  EnergySource source = EnergySource::estimated;
  std::int64_t batch = 1;
  std::uint64_t seed = 0;
  int threads = 1;
  double energy_weight = 0;
  std::size_t rows_train = 0, rows_validation = 0, rows_test = 0;
  int features = 0;  ///< width of the preprocessed matrix
  int raw_columns = 0;
  std::vector<std::string> classes;
  double dummy_test_score = 0;  ///< of a prediction that ignores the features
  std::vector<RunPoint> pareto;
  std::size_t architectures_scored = 0;
  std::uint64_t architectures_in_space = 0;
  RunPoint chosen;
  std::vector<RunKernel> chosen_kernels;
  std::vector<RunBaseline> baselines;
  RunTrace trace;
  Json predictor;  ///< samples and cross-validated errors
  double export_difference = 0;
  std::vector<RunPhase> phases;
  std::vector<std::string> notices;
  std::filesystem::path folder;  ///< not stored: where the record was written or read
};

[[nodiscard]] Json to_json(const RunRecord& record);
[[nodiscard]] RunRecord record_from_json(const Json& json);
/// Reads run.json of a run directory. Errors (input): it is absent or of another version.
[[nodiscard]] RunRecord read_record(const std::filesystem::path& folder);

}  // namespace tabjoule
