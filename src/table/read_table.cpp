// The way in: what `data` names, in which format, read by whom.
#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "table/arff.h"
#include "table/cell.h"
#include "table/csv.h"
#include "table/duckdb_table.h"
#include "table/file_bytes.h"
#include "table/table.h"

namespace tabjoule {
namespace {

enum class Format { delimited, arff, parquet, json };

/// The first line that is neither blank nor an ARFF comment.
std::string_view first_content(std::string_view head) {
  while (!head.empty()) {
    const auto end = std::min(head.find_first_of("\r\n"), head.size());
    const auto line = trimmed(head.substr(0, end));
    if (!line.empty() && line[0] != '%') return line;
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return {};
}

Format format_of(const std::string& path) {
  const std::string head = read_head(path, 1 << 16);
  if (head.starts_with("PAR1")) return Format::parquet;
  std::string name = lower(std::filesystem::path(path).filename().string());
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto named = [&](const char* suffix) { return name.ends_with(suffix); };
  if (named(".parquet")) return Format::parquet;
  if (named(".json") || named(".jsonl") || named(".ndjson")) return Format::json;
  if (named(".csv") || named(".tsv")) return Format::delimited;
  const std::string_view text(head);
  const std::string_view content = first_content(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  if (named(".arff") || lower(content.substr(0, 9)) == "@relation") return Format::arff;
  return content.starts_with("{") || content.starts_with("[{") ? Format::json : Format::delimited;
}

Table read_file_table(const std::string& path, const ReadOptions& options, const NoticeSink& notice) {
  require_readable_file(path);
  const Format format = format_of(path);
  if (format == Format::parquet || format == Format::json)
    return query_file(path, format == Format::parquet ? "read_parquet" : "read_json_auto", options, notice);
  std::string bytes = read_inflated(path);
  return with_context(path, [&] {
    make_utf8_text(bytes, notice);
    return format == Format::arff ? read_arff(bytes, path, options, notice)
                                  : read_csv(std::move(bytes), path, options, notice);
  });
}

}  // namespace

bool is_query(const std::string& data) {
  const std::string word = first_word(data);
  if (word.size() == data.size()) return false;  // one word is a file's name
  for (const char* start : {"(", "select", "from", "with", "pivot", "describe"})
    if (word == start) return true;
  return false;
}

Table read_table(const std::string& data, const ReadOptions& options, const NoticeSink& notice) {
  const NoticeSink tell = notice ? notice : [](const std::string&) {};
  if (trimmed(data).empty()) fail_usage("no table named; give a file or a SQL query");
  if (options.threads < 1) fail_usage("threads must be at least 1, not {}", options.threads);
  std::error_code error;
  if (is_query(data) && !std::filesystem::exists(data, error)) return run_query(data, options, tell);
  return read_file_table(data, options, tell);
}

}  // namespace tabjoule
