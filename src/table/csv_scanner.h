// Delimited text -> records of cells, by RFC 4180 and what is found beside it. Ours rather than DuckDB's CSV
// reader because a damaged row must never be skipped, padded or merged, and must be named by row and line:
// DuckDB's sniffer drops leading lines and may settle for a dialect in which a damaged row passes. Both are
// held against each other in csv_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tabjoule {

struct Dialect {
  char delimiter = ',';  ///< ' ': any run of spaces and tabs, none at the ends of a line
  char quote = '"';
  char escape = '"';     ///< before a quote inside quotes: the quote itself, or a backslash
  std::size_t skip = 0;  ///< bytes of leading comment lines
  std::size_t skip_lines = 0;
  bool header = false;
};

/// Walks through `bytes`, which must end in a zero byte (as a std::string's do) and hold no other. A line ends
/// with LF, CR LF or CR; blank lines are passed over unless `keep_blank`, and at the end
/// of the text always.
class CsvScanner {
 public:
  CsvScanner(std::string_view bytes, const Dialect& dialect, bool keep_blank = false);

  /// The next record's cells, trimmed where not quoted; valid until the next call. False at the end.
  /// Errors (input): a quote that is never closed, text behind a closing quote; the message names line and field.
  bool next(std::vector<std::string_view>& cells);

  /// Of the last record, from 1.
  [[nodiscard]] std::size_t line() const { return record_line_; }
  [[nodiscard]] std::size_t bytes_done() const { return static_cast<std::size_t>(at_ - begin_); }

 private:
  [[nodiscard]] bool is_stop(char c) const { return stops_[static_cast<unsigned char>(c)]; }
  void pass_spaces();
  bool pass_line_end();
  [[nodiscard]] bool rest_is_blank() const;
  std::string_view plain_cell();
  std::string_view quoted_cell(std::size_t field);

  Dialect dialect_;
  bool keep_blank_;
  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t line_ = 1, record_line_ = 1;
  std::array<bool, 256> stops_{};      ///< ends an unquoted cell
  std::deque<std::string> unescaped_;  ///< cells of this record that are not in the bytes as they are
};

}  // namespace tabjoule
