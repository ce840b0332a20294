#include "table/duckdb_session.h"

#include "base/error.h"
#include "table/cell.h"

namespace tabjoule {
namespace {

/// DuckDB's message without its picture of the query ("LINE 1: ..."), in one line.
std::string one_line(const char* message) {
  std::string_view text = message ? message : "unknown error";
  text = text.substr(0, text.find("\nLINE "));
  std::string line;
  for (const char c : trimmed(text)) {
    const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace

DuckDbSession::DuckDbSession(int threads) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  duckdb_set_config(config, "threads", std::to_string(threads).c_str());
  char* message = nullptr;
  const bool opened = duckdb_open_ext(nullptr, &database_, config, &message) == DuckDBSuccess;
  duckdb_destroy_config(&config);
  const std::string reason = message ? message : "";
  duckdb_free(message);
  if (!opened || duckdb_connect(database_, &connection_) != DuckDBSuccess) {
    duckdb_close(&database_);
    fail_internal("DuckDB cannot be started: {}", one_line(reason.c_str()));
  }
}

DuckDbSession::~DuckDbSession() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

void DuckDbSession::execute(const std::string& sql) const {
  duckdb_result result{};
  const bool done = duckdb_query(connection_, sql.c_str(), &result) == DuckDBSuccess;
  const std::string message = done ? "" : one_line(duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  if (!done) fail_input("{}", message);
}

DuckDbStatement::DuckDbStatement(const DuckDbSession& session, const std::string& sql) {
  if (duckdb_prepare(session.connection(), sql.c_str(), &statement_) == DuckDBSuccess) return;
  const std::string message = one_line(duckdb_prepare_error(statement_));
  duckdb_destroy_prepare(&statement_);
  fail_input("{}", message);
}

std::vector<QueryColumn> DuckDbStatement::columns() const {
  std::vector<QueryColumn> columns;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement_); ++i) {
    const char* name = duckdb_prepared_statement_column_name(statement_, i);
    columns.push_back({name ? name : "", duckdb_prepared_statement_column_type(statement_, i)});
    duckdb_free(const_cast<char*>(name));
  }
  return columns;
}

DuckDbRows::DuckDbRows(const DuckDbStatement& statement) {
  duckdb_pending_result pending = nullptr;
  const bool started = duckdb_pending_prepared_streaming(statement.get(), &pending) == DuckDBSuccess;
  const std::string message = started ? "" : one_line(duckdb_pending_error(pending));
  const bool running = started && duckdb_execute_pending(pending, &result_) == DuckDBSuccess;
  duckdb_destroy_pending(&pending);
  if (running) return;
  const std::string reason = started ? one_line(duckdb_result_error(&result_)) : message;
  duckdb_destroy_result(&result_);
  fail_input("{}", reason);
}

DuckDbRows::~DuckDbRows() {
  duckdb_destroy_data_chunk(&chunk_);
  duckdb_destroy_result(&result_);
}

duckdb_data_chunk DuckDbRows::next() {
  duckdb_destroy_data_chunk(&chunk_);
  chunk_ = duckdb_fetch_chunk(result_);
  if (chunk_ && duckdb_data_chunk_get_size(chunk_) > 0) return chunk_;
  if (const char* message = duckdb_result_error(&result_); message && *message) fail_input("{}", one_line(message));
  return nullptr;
}

std::string sql_literal(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? std::string("''") : std::string(1, c);
  return literal + "'";
}

}  // namespace tabjoule
