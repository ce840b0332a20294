// Every column leaves DuckDB as one of two types: DOUBLE (numbers, booleans, seconds) or VARCHAR, cast in the
// query, so that one small reader here serves all of SQL's types.
#include "table/duckdb_table.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "table/cell.h"
#include "table/duckdb_session.h"
#include "table/file_bytes.h"
#include "table/table_builder.h"

namespace tabjoule {
namespace {

enum class Way { number, boolean, seconds, text };

Way way_of(const QueryColumn& column) {
  switch (column.type) {
    case DUCKDB_TYPE_BOOLEAN:
      return Way::boolean;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_SQLNULL:
      return Way::number;
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_TZ:
      return Way::seconds;
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
      return Way::text;
    default:
      fail_input("column \"{}\" is nested, binary or an interval; turn it into numbers or texts in a SQL query",
                 column.name);
  }
}

/// A time of day is a number, its seconds since midnight; a day or a moment is a datetime.
std::optional<ColumnKind> natural_kind(const QueryColumn& column) {
  switch (way_of(column)) {
    case Way::number:
      return ColumnKind::numeric;
    case Way::boolean:
      return ColumnKind::boolean;
    case Way::seconds:
      return column.type == DUCKDB_TYPE_TIME || column.type == DUCKDB_TYPE_TIME_TZ ? ColumnKind::numeric
                                                                                   : ColumnKind::datetime;
    case Way::text:  // an ENUM's texts are levels by declaration, even where they look like numbers
      return column.type == DUCKDB_TYPE_ENUM ? std::optional(ColumnKind::categorical) : std::nullopt;
  }
  return {};
}

std::string cast_of(const QueryColumn& column, std::size_t position, bool text) {
  if (text) return fmt::format("CAST(c{} AS VARCHAR)", position);
  if (way_of(column) == Way::seconds) return fmt::format("CAST(epoch(c{}) AS DOUBLE)", position);
  return fmt::format("CAST(c{} AS DOUBLE)", position);
}

/// A column of the query that is read: who takes it, and as what.
struct Wanted {
  ColumnBuilder* builder;
  bool text;
};

void add_chunk(duckdb_data_chunk chunk, const std::vector<Wanted>& columns) {
  const idx_t rows = duckdb_data_chunk_get_size(chunk);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    ColumnBuilder& builder = *columns[c].builder;
    duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
    std::uint64_t* valid = duckdb_vector_get_validity(vector);
    void* data = duckdb_vector_get_data(vector);
    for (idx_t row = 0; row < rows; ++row) {
      if (valid && !duckdb_validity_row_is_valid(valid, row)) {
        builder.add_missing();
      } else if (columns[c].text) {
        duckdb_string_t& text = static_cast<duckdb_string_t*>(data)[row];
        builder.add_text(trimmed({duckdb_string_t_data(&text), duckdb_string_t_length(text)}));
      } else {
        builder.add_number(static_cast<double*>(data)[row]);
      }
    }
  }
}

std::string without_semicolon(const std::string& sql) {
  const auto last = sql.find_last_not_of(" \t\r\n;");
  return sql.substr(0, last + 1);
}

Table read_rows(const std::string& sql, const std::string& source, const ReadOptions& options,
                const NoticeSink& notice) {
  const DuckDbSession session(options.threads);
  std::string query = without_semicolon(sql);
  if (first_word(query) == "pivot") {  // is several statements to DuckDB, which cannot be prepared as one
    session.execute("CREATE TEMP TABLE pivoted AS " + query);
    query = "FROM pivoted";
  }
  const auto found = DuckDbStatement(session, query).columns();
  std::vector<SourceColumn> columns;
  for (const auto& column : found)
    columns.push_back({column.name, is_wanted(options, column.name) ? natural_kind(column) : std::nullopt});
  TableBuilder table(columns, options);

  std::vector<Wanted> wanted;
  std::string names, casts;
  for (std::size_t i = 0; i < found.size(); ++i) {
    names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
    ColumnBuilder* builder = table.column(i);
    if (!builder) continue;
    const auto fixed = fixed_kind(options, found[i].name);
    const bool text = way_of(found[i]) == Way::text || fixed == ColumnKind::categorical;
    if (text) builder->start_as_texts();
    casts += (wanted.empty() ? "" : ", ") + cast_of(found[i], i, text);
    wanted.push_back({builder, text});
  }
  if (wanted.empty()) fail_input("no column is left to read");
  const DuckDbStatement statement(session, fmt::format("SELECT {} FROM ({}\n) AS t({})", casts, query, names));
  DuckDbRows rows(statement);
  while (duckdb_data_chunk chunk = rows.next()) add_chunk(chunk, wanted);
  return table.finish(source, notice);
}

}  // namespace

std::string first_word(const std::string& sql) {
  const auto first = std::min(sql.find_first_not_of(" \t\r\n"), sql.size());
  if (first < sql.size() && sql[first] == '(') return "(";
  return lower(sql.substr(first, std::min(sql.find_first_of(" \t\r\n(*'\"", first), sql.size()) - first));
}

Table run_query(const std::string& sql, const ReadOptions& options, const NoticeSink& notice) {
  return with_context("SQL query", [&] { return read_rows(sql, sql, options, notice); });
}

Table query_file(const std::string& path, const std::string& reader, const ReadOptions& options,
                 const NoticeSink& notice) {
  return with_context(path, [&] {
    std::optional<TemporaryFile> inflated;
    if (is_gzip(path)) inflated.emplace(read_inflated(path), reader == "read_parquet" ? ".parquet" : ".json");
    const std::string file = sql_literal(inflated ? inflated->path() : path);
    return read_rows(fmt::format("SELECT * FROM {}({})", reader, file), path, options, notice);
  });
}

}  // namespace tabjoule
