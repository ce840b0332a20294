#include "table/table.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {

const char* to_string(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::numeric:
      return "numeric";
    case ColumnKind::boolean:
      return "boolean";
    case ColumnKind::datetime:
      return "datetime";
    case ColumnKind::categorical:
      return "categorical";
  }
  return "";
}

ColumnKind column_kind_from(const std::string& text) {
  for (const ColumnKind kind :
       {ColumnKind::numeric, ColumnKind::boolean, ColumnKind::datetime, ColumnKind::categorical})
    if (text == to_string(kind)) return kind;
  fail_usage("\"{}\" is not a kind of column{}; the kinds are numeric, boolean, datetime and categorical", text,
             did_you_mean(text, {"numeric", "boolean", "datetime", "categorical"}));
}

std::size_t Column::missing_count() const {
  if (kind == ColumnKind::categorical) return static_cast<std::size_t>(std::count(codes.begin(), codes.end(), -1));
  return static_cast<std::size_t>(
      std::count_if(numbers.begin(), numbers.end(), [](double value) { return std::isnan(value); }));
}

const Column* Table::find(const std::string& name) const {
  const auto at = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
  return at == columns.end() ? nullptr : &*at;
}

std::vector<std::string> Table::names() const {
  std::vector<std::string> result;
  result.reserve(columns.size());
  for (const auto& column : columns) result.push_back(column.name);
  return result;
}

}  // namespace tabjoule
