// What a suite's runs came to, one row a network that some choice took, in results.parquet (docs/suite-format.md).
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "pipeline/run_record.h"
#include "suite/boosted_ensemble.h"
#include "suite/suite.h"

namespace tabjoule {

/// Score given up that a row "energy within T" may: in points of a score, or 4 % of an error for each point.
constexpr double kTolerances[] = {0, 0.5, 1};

/// Points that `other` scores less than `score` (negative where it scores more): hundredths of a score where higher is
/// better, 25ths of the relative error else, so that half a point is 2 % of an error; 100 where `score` is no error at
/// all and `other` is one.
[[nodiscard]] double points_lost(double score, double other, bool higher_is_better);

/// "energy within 0.5", and back: empty where `choice` has no tolerance.
[[nodiscard]] std::string choice_within(double tolerance);
[[nodiscard]] std::optional<double> tolerance_of(const std::string& choice);
/// For people; a choice that is not ours by its own name.
[[nodiscard]] std::string choice_title(const std::string& choice);

/// The rows of a finished search: "energy" (our choice), "energy within T" for each tolerance (of all trained networks
/// the one of the least energy whose validation score loses at most T points against accuracy-only search), and each
/// baseline. `search_energy_j`: what the search took, estimated.
[[nodiscard]] Json rows_of(const Suite& suite, const SuiteCell& cell, const RunRecord& record, double search_energy_j);
/// The row of a booster, on the computer itself.
[[nodiscard]] Json row_of(const Suite& suite, const SuiteTable& table, std::uint64_t seed, std::int64_t batch,
                          const PreparedData& data, Metric metric, const BoostingScores& scores,
                          const BoostingCost& cost, EnergySource source);

/// results.parquet and the rows it holds. Whatever is in the file stays there.
class SuiteResults {
 public:
  /// Reads `folder`/results.parquet and every other results*.parquet there, of other computers, say.
  explicit SuiteResults(const std::filesystem::path& folder);

  /// What a row's key says of which cell it is.
  [[nodiscard]] bool has(const std::string& key) const { return keys_.contains(key); }
  /// Adds the rows of one cell and writes the file anew, whole or not at all.
  void add(const Json& rows);
  [[nodiscard]] const Json& rows() const { return rows_; }

 private:
  std::filesystem::path path_;
  Json rows_ = Json::array();
  Json own_ = Json::array();  ///< those of results.parquet itself
  std::set<std::string> keys_;
};

[[nodiscard]] std::string key_of(const Suite& suite, const SuiteCell& cell);
[[nodiscard]] std::string boosting_key(const Suite& suite, const SuiteTable& table, std::uint64_t seed,
                                       std::int64_t batch);

}  // namespace tabjoule
