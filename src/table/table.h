// A table in memory, by columns, with the kind of each column decided. The way in is read_table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/progress.h"

namespace tabjoule {

enum class ColumnKind {
  numeric,
  boolean,      ///< numbers 0 and 1
  datetime,     ///< numbers: seconds since 1970-01-01 00:00:00 UTC
  categorical,  ///< codes into levels
};

[[nodiscard]] const char* to_string(ColumnKind kind);
[[nodiscard]] ColumnKind column_kind_from(const std::string& text);  ///< Errors (usage): unknown kind.

struct Column {
  std::string name;
  ColumnKind kind = ColumnKind::numeric;
  std::vector<double> numbers;      ///< (N) numeric, boolean, datetime; NaN where missing, never infinite
  std::vector<std::int32_t> codes;  ///< (N) categorical: index into levels, -1 where missing
  std::vector<std::string> levels;  ///< distinct texts, sorted

  [[nodiscard]] std::size_t missing_count() const;
};

struct Table {
  std::string source;  ///< what the user named: a file or a query
  std::vector<Column> columns;
  std::size_t rows = 0;

  [[nodiscard]] const Column* find(const std::string& name) const;  ///< nullptr where absent
  [[nodiscard]] std::vector<std::string> names() const;
};

struct ReadOptions {
  /// Kinds the user fixes; every other column's kind is inferred. A categorical column keeps the file's text
  /// ("020" stays "020").
  std::map<std::string, ColumnKind> kinds;
  /// Columns left out.
  std::vector<std::string> drop;
  /// Columns that are kept whatever they look like (the target, a split column).
  std::vector<std::string> keep;
  /// When not empty: read exactly these columns with these kinds, in this order (new rows for a trained
  /// model). Nothing is inferred or dropped; a column the file lacks is an error that suggests the nearest.
  std::vector<std::pair<std::string, ColumnKind>> schema;
  /// Infinities stay in numeric columns rather than count as missing.
  bool keep_infinities = false;
  int threads = 1;
};

/// Whether `data` is a SQL query rather than a path: it starts with SELECT, FROM, WITH, PIVOT, DESCRIBE or a
/// parenthesis, and goes on.
[[nodiscard]] bool is_query(const std::string& data);

/// Reads `data`: a path (CSV or TSV in any dialect, Parquet, JSON, ARFF dense or sparse, each also .gz) or a
/// SQL query (is_query) that DuckDB runs over files.
///
/// Inference: numbers -> numeric; true/false -> boolean; dates and timestamps -> datetime; other text ->
/// categorical. "?", "NA", "N/A", "NaN", "null" and the empty cell are missing, as are infinities (counted in
/// a notice; but see keep_infinities). Identifier-like columns (texts that all differ; integers that count the rows),
/// constant columns and columns without a value are dropped, each with a notice, unless named in `keep` or `kinds`.
///
/// Errors (input): file, row and column are named: an absent file, a row with too few or too many fields, a
/// truncated ARFF row, a table without rows or columns, duplicate column names, a column fixed as numeric that
/// holds text.
[[nodiscard]] Table read_table(const std::string& data, const ReadOptions& options, const NoticeSink& notice);

}  // namespace tabjoule
