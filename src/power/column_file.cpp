#include "power/column_file.h"

#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

std::vector<std::string> split_cells(std::string_view line) {
  std::vector<std::string> cells;
  for (std::size_t begin = 0;;) {
    const std::size_t end = line.find(',', begin);
    std::string_view cell = trimmed_cell(line.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
    cells.emplace_back(cell);
    if (end == std::string_view::npos) return cells;
    begin = end + 1;
  }
}

}  // namespace

std::string_view trimmed_cell(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<double> parse_reading(std::string_view text) {
  text = trimmed_cell(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

ColumnFile::ColumnFile(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::size_t line_number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++line_number;
    if (trimmed_cell(line).empty()) continue;
    std::vector<std::string> cells = split_cells(line);
    if (names_.empty()) {
      names_ = std::move(cells);
      continue;
    }
    if (cells.size() != names_.size())
      fail_input("line {} has {} cells where the header has {}", line_number, cells.size(), names_.size());
    rows_.push_back(std::move(cells));
    lines_.push_back(line_number);
  }
  if (names_.empty()) fail_input("the file is empty");
  if (rows_.empty()) fail_input("the file has a header and no rows");
}

std::optional<std::size_t> ColumnFile::find(const std::string& name) const {
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (names_[i] == name) return i;
  return std::nullopt;
}

std::size_t ColumnFile::column(const std::string& name) const {
  if (const auto found = find(name)) return *found;
  fail_input("there is no column \"{}\"{}; there are: {}", name, did_you_mean(name, names_), fmt::join(names_, ", "));
}

std::string ColumnFile::place(std::size_t row, std::size_t column) const {
  return fmt::format("row {} (line {}), column \"{}\"", row + 1, lines_[row], names_[column]);
}

double ColumnFile::number(std::size_t row, std::size_t column, std::string_view unit) const {
  std::string_view text = rows_[row][column];
  if (!unit.empty() && text.ends_with(unit)) text.remove_suffix(unit.size());
  if (const auto value = parse_reading(text)) return *value;
  fail_input("{} holds \"{}\" where a number{}{} is expected", place(row, column), rows_[row][column].substr(0, 40),
             unit.empty() ? "" : " of ", unit);
}

std::vector<double> ColumnFile::numbers(const std::string& name) const {
  const std::size_t at = column(name);
  std::vector<double> values;
  values.reserve(rows());
  for (std::size_t row = 0; row < rows(); ++row) values.push_back(number(row, at));
  return values;
}

}  // namespace tabjoule
