#include "table/table_builder.h"

#include <algorithm>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

void require_different(const std::vector<SourceColumn>& source) {
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto [first, is_new] = seen.emplace(source[i].name, i);
    if (!is_new)
      fail_input("columns {} and {} are both named \"{}\"; rename one of them", first->second + 1, i + 1,
                 source[i].name);
  }
}

void require_present(const std::string& name, const std::vector<std::string>& names) {
  if (std::find(names.begin(), names.end(), name) == names.end())
    fail_input("no column \"{}\"{}", name, did_you_mean(name, names));
}

Table in_schema_order(Table table, const ReadOptions& options) {
  Table ordered{table.source, {}, table.rows};
  for (const auto& entry : options.schema) {
    const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                                 [&](const Column& column) { return column.name == entry.first; });
    ordered.columns.push_back(std::move(*at));
  }
  return ordered;
}

}  // namespace

std::optional<ColumnKind> fixed_kind(const ReadOptions& options, const std::string& name) {
  for (const auto& [schema_name, kind] : options.schema)
    if (schema_name == name) return kind;
  const auto at = options.kinds.find(name);
  return at == options.kinds.end() ? std::nullopt : std::optional(at->second);
}

bool is_wanted(const ReadOptions& options, const std::string& name) {
  if (!options.schema.empty())
    return std::any_of(options.schema.begin(), options.schema.end(), [&](const auto& e) { return e.first == name; });
  return std::find(options.drop.begin(), options.drop.end(), name) == options.drop.end();
}

TableBuilder::TableBuilder(const std::vector<SourceColumn>& source, const ReadOptions& options) : options_(options) {
  require_different(source);
  std::vector<std::string> names;
  for (const auto& column : source) names.push_back(column.name);
  for (const auto& entry : options.schema) require_present(entry.first, names);
  if (options.schema.empty()) {
    for (const auto& entry : options.kinds) require_present(entry.first, names);
    for (const auto& name : options.drop) require_present(name, names);
  }
  for (const auto& [name, natural] : source) {
    const auto fixed = fixed_kind(options, name);
    const bool stays_natural = natural && (fixed.value_or(*natural) != ColumnKind::categorical ||
                                           (natural == ColumnKind::categorical && !fixed));
    if (!is_wanted(options, name))
      columns_.emplace_back();
    else if (stays_natural)
      columns_.emplace_back(std::in_place, name, *natural, fixed);
    else
      columns_.emplace_back(std::in_place, name, fixed);
    if (options_.keep_infinities && columns_.back()) columns_.back()->keep_infinities();
  }
}

std::size_t TableBuilder::rows_to_refill() const {
  std::size_t rows = 0;
  for (const auto& column : columns_)
    if (column) rows = std::max(rows, column->rows_to_refill());
  return rows;
}

Table TableBuilder::finish(const std::string& source_name, const NoticeSink& notice) {
  Table table;
  table.source = source_name;
  for (auto& column : columns_) {
    if (!column) continue;
    table.rows = column->rows();
    table.columns.push_back(column->finish(notice));
    column.reset();
  }
  if (table.columns.empty()) fail_input("no column is left to read");
  if (table.rows == 0) fail_input("the table has no rows");
  if (table.rows > std::numeric_limits<std::uint32_t>::max())
    fail_input("{} rows; at most 4294967295 can be read", table.rows);
  if (!options_.schema.empty()) return in_schema_order(std::move(table), options_);
  return without_useless_columns(std::move(table), options_, notice);
}

}  // namespace tabjoule
