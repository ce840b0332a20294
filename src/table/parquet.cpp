#include "table/parquet.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "base/error.h"
#include "table/duckdb_session.h"

namespace tabjoule {
namespace {

std::string column_types(const std::vector<ParquetColumn>& columns) {
  std::vector<std::string> types;
  for (const ParquetColumn& column : columns) types.push_back(fmt::format("\"{}\": '{}'", column.name, column.type));
  return fmt::format("{{{}}}", fmt::join(types, ", "));
}

}  // namespace

void write_parquet(const std::filesystem::path& path, const std::vector<ParquetColumn>& columns, const Json& rows) {
  const auto lines = path.string() + ".rows.partial";
  const auto partial = path.string() + ".partial";
  std::string text;
  for (const Json& row : rows) text += to_text(row) + "\n";
  write_file(lines, text);
  try {
    DuckDbSession(1).execute(fmt::format(
        "COPY (SELECT * FROM read_json({}, format = 'newline_delimited', columns = {})) TO {} (FORMAT parquet)",
        sql_literal(lines), column_types(columns), sql_literal(partial)));
    std::filesystem::rename(partial, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    std::filesystem::remove(lines, ignored);
    std::filesystem::remove(partial, ignored);
    fail_internal("{}: cannot be written: {}", path.string(), error.what());
  }
  std::filesystem::remove(lines);
}

Json read_parquet(const std::filesystem::path& path, const std::vector<ParquetColumn>& columns) {
  if (!std::filesystem::exists(path)) fail_input("{}: no such file", path.string());
  const DuckDbSession session(1);
  return with_context(path.string(), [&] {
    const std::string file = fmt::format("read_parquet({})", sql_literal(path.string()));
    std::vector<std::string> members;
    std::set<std::string> there;
    for (const QueryColumn& column : DuckDbStatement(session, "FROM " + file).columns()) there.insert(column.name);
    for (const ParquetColumn& column : columns)
      members.push_back(there.contains(column.name)
                            ? fmt::format("\"{}\" := CAST(\"{}\" AS {})", column.name, column.name, column.type)
                            : fmt::format("\"{}\" := CAST(NULL AS {})", column.name, column.type));
    const DuckDbStatement statement(session, fmt::format("SELECT CAST(to_json(struct_pack({})) AS VARCHAR) FROM {}",
                                                         fmt::join(members, ", "), file));
    DuckDbRows chunks(statement);
    Json rows = Json::array();
    while (duckdb_data_chunk chunk = chunks.next()) {
      auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
      for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk); ++i)
        rows.push_back(Json::parse(std::string(duckdb_string_t_data(&texts[i]), duckdb_string_t_length(texts[i]))));
    }
    return rows;
  });
}

}  // namespace tabjoule
