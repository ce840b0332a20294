#include "suite/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/machine.h"
#include "base/version.h"
#include "table/parquet.h"

namespace tabjoule {
namespace {

constexpr std::string_view kWithin = "energy within ";

const std::vector<ParquetColumn>& columns() {
  static const std::vector<ParquetColumn> kColumns{{"key", "VARCHAR"},
                                                   {"suite", "VARCHAR"},
                                                   {"table", "VARCHAR"},
                                                   {"task", "VARCHAR"},
                                                   {"metric", "VARCHAR"},
                                                   {"higher_is_better", "BOOLEAN"},
                                                   {"rows", "BIGINT"},
                                                   {"space", "VARCHAR"},
                                                   {"device", "VARCHAR"},
                                                   {"batch", "BIGINT"},
                                                   {"seed", "BIGINT"},
                                                   {"effort", "DOUBLE"},
                                                   {"choice", "VARCHAR"},
                                                   {"network", "VARCHAR"},
                                                   {"parameters", "BIGINT"},
                                                   {"flops", "BIGINT"},
                                                   {"score_validation", "DOUBLE"},
                                                   {"score_test", "DOUBLE"},
                                                   {"dummy_test_score", "DOUBLE"},
                                                   {"energy_j", "DOUBLE"},
                                                   {"energy_source", "VARCHAR"},
                                                   {"energy_measured_j", "DOUBLE"},
                                                   {"energy_predicted_j", "DOUBLE"},
                                                   {"time_measured_s", "DOUBLE"},
                                                   {"search_time_s", "DOUBLE"},
                                                   {"search_energy_estimated_j", "DOUBLE"},
                                                   {"version", "VARCHAR"},
                                                   {"machine", "VARCHAR"},
                                                   {"created", "VARCHAR"}};
  return kColumns;
}

/// Null in every column that `members` does not name.
Json row_with(const Suite& suite, const SuiteTable& table, std::uint64_t seed, std::int64_t batch,
              const Json& members) {
  Json row;
  for (const ParquetColumn& column : columns()) row[column.name] = nullptr;
  row.update(
      {{"suite", suite.name}, {"table", table.name}, {"batch", batch}, {"seed", seed}, {"effort", suite.effort}});
  row.update(members);
  return row;
}

/// The true energy of a simulated device, else what was measured; never the predictor's figure.
std::optional<double> judged_energy(const RunPoint& point) {
  return point.energy_true_j ? point.energy_true_j : point.energy_measured_j;
}

/// What a user knows of a network before it is deployed.
double known_energy(const RunPoint& point) { return point.energy_measured_j.value_or(*point.energy_predicted_j); }

/// Every network that the run trained to its end, each once.
std::vector<const RunPoint*> trained_points(const RunRecord& record) {
  std::vector<const RunPoint*> points;
  const auto add = [&](const RunPoint& point) {
    const bool known =
        std::any_of(points.begin(), points.end(), [&](const RunPoint* p) { return p->text == point.text; });
    if (point.trained && !known) points.push_back(&point);
  };
  add(record.chosen);
  for (const RunPoint& point : record.pareto) add(point);
  for (const RunBaseline& baseline : record.baselines) add(baseline.point);
  return points;
}

}  // namespace

double points_lost(double score, double other, bool higher_is_better) {
  if (higher_is_better) return 100 * (score - other);
  if (score == 0) return other == 0 ? 0 : 100;
  return 25 * (other / score - 1);
}

std::string choice_within(double tolerance) { return fmt::format("{}{:g}", kWithin, tolerance); }

std::optional<double> tolerance_of(const std::string& choice) {
  if (!choice.starts_with(kWithin)) return {};
  return std::stod(choice.substr(kWithin.size()));
}

std::string choice_title(const std::string& choice) {
  if (const auto tolerance = tolerance_of(choice)) return fmt::format("at most {:g} points lost", *tolerance);
  for (const auto& [name, title] : {std::pair("energy", "our choice"),
                                    {"accuracy", "accuracy only"},
                                    {"flops", "by FLOPs"},
                                    {"latency", "by latency"},
                                    {"xgboost", "XGBoost"},
                                    {"xgboost tuned", "XGBoost, tuned"}})
    if (choice == name) return title;
  return choice;
}

Json rows_of(const Suite& suite, const SuiteCell& cell, const RunRecord& record, double search_energy_j) {
  double search_time_s = 0;
  for (const RunPhase& phase : record.phases) search_time_s += phase.time_s;
  const Json of_search = row_with(suite, suite.tables[cell.job.table], cell.job.seed, cell.batch,
                                  {{"key", key_of(suite, cell)},
                                   {"task", record.task},
                                   {"metric", record.metric},
                                   {"higher_is_better", record.higher_is_better},
                                   {"rows", record.rows_train + record.rows_validation + record.rows_test},
                                   {"space", record.spaces.front().name},
                                   {"device", record.device},
                                   {"dummy_test_score", record.dummy_test_score},
                                   {"energy_source", to_string(record.source)},
                                   {"search_time_s", search_time_s},
                                   {"search_energy_estimated_j", search_energy_j},
                                   {"version", record.version},
                                   {"machine", record.machine},
                                   {"created", record.created}});
  Json rows = Json::array();
  const auto add = [&](const std::string& choice, const RunPoint& point) {
    Json row = of_search;
    row.update({{"choice", choice},
                {"network", point.text},
                {"parameters", point.parameters},
                {"flops", point.flops},
                {"score_validation", or_null(point.score_validation)},
                {"score_test", or_null(point.score_test)},
                {"energy_j", or_null(judged_energy(point))},
                {"energy_measured_j", or_null(point.energy_measured_j)},
                {"energy_predicted_j", or_null(point.energy_predicted_j)},
                {"time_measured_s", or_null(point.time_measured_s)}});
    rows.push_back(std::move(row));
  };
  add("energy", record.chosen);
  const auto conventional = std::find_if(record.baselines.begin(), record.baselines.end(),
                                         [](const RunBaseline& baseline) { return baseline.name == "accuracy"; });
  if (conventional != record.baselines.end())
    for (const double tolerance : kTolerances) {
      const RunPoint* least = &conventional->point;
      for (const RunPoint* point : trained_points(record))
        if (points_lost(*conventional->point.score_validation, *point->score_validation, record.higher_is_better) <=
                tolerance &&
            known_energy(*point) < known_energy(*least))
          least = point;
      add(choice_within(tolerance), *least);
    }
  for (const RunBaseline& baseline : record.baselines) add(baseline.name, baseline.point);
  return rows;
}

Json row_of(const Suite& suite, const SuiteTable& table, std::uint64_t seed, std::int64_t batch,
            const PreparedData& data, Metric metric, const BoostingScores& scores, const BoostingCost& cost,
            EnergySource source) {
  return row_with(suite, table, seed, batch,
                  {{"key", boosting_key(suite, table, seed, batch)},
                   {"task", to_string(data.dataset->target.task)},
                   {"metric", to_string(metric)},
                   {"higher_is_better", higher_is_better(metric)},
                   {"rows", data.train.rows() + data.validation.rows() + data.test.rows()},
                   {"space", "xgboost"},
                   {"device", "cpu"},
                   {"choice", scores.tuned ? "xgboost tuned" : "xgboost"},
                   {"network", scores.text},
                   {"parameters", scores.leaves},
                   {"score_validation", scores.score_validation},
                   {"score_test", scores.score_test},
                   {"dummy_test_score", dummy_score(data.train, data.test, data.dataset->target.outputs(), metric)},
                   {"energy_j", or_null(cost.energy_j)},
                   {"energy_source", to_string(source)},
                   {"energy_measured_j", or_null(cost.energy_j)},
                   {"time_measured_s", or_null(cost.time_s)},
                   {"search_time_s", scores.training_s},
                   {"version", kVersion},
                   {"machine", machine_text()},
                   {"created", utc_now()}});
}

SuiteResults::SuiteResults(const std::filesystem::path& folder) : path_(folder / "results.parquet") {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::exists(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("results") && name.ends_with(".parquet")) files.push_back(entry.path());
    }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    Json rows = read_parquet(file, columns());
    if (file == path_) own_ = rows;
    std::set<std::string> keys;  // a cell that two computers have done counts once
    for (Json& row : rows) {
      const auto key = row.at("key").get<std::string>();
      if (keys_.contains(key)) continue;
      keys.insert(key);
      rows_.push_back(std::move(row));
    }
    keys_.insert(keys.begin(), keys.end());
  }
}

void SuiteResults::add(const Json& rows) {
  for (const Json& row : rows) {
    own_.push_back(row);
    rows_.push_back(row);
    keys_.insert(row.at("key").get<std::string>());
  }
  write_parquet(path_, columns(), own_);
}

std::string key_of(const Suite& suite, const SuiteCell& cell) {
  return fmt::format("{}/{}/seed {}/{}/batch {}/effort {:g}", suite.tables[cell.job.table].name,
                     std::filesystem::path(cell.job.space).stem().string(), cell.job.seed, cell.device, cell.batch,
                     suite.effort);
}

std::string boosting_key(const Suite& suite, const SuiteTable& table, std::uint64_t seed, std::int64_t batch) {
  return fmt::format("{}/xgboost/seed {}/cpu/batch {}/effort {:g}", table.name, seed, batch, suite.effort);
}

}  // namespace tabjoule
