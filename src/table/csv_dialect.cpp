#include "table/csv_dialect.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/error.h"
#include "table/cell.h"
#include "table/column_builder.h"
#include "table/date_text.h"

namespace tabjoule {
namespace {

using Record = std::vector<std::string>;

/// What of a file is looked at: enough records to tell, few enough to cost nothing.
constexpr std::size_t sample_records = 1000, enough_records = 50, sample_bytes = 1 << 19;

/// The first records as `dialect` reads them; they end where it cannot read on.
std::vector<Record> sample(std::string_view bytes, const Dialect& dialect) {
  std::vector<Record> records;
  CsvScanner scanner(bytes, dialect);
  std::vector<std::string_view> cells;
  try {
    while (records.size() < sample_records && scanner.next(cells)) {
      records.emplace_back(cells.begin(), cells.end());
      if (records.size() >= enough_records && scanner.bytes_done() > sample_bytes) break;
    }
  } catch (const Error&) {
    records.emplace_back();  // counts against the dialect
  }
  return records;
}

struct Fit {
  std::size_t cells = 1;  ///< of most records; the larger where two are as frequent
  double share = 0;       ///< of the records that have as many
};

Fit fit_of(const std::vector<Record>& records) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& record : records) ++counts[record.size()];
  std::size_t cells = 1, most = 0;
  for (const auto& [size, count] : counts)
    if (count >= most) cells = size, most = count;
  return {cells, records.empty() ? 0 : static_cast<double>(most) / static_cast<double>(records.size())};
}

/// In the order in which they are preferred where several fit every record ("1,5;2,5").
constexpr char separators[] = {'\t', ';', '|', ','};

bool is_better(const Fit& a, const Fit& b) {
  if (a.share != b.share) return a.share > b.share;
  return a.share < 1 && a.cells > b.cells;
}

/// Sets the separator; returns how well it fits. Spaces separate only where nothing else does.
Fit find_separator(std::string_view bytes, Dialect& dialect) {
  constexpr double min_share = 0.5;
  std::optional<Fit> best;
  const Dialect trial_of = dialect;
  const auto consider = [&](char separator) {
    Dialect trial = trial_of;
    trial.delimiter = separator;
    const Fit fit = fit_of(sample(bytes, trial));
    if (fit.cells < 2 || fit.share < min_share || (best && !is_better(fit, *best))) return;
    best = fit;
    dialect.delimiter = separator;
  };
  for (const char separator : separators) consider(separator);
  if (!best) consider(' ');
  return best.value_or(Fit{1, 0});
}

bool has_single_quoted_cells(std::string_view bytes) {
  std::size_t quoted = 0, records = 0;
  Dialect dialect;
  dialect.quote = dialect.escape = '\x01';  // none
  find_separator(bytes, dialect);
  for (const auto& record : sample(bytes, dialect)) {
    ++records;
    for (const auto& cell : record) quoted += cell.size() > 1 && cell.front() == '\'' && cell.back() == '\'';
  }
  return quoted * 2 >= records && quoted > 0;
}

bool starts_comment(std::string_view line) {
  return line.starts_with("|") || line.starts_with("#") || line.starts_with("%") || line.starts_with("//");
}

/// Passes over leading comment lines, which have another number of cells than the records below.
void skip_comments(std::string_view bytes, Dialect& dialect, std::size_t cells, const NoticeSink& notice) {
  while (dialect.skip < bytes.size() && starts_comment(bytes.substr(dialect.skip))) {
    const auto end = bytes.find_first_of("\r\n", dialect.skip);
    if (end == std::string_view::npos) return;
    Dialect from_here = dialect;
    const auto records = sample(bytes, from_here);
    if (records.empty() || records[0].size() == cells) return;
    const auto line = bytes.substr(dialect.skip, end - dialect.skip);
    dialect.skip = end + (bytes.substr(end).starts_with("\r\n") ? 2 : 1);
    ++dialect.skip_lines;
    notice(fmt::format("line {} skipped, it is a comment: {}", dialect.skip_lines, shown(line)));
  }
}

enum class CellType { missing, number, boolean, date, text };

CellType type_of(const std::string& text) {
  if (is_missing_token(text)) return CellType::missing;
  if (parse_number(text) || parse_decimal_comma(text)) return CellType::number;
  if (parse_boolean(text)) return CellType::boolean;
  if (parse_datetime(text, DateOrder::month_first) || parse_datetime(text, DateOrder::day_first)) return CellType::date;
  return CellType::text;
}

