#include "suite/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/machine.h"
#include "base/median.h"
#include "base/version.h"
#include "predict/evaluate.h"
#include "suite/results.h"

namespace tabjoule {
namespace {

using Values = std::vector<double>;

double mean(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string text(const Json& row, const char* member) { return row.at(member).get<std::string>(); }

std::optional<double> number(const Json& row, const char* member) {
  if (row.at(member).is_null()) return {};
  return row.at(member).get<double>();
}

/// The rows of one search, by choice.
using Cell = std::map<std::string, const Json*>;

struct Rows {
  std::map<std::string, Cell> cells;  ///< by key
  std::vector<const Json*> all;
};

Rows rows_of_suite(const Suite& suite, const Json& rows) {
  Rows result;
  for (const Json& row : rows) {
    if (text(row, "suite") != suite.name || number(row, "effort") != suite.effort) continue;
    result.all.push_back(&row);
    result.cells[text(row, "key")][text(row, "choice")] = &row;
  }
  return result;
}

Json spread(const Values& values) {
  if (values.empty()) return nullptr;
  return {{"median", median_of(values)},
          {"mean", mean(values)},
          {"lowest", *std::min_element(values.begin(), values.end())},
          {"highest", *std::max_element(values.begin(), values.end())}};
}

/// What `choice` saves against accuracy-only search over the cells that `wanted` takes.
template <class Wanted>
Json saving_of(const Rows& rows, const std::string& choice, Wanted wanted) {
  Values savings, lost;
  std::size_t kept = 0;
  const std::optional<double> tolerance = tolerance_of(choice);
  for (const auto& [key, cell] : rows.cells) {
    const auto ours = cell.find(choice);
    const auto conventional = cell.find("accuracy");
    if (ours == cell.end() || conventional == cell.end() || !wanted(*ours->second)) continue;
    const auto energy_j = number(*ours->second, "energy_j");
    const auto conventional_j = number(*conventional->second, "energy_j");
    if (!energy_j || !conventional_j) continue;
    savings.push_back(1 - *energy_j / *conventional_j);
    lost.push_back(points_lost(*number(*conventional->second, "score_test"), *number(*ours->second, "score_test"),
                               ours->second->at("higher_is_better") == true));
    if (tolerance && lost.back() <= *tolerance) ++kept;
  }
  if (savings.empty()) return nullptr;
  Json result = {
      {"searches", savings.size()}, {"saving_fraction", spread(savings)}, {"test_points_lost", spread(lost)}};
  if (tolerance) result["kept_on_test_fraction"] = static_cast<double>(kept) / static_cast<double>(savings.size());
  return result;
}

std::vector<std::string> our_choices() {
  std::vector<std::string> choices{"energy"};
  for (const double tolerance : kTolerances) choices.push_back(choice_within(tolerance));
  return choices;
}

Json savings(const Suite& suite, const Rows& rows) {
  Json result = Json::object();
  for (const std::string& choice : our_choices()) {
    Json of_choice = saving_of(rows, choice, [](const Json&) { return true; });
    if (of_choice.is_null()) continue;
    Json by = Json::object();
    for (const std::string& device : suite.devices)
      for (const std::int64_t batch : suite.batches) {
        const Json part = saving_of(
            rows, choice, [&](const Json& row) { return text(row, "device") == device && row.at("batch") == batch; });
        if (!part.is_null()) by[fmt::format("{}, batch {}", device, batch)] = part;
      }
    for (const std::string& named : suite.spaces) {
      const std::string space = std::filesystem::path(named).stem().string();
      const Json part = saving_of(rows, choice, [&](const Json& row) { return text(row, "space") == space; });
      if (!part.is_null()) by[space] = part;
    }
    of_choice["by"] = by;
    result[choice] = of_choice;
  }
  return result;
}

/// How near a search by another cost comes to ours.
Json proxies(const Rows& rows) {
  Json result = Json::object();
  for (const char* name : {"accuracy", "flops", "latency"}) {
    std::size_t same = 0;
    Values ratios, gained;
    for (const auto& [key, cell] : rows.cells) {
      const auto ours = cell.find("energy");
      const auto theirs = cell.find(name);
      if (ours == cell.end() || theirs == cell.end()) continue;
      const auto our_j = number(*ours->second, "energy_j");
      const auto their_j = number(*theirs->second, "energy_j");
      if (!our_j || !their_j) continue;
      if (text(*ours->second, "network") == text(*theirs->second, "network")) ++same;
      ratios.push_back(*their_j / *our_j);
      gained.push_back(points_lost(*number(*theirs->second, "score_test"), *number(*ours->second, "score_test"),
                                   ours->second->at("higher_is_better") == true));
    }
    if (ratios.empty()) continue;
    result[name] = {{"searches", ratios.size()},
                    {"same_network_fraction", static_cast<double>(same) / static_cast<double>(ratios.size())},
                    {"energy_ratio", spread(ratios)},
                    {"test_points_over_ours", spread(gained)}};
  }
  return result;
}

/// Predicted against true energy of the networks that some choice took, each once a device and batch.
Json predictor_errors(const Suite& suite, const Rows& rows) {
  Json result = Json::object();
  for (const std::string& device : suite.devices) {
    std::set<std::string> seen;
    Values predicted, truth, errors;
    for (const Json* row : rows.all) {
      const auto predicted_j = number(*row, "energy_predicted_j");
      const auto energy_j = number(*row, "energy_j");
      if (text(*row, "device") != device || !predicted_j || !energy_j) continue;
      if (!seen.insert(text(*row, "key") + text(*row, "network")).second) continue;
      predicted.push_back(*predicted_j);
      truth.push_back(*energy_j);
      errors.push_back(std::abs(*predicted_j / *energy_j - 1));
    }
    if (errors.empty()) continue;
    result[device] = {{"networks", errors.size()}, {"mape", mean(errors)}, {"median", median_of(errors)}};
    result[device]["spearman"] = errors.size() > 2 ? Json(spearman(predicted, truth)) : Json(nullptr);
  }
  return result;
}

/// Per table: the mean over its rows of what a method scores, or of the logarithm of its joules.
std::map<std::string, std::map<std::string, double>> table_means(const Rows& rows, bool energy) {
  std::map<std::string, std::map<std::string, Values>> values;
  for (const Json* row : rows.all) {
    const double sign = row->at("higher_is_better").get<bool>() ? 1 : -1;
    const auto energy_j = number(*row, "energy_j");
    if (energy && !energy_j) continue;
    values[text(*row, "table")][text(*row, "choice")].push_back(energy ? -std::log(*energy_j)
                                                                       : sign * *number(*row, "score_test"));
  }
  std::map<std::string, std::map<std::string, double>> means;
  for (const auto& [table, methods] : values)
    for (const auto& [method, of] : methods) means[table][method] = mean(of);
  return means;
}

Json ranks(const Rows& rows, const std::vector<std::string>& methods, bool energy) {
  std::vector<Values> values;
  for (const auto& [table, means] : table_means(rows, energy)) {
    Values of_table;
    for (const std::string& method : methods)
      if (const auto found = means.find(method); found != means.end()) of_table.push_back(found->second);
    if (of_table.size() == methods.size()) values.push_back(std::move(of_table));
  }
  if (values.size() < 2) return nullptr;
  const RankComparison comparison = compare_ranks(values);
  Json average = Json::object();
  for (std::size_t i = 0; i < methods.size(); ++i) average[methods[i]] = comparison.average_ranks[i];
  return {{"tables", values.size()},
          {"average_ranks", average},
          {"critical_difference", comparison.critical_difference},
          {"friedman_f", or_null(comparison.friedman_f)}};
}

/// Over seeds, and over devices where a choice's score does not depend on them.
Json tables(const Suite& suite, const Rows& rows) {
  Json result = Json::array();
  for (const SuiteTable& table : suite.tables) {
    std::map<std::string, Values> scores;
    std::map<std::string, Values> savings;
    std::map<std::string, Values> energies;
    const Json* any = nullptr;
    for (const auto& [key, cell] : rows.cells)
      for (const auto& [choice, row] : cell) {
        if (text(*row, "table") != table.name) continue;
        any = row;
        scores[choice].push_back(*number(*row, "score_test"));
        const auto energy_j = number(*row, "energy_j");
        if (energy_j && text(*row, "device") == "cpu" && row->at("batch") == suite.batches.front())
          energies[choice].push_back(*energy_j);
        const auto conventional = cell.find("accuracy");
        if (conventional == cell.end() || !energy_j) continue;
        if (const auto conventional_j = number(*conventional->second, "energy_j"))
          savings[choice].push_back(1 - *energy_j / *conventional_j);
      }
    if (any == nullptr) continue;
    Json choices = Json::object();
    for (const auto& [choice, of] : scores) {
      choices[choice] = {{"score_test", mean(of)}};
      choices[choice]["saving_fraction"] = savings.contains(choice) ? Json(median_of(savings[choice])) : Json(nullptr);
      choices[choice]["cpu_energy_j"] = energies.contains(choice) ? Json(median_of(energies[choice])) : Json(nullptr);
    }
    result.push_back({{"table", table.name},
                      {"rows", any->at("rows")},
                      {"metric", any->at("metric")},
                      {"higher_is_better", any->at("higher_is_better")},
                      {"dummy_test_score", any->at("dummy_test_score")},
                      {"choices", choices}});
  }
  return result;
}

Json cost_of(const Rows& rows) {
  double time_s = 0;
  double energy_j = 0;
  double boosting_s = 0;
  std::set<std::string> machines;
  for (const auto& [key, cell] : rows.cells) {
    const Json& row = *cell.begin()->second;
    machines.insert(text(row, "machine"));
    if (text(row, "space") == "xgboost") {
      for (const auto& [choice, of] : cell) boosting_s += *number(*of, "search_time_s");
    } else {
      time_s += *number(row, "search_time_s");
      energy_j += number(row, "search_energy_estimated_j").value_or(0);
    }
  }
  return {{"search_time_s", time_s},
          {"search_energy_estimated_j", energy_j},
          {"boosting_time_s", boosting_s},
          {"machines", machines}};
}

/// The 5 % point of the studentised range for infinitely many degrees of freedom, over the root of 2, by the number of
/// methods.
constexpr std::array kNemenyi = {1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164};

}  // namespace

RankComparison compare_ranks(const std::vector<std::vector<double>>& values) {
  const std::size_t methods = values.front().size();
  if (values.size() < 2 || methods < 2 || methods > kNemenyi.size() + 1)
    fail_internal("{} methods on {} tables cannot be ranked", methods, values.size());
  const auto k = static_cast<double>(methods);
  const auto n = static_cast<double>(values.size());
  RankComparison comparison;
  comparison.average_ranks.assign(methods, 0);
  for (const auto& of_table : values)
    for (std::size_t i = 0; i < methods; ++i) {
      double rank = 1;
      for (std::size_t j = 0; j < methods; ++j)
        if (j != i) rank += of_table[j] > of_table[i] ? 1 : of_table[j] == of_table[i] ? 0.5 : 0;
      comparison.average_ranks[i] += rank / n;
    }
  double squares = 0;
  for (const double rank : comparison.average_ranks) squares += rank * rank;
  const double chi_square = 12 * n / (k * (k + 1)) * (squares - k * (k + 1) * (k + 1) / 4);
  const double rest = n * (k - 1) - chi_square;
  if (rest > 1e-9) comparison.friedman_f = (n - 1) * chi_square / rest;
  comparison.critical_difference = kNemenyi[methods - 2] * std::sqrt(k * (k + 1) / (6 * n));
  return comparison;
}

Json summary_of(const Suite& suite, const Json& rows) {
  const Rows of_suite = rows_of_suite(suite, rows);
  const std::vector<SuiteCell> cells = cells_of(suite);
  const auto done = std::count_if(cells.begin(), cells.end(),
                                  [&](const SuiteCell& cell) { return of_suite.cells.contains(key_of(suite, cell)); });
  std::vector<std::string> by_score{"energy", "accuracy", "flops", "latency"};
  const std::vector<std::string> by_energy = by_score;
  if (suite.boosting) by_score.insert(by_score.end(), {"xgboost", "xgboost tuned"});
  return {{"format", "tabjoule-suite-summary"},
          {"version", 1},
          {"suite", suite.name},
          {"description", suite.description},
          {"program_version", kVersion},
          {"created", utc_now()},
          {"effort", suite.effort},
          {"searches", cells.size()},
          {"searches_done", done},
          {"savings", savings(suite, of_suite)},
          {"proxies", proxies(of_suite)},
          {"predictor", predictor_errors(suite, of_suite)},
          {"ranks", {{"score", ranks(of_suite, by_score, false)}, {"energy", ranks(of_suite, by_energy, true)}}},
          {"tables", tables(suite, of_suite)},
          {"cost", cost_of(of_suite)}};
}

}  // namespace tabjoule
