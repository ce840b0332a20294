// DuckDB's C API with owners: a database in memory, a statement's columns, a result read chunk by chunk.
#pragma once

#include <duckdb.h>

#include <string>
#include <vector>

namespace tabjoule {

class DuckDbSession {
 public:
  /// Never fetches extensions. Errors (internal): the library cannot open a database.
  explicit DuckDbSession(int threads);
  ~DuckDbSession();
  DuckDbSession(const DuckDbSession&) = delete;
  DuckDbSession& operator=(const DuckDbSession&) = delete;

  /// Runs statements whose rows nobody wants. Errors (input): what DuckDB says against them, in one line.
  void execute(const std::string& sql) const;

  [[nodiscard]] duckdb_connection connection() const { return connection_; }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

struct QueryColumn {
  std::string name;
  duckdb_type type;
};

/// A prepared statement. Errors (input): what DuckDB says against it, in one line.
class DuckDbStatement {
 public:
  DuckDbStatement(const DuckDbSession& session, const std::string& sql);
  ~DuckDbStatement() { duckdb_destroy_prepare(&statement_); }
  DuckDbStatement(const DuckDbStatement&) = delete;
  DuckDbStatement& operator=(const DuckDbStatement&) = delete;

  [[nodiscard]] std::vector<QueryColumn> columns() const;
  [[nodiscard]] duckdb_prepared_statement get() const { return statement_; }

 private:
  duckdb_prepared_statement statement_ = nullptr;
};

/// The rows of a statement while they are made; nothing is kept.
class DuckDbRows {
 public:
  explicit DuckDbRows(const DuckDbStatement& statement);
  ~DuckDbRows();
  DuckDbRows(const DuckDbRows&) = delete;
  DuckDbRows& operator=(const DuckDbRows&) = delete;

  /// The next rows, nullptr at the end; valid until the next call. Errors (input), as DuckDbStatement.
  duckdb_data_chunk next();

 private:
  duckdb_result result_{};
  duckdb_data_chunk chunk_ = nullptr;
};

/// 'it''s': `text` as a SQL literal.
[[nodiscard]] std::string sql_literal(const std::string& text);

}  // namespace tabjoule
