// Small delimited files with a header, as meters and loggers write them: cells by row and column name, numbers with or
// without their unit behind them. Tables for learning are read by table/, which infers; here every cell must be what
// it is said to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tabjoule {

class ColumnFile {
 public:
  /// Cells are separated by commas; the first line that is not empty holds the names. Errors (input): no header, no
  /// rows, a row with another number of cells.
  explicit ColumnFile(std::string_view text);

  [[nodiscard]] std::size_t rows() const { return rows_.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
  /// Errors (input): no such column; the message names the nearest.
  [[nodiscard]] std::size_t column(const std::string& name) const;
  [[nodiscard]] std::string_view cell(std::size_t row, std::size_t column) const { return rows_[row][column]; }
  /// Errors (input): not a finite number, or one followed by anything but `unit`; the message names row and column.
  [[nodiscard]] double number(std::size_t row, std::size_t column, std::string_view unit = {}) const;
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const;
  /// "row 3 (line 4), column "power_w"".
  [[nodiscard]] std::string place(std::size_t row, std::size_t column) const;

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> lines_;
};

/// The whole of `text` as a finite number, blanks around it ignored.
[[nodiscard]] std::optional<double> parse_reading(std::string_view text);

/// Lines without their ends ("\n" or "\r\n").
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);
[[nodiscard]] std::string_view trimmed_cell(std::string_view text);

}  // namespace tabjoule
