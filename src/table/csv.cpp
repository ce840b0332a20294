#include "table/csv.h"

#include <set>

#include "base/error.h"
#include "table/csv_dialect.h"
#include "table/table_builder.h"

namespace tabjoule {
namespace {

using Cells = std::vector<std::string_view>;

std::set<std::string> mentioned_names(const ReadOptions& options) {
  std::set<std::string> names(options.keep.begin(), options.keep.end());
  names.insert(options.drop.begin(), options.drop.end());
  for (const auto& entry : options.kinds) names.insert(entry.first);
  for (const auto& entry : options.schema) names.insert(entry.first);
  return names;
}

std::vector<SourceColumn> columns_of(const Cells& first, bool header, const NoticeSink& notice) {
  std::vector<SourceColumn> columns;
  for (std::size_t i = 0; i < first.size(); ++i)
    columns.push_back({header && !first[i].empty() ? std::string(first[i]) : fmt::format("column{}", i), {}});
  if (!header) notice(fmt::format("no header line: the columns are named column0 .. column{}", first.size() - 1));
  return columns;
}

[[noreturn]] void fail_width(std::size_t row, std::size_t line, std::size_t cells, std::size_t wanted) {
  fail_input("row {} (line {}) has {} field{} instead of {}; correct or remove that row", row, line, cells,
             cells == 1 ? "" : "s", wanted);
}

/// The records below the header, one after the other, each checked to be `width` cells wide.
class Records {
 public:
  Records(std::string_view bytes, const Dialect& dialect, std::size_t width)
      : scanner_(bytes, dialect, width == 1), width_(width) {
    if (dialect.header) scanner_.next(cells_);
  }

  bool next() {
    if (!scanner_.next(cells_)) return false;
    ++row_;
    if (cells_.size() != width_) fail_width(row_, scanner_.line(), cells_.size(), width_);
    return true;
  }
  [[nodiscard]] const Cells& cells() const { return cells_; }
  [[nodiscard]] std::size_t row() const { return row_ - 1; }

 private:
  CsvScanner scanner_;
  Cells cells_;
  std::size_t width_, row_ = 0;
};

void refill(TableBuilder& table, std::string_view bytes, const Dialect& dialect) {
  const std::size_t rows = table.rows_to_refill();
  if (rows == 0) return;
  std::vector<std::size_t> wanting;
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table.column(i) && table.column(i)->rows_to_refill() > 0) wanting.push_back(i);
  Records records(bytes, dialect, table.size());
  while (records.next() && records.row() < rows)
    for (const std::size_t i : wanting)
      if (records.row() < table.column(i)->rows_to_refill()) table.column(i)->refill(records.row(), records.cells()[i]);
}

}  // namespace

Table read_csv(std::string bytes, const std::string& source, const ReadOptions& options, const NoticeSink& notice) {
  if (unwrap_lines(bytes)) notice("every line is one quoted cell, as a spreadsheet saves it; unwrapped");
  const Dialect dialect = find_dialect(bytes, mentioned_names(options), notice);
  Cells first;
  CsvScanner first_record(bytes, dialect);  // owns what `first` shows of escaped names
  if (!first_record.next(first)) fail_input("the file holds no rows");
  TableBuilder table(columns_of(first, dialect.header, notice), options);

  std::vector<std::pair<std::size_t, ColumnBuilder*>> wanted;
  for (std::size_t i = 0; i < table.size(); ++i)
    if (ColumnBuilder* column = table.column(i)) {
      if (dialect.delimiter != ',') column->allow_decimal_comma();
      wanted.emplace_back(i, column);
    }
  Records records(bytes, dialect, table.size());
  while (records.next())
    for (const auto& [i, column] : wanted) column->add_text(records.cells()[i]);
  refill(table, bytes, dialect);
  bytes = {};
  return table.finish(source, notice);
}

}  // namespace tabjoule
