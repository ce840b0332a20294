// What the rows of a suite say together: summary.json (docs/suite-format.md).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "suite/suite.h"

namespace tabjoule {

/// `rows` as results.parquet holds them; those of other suites or efforts are left out.
[[nodiscard]] Json summary_of(const Suite& suite, const Json& rows);

/// Methods compared over tables by their ranks (Demsar 2006).
struct RankComparison {
  std::vector<double> average_ranks;  ///< one a method, 1 is best; ties share theirs
  double critical_difference = 0;     ///< Nemenyi's at 5 %: smaller differences of ranks may be chance
  /// Iman and Davenport's F; empty where all tables rank alike, so that it has no bound.
  std::optional<double> friedman_f;
};

/// values[table][method], more is better; at least 2 tables, 2 to 10 methods.
[[nodiscard]] RankComparison compare_ranks(const std::vector<std::vector<double>>& values);

}  // namespace tabjoule
