// Columns from which nothing can be learnt: no value, one value, or an identifier of the row.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "table/table_builder.h"

namespace tabjoule {
namespace {

/// In fewer rows, texts that all differ are no sign of an identifier.
constexpr std::size_t min_rows_of_identifier = 10;

bool is_constant(const Column& column) {
  if (column.kind == ColumnKind::categorical)
    return std::all_of(column.codes.begin(), column.codes.end(), [&](auto c) { return c == column.codes[0]; });
  return std::all_of(column.numbers.begin(), column.numbers.end(), [&](double v) { return v == column.numbers[0]; });
}

/// Whole numbers, none missing, that take every value of a range once: 0, 1, 2, ... in any order.
bool counts_the_rows(const Column& column) {
  const auto [low, high] = std::minmax_element(column.numbers.begin(), column.numbers.end());
  const auto rows = column.numbers.size();
  if (*low != std::floor(*low) || *high - *low != static_cast<double>(rows - 1)) return false;
  std::vector<bool> seen(rows);
  for (const double value : column.numbers) {
    const double offset = value - *low;
    if (!(offset >= 0) || offset != std::floor(offset)) return false;
    const auto at = static_cast<std::size_t>(offset);
    if (at >= rows || seen[at]) return false;
    seen[at] = true;
  }
  return true;
}

/// Why `column` is useless; empty where it is not.
std::string defect_of(const Column& column, std::size_t rows) {
  const std::size_t missing = column.missing_count();
  if (missing == rows) return "it has no value";
  if (rows > 1 && missing == 0 && is_constant(column)) return "all its values are the same";
  if (rows < min_rows_of_identifier) return "";
  if (column.kind == ColumnKind::categorical && column.levels.size() == rows - missing && missing * 2 < rows)
    return "every value is different, as in an identifier";
  if (column.kind == ColumnKind::numeric && missing == 0 && counts_the_rows(column)) return "it counts the rows";
  return "";
}

}  // namespace

Table without_useless_columns(Table table, const ReadOptions& options, const NoticeSink& notice) {
  std::vector<Column> kept;
  for (auto& column : table.columns) {
    const bool fixed = options.kinds.count(column.name) > 0 ||
                       std::find(options.keep.begin(), options.keep.end(), column.name) != options.keep.end();
    const std::string defect = fixed ? "" : defect_of(column, table.rows);
    if (defect.empty())
      kept.push_back(std::move(column));
    else
      notice(fmt::format("column \"{}\" dropped: {}", column.name, defect));
  }
  if (kept.empty())
    fail_input("no column is left: each is constant, empty or an identifier, or the separator was not recognised");
  table.columns = std::move(kept);
  return table;
}

}  // namespace tabjoule