/// "0", "1", "2", ...: the names that programs give to columns without one; the first may be empty.
bool counts_up(const Record& record) {
  const std::size_t first = record[0].empty() ? 1 : 0;
  for (std::size_t i = first; i < record.size(); ++i)
    if (record[i] != std::to_string(i - first)) return false;
  return record.size() > first + 2;
}

struct Below {
  bool typed = false;    ///< all of one type that is not text
  bool repeats = false;  ///< the first record's text occurs again
};

Below look_below(const std::vector<Record>& records, std::size_t column) {
  std::optional<CellType> type;
  bool mixed = false, repeats = false;
  for (std::size_t r = 1; r < records.size(); ++r) {
    if (column >= records[r].size()) continue;
    const auto& text = records[r][column];
    repeats = repeats || text == records[0][column];
    const CellType found = type_of(text);
    if (found == CellType::missing) continue;
    mixed = mixed || (type && *type != found);
    type = found;
  }
  return {type && !mixed && *type != CellType::text, repeats};
}

bool is_header(const std::vector<Record>& records, const std::set<std::string>& known_names) {
  if (records.empty() || records[0].empty()) return false;
  const Record& first = records[0];
  if (std::any_of(first.begin(), first.end(), [&](const auto& name) { return known_names.count(name) > 0; }))
    return true;
  if (counts_up(first)) return true;
  bool names_typed_column = false, repeats = false, all_differ = true, unnamed = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const CellType type = type_of(first[i]);
    // A number or "?" is data; an empty cell may be a column without a name, as a row index often is.
    if (type != CellType::text && !first[i].empty()) return false;
    unnamed = unnamed || (first[i].empty() && i > 0);
    const Below below = look_below(records, i);
    names_typed_column = names_typed_column || (below.typed && type == CellType::text);
    repeats = repeats || below.repeats;
    all_differ = all_differ && std::count(first.begin(), first.end(), first[i]) == 1;
  }
  return names_typed_column || (!repeats && all_differ && !unnamed);
}

}  // namespace

Dialect find_dialect(std::string_view bytes, const std::set<std::string>& known_names, const NoticeSink& notice) {
  Dialect dialect;
  const std::string_view head = bytes.substr(0, sample_bytes);
  if (head.find('"') == std::string_view::npos && head.find('\'') != std::string_view::npos &&
      has_single_quoted_cells(bytes))
    dialect.quote = dialect.escape = '\'';
  Fit fit = find_separator(bytes, dialect);
  if (head.find("\\\"") != std::string_view::npos) {
    Dialect backslash = dialect;
    backslash.escape = '\\';
    if (const Fit other = find_separator(bytes, backslash); is_better(other, fit)) {
      dialect = backslash;
      fit = other;
    }
  }
  skip_comments(bytes, dialect, fit.cells, notice);
  dialect.header = is_header(sample(bytes, dialect), known_names);
  return dialect;
}

bool unwrap_lines(std::string& bytes) {
  // Blank lines aside, each line must be one quoted cell, and most must hold doubled quotes, which tells a
  // wrapped file from a plain column of quoted texts.
  std::size_t lines = 0, wrapped = 0, doubled = 0;
  std::string inner;
  inner.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto end = std::min(bytes.find_first_of("\r\n", at), bytes.size());
    const std::string_view line = trimmed(std::string_view(bytes).substr(at, end - at));
    const bool whole = line.size() > 1 && line.front() == '"' && line.back() == '"';
    if (!line.empty()) ++lines;
    std::string_view content = whole ? line.substr(1, line.size() - 2) : line;
    bool has_doubled = false;
    for (std::size_t i = 0; i < content.size(); ++i) {
      inner += content[i];
      if (!whole || content[i] != '"') continue;
      if (i + 1 >= content.size() || content[i + 1] != '"') return false;  // closed before the line's end
      has_doubled = true;
      ++i;
    }
    wrapped += whole;
    doubled += has_doubled;
    if (lines == 1 && !line.empty() && !(whole && has_doubled)) return false;
    inner.append(bytes, end, 1);
    at = end + 1;
  }
  if (lines < 2 || wrapped * 2 < lines || doubled * 2 < lines) return false;
  bytes = std::move(inner);
  return true;
}

}  // namespace tabjoule
