// One column while a table is being read. A text column is taken for numbers until a cell says otherwise; from
// that row on its texts are numbered, and the reader gives the rows before it once more.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "table/table.h"
#include "table/text_index.h"

namespace tabjoule {

class ColumnBuilder {
 public:
  /// A column of texts; `fixed`: the kind the user says it has.
  ColumnBuilder(std::string name, std::optional<ColumnKind> fixed);
  /// A column whose source says what it is: numbers (`natural`: numeric, boolean or datetime), or texts that are
  /// levels even where they look like numbers (categorical).
  ColumnBuilder(std::string name, ColumnKind natural, std::optional<ColumnKind> fixed);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t rows() const { return holds_texts_ ? codes_.size() : numbers_.size(); }
  /// Numbers the texts from the first row on, so that no row need be given again.
  void start_as_texts() { holds_texts_ = true; }
  /// A comma may stand for the decimal point.
  void allow_decimal_comma() { decimal_comma_ = true; }
  /// An infinity is a number, not a missing one.
  void keep_infinities() { keep_infinities_ = true; }

  /// A cell's trimmed text. Errors (input): a column fixed as numeric and a text that is no number.
  void add_text(std::string_view text);
  /// A text that is a value even where it looks like a missing one (a declared level of an ARFF file).
  void add_level(std::string_view text);
  void add_number(double value);
  void add_missing();

  /// Rows before this one must be given again, in any order, by refill; 0 for most columns.
  [[nodiscard]] std::size_t rows_to_refill() const { return rows_to_refill_; }
  void refill(std::size_t row, std::string_view text);

  /// Decides the kind. Errors (input): a cell that does not fit the kind the user fixed; the message names row
  /// (from 1) and column.
  [[nodiscard]] Column finish(const NoticeSink& notice);

 private:
  void store_number(double value);
  /// `value`, or missing.
  [[nodiscard]] double kept(double value) const;
  void turn_to_texts(std::string_view text);
  [[nodiscard]] Column finish_numbers(const NoticeSink& notice);
  [[nodiscard]] Column finish_texts(const NoticeSink& notice);
  [[nodiscard]] Column numbers_of(ColumnKind kind, const std::vector<double>& values, const NoticeSink& notice) const;
  [[nodiscard]] Column fixed_texts(const NoticeSink& notice);
  [[nodiscard]] Column categories();
  void tell_infinities(std::size_t count, const NoticeSink& notice) const;
  void tell_if_ambiguous(const std::vector<double>& month_first, const NoticeSink& notice) const;
  [[noreturn]] void fail_not_a_number(std::size_t row, std::string_view text) const;
  [[nodiscard]] std::size_t first_row_of(std::size_t code) const;
  void tell_if_mostly_numbers(const NoticeSink& notice) const;

  std::string name_;
  std::optional<ColumnKind> fixed_;
  ColumnKind natural_ = ColumnKind::numeric;
  bool decimal_comma_ = false;
  bool keep_infinities_ = false;
  bool holds_texts_ = false;
  std::vector<double> numbers_;  ///< while !holds_texts_
  std::size_t infinities_ = 0;
  TextIndex index_;                  ///< while holds_texts_
  std::vector<std::int32_t> codes_;  ///< into index_, -1 where missing
  std::size_t rows_to_refill_ = 0;
};

/// `text` in quotes as a message shows it: at most 40 bytes, control characters as spaces.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace tabjoule
