#include "table/append.h"

#include <algorithm>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Rewrites codes into `from` as codes into the sorted `to`, which holds every level of `from`.
void recode(std::vector<std::int32_t>& codes, const std::vector<std::string>& from,
            const std::vector<std::string>& to) {
  std::vector<std::int32_t> places;
  places.reserve(from.size());
  for (const auto& level : from)
    places.push_back(static_cast<std::int32_t>(std::lower_bound(to.begin(), to.end(), level) - to.begin()));
  for (auto& code : codes)
    if (code >= 0) code = places[static_cast<std::size_t>(code)];
}

void append_column(Column& column, const Column& more) {
  column.numbers.insert(column.numbers.end(), more.numbers.begin(), more.numbers.end());
  if (column.kind != ColumnKind::categorical) return;
  std::vector<std::string> levels;
  std::set_union(column.levels.begin(), column.levels.end(), more.levels.begin(), more.levels.end(),
                 std::back_inserter(levels));
  std::vector<std::int32_t> codes = more.codes;
  recode(column.codes, column.levels, levels);
  recode(codes, more.levels, levels);
  column.codes.insert(column.codes.end(), codes.begin(), codes.end());
  column.levels = std::move(levels);
}

}  // namespace

void append_rows(Table& table, const Table& more) {
  if (table.columns.size() != more.columns.size())
    fail_input("{} has {} columns, {} has {}", table.source, table.columns.size(), more.source, more.columns.size());
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].name != more.columns[c].name || table.columns[c].kind != more.columns[c].kind)
      fail_input("{}: column {} is \"{}\" ({}), {} has \"{}\" ({}) there", more.source, c + 1, more.columns[c].name,
                 to_string(more.columns[c].kind), table.source, table.columns[c].name,
                 to_string(table.columns[c].kind));
    append_column(table.columns[c], more.columns[c]);
  }
  table.rows += more.rows;
}

}  // namespace tabjoule
