#include "table/column_builder.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "table/cell.h"
#include "table/date_text.h"

namespace tabjoule {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The value of each text, empty as soon as one has none.
using ValueOf = std::function<std::optional<double>(std::string_view)>;
std::optional<std::vector<double>> values_of(const std::vector<std::string>& texts, const ValueOf& value_of) {
  std::vector<double> values;
  for (const auto& text : texts) {
    const auto value = value_of(text);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

std::optional<double> boolean_value(std::string_view text) {
  const auto value = parse_boolean(text);
  return value ? std::optional(*value ? 1.0 : 0.0) : std::nullopt;
}

std::optional<double> loose_boolean_value(std::string_view text) {
  const auto value = parse_loose_boolean(text);
  return value ? std::optional(*value ? 1.0 : 0.0) : std::nullopt;
}

/// "20240131", which is also a number.
std::optional<double> compact_date(std::string_view text) {
  if (text.size() != 8 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return {};
  const std::string dashed = fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  return parse_datetime(dashed, DateOrder::month_first);
}

/// Text of a column that the user says holds dates: also numbers, which are seconds since 1970.
std::optional<double> fixed_datetime_value(std::string_view text, DateOrder order) {
  if (const auto date = parse_datetime(text, order)) return date;
  if (const auto date = compact_date(text)) return date;
  return parse_number(text);
}

DateOrder likely_order(const std::vector<std::string>& texts) {
  return date_order_of(texts).value_or(DateOrder::month_first);
}

}  // namespace

std::string shown(std::string_view text) {
  std::size_t length = std::min<std::size_t>(text.size(), 40);
  while (length > 0 && length < text.size() && (text[length] & 0xC0) == 0x80) --length;  // not inside a UTF-8 character
  std::string result = "\"";
  for (const char c : text.substr(0, length)) result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return result + (length < text.size() ? "...\"" : "\"");
}

ColumnBuilder::ColumnBuilder(std::string name, std::optional<ColumnKind> fixed)
    : name_(std::move(name)), fixed_(fixed), holds_texts_(fixed && *fixed != ColumnKind::numeric) {}

ColumnBuilder::ColumnBuilder(std::string name, ColumnKind natural, std::optional<ColumnKind> fixed)
    : name_(std::move(name)), fixed_(fixed), natural_(natural), holds_texts_(natural == ColumnKind::categorical) {}

void ColumnBuilder::add_text(std::string_view text) {
  if (holds_texts_) {
    codes_.push_back(is_missing_token(text) ? -1 : index_.number_of(text));
    return;
  }
  if (const auto value = parse_number(text); value && (fixed_ || !is_zero_padded(text)))
    store_number(*value);
  else if (is_missing_token(text))
    numbers_.push_back(kMissing);
  else
    turn_to_texts(text);
}

void ColumnBuilder::add_level(std::string_view text) {
  if (!holds_texts_ && (fixed_ || parse_number(text))) return add_text(text);
  if (!holds_texts_) return turn_to_texts(text);
  codes_.push_back(index_.number_of(text));
}

void ColumnBuilder::add_number(double value) {
  if (std::isnan(value)) return add_missing();
  if (holds_texts_)
    codes_.push_back(index_.number_of(fmt::format("{}", value)));
  else
    store_number(value);
}

void ColumnBuilder::add_missing() {
  if (holds_texts_)
    codes_.push_back(-1);
  else
    numbers_.push_back(kMissing);
}

void ColumnBuilder::store_number(double value) {
  const double number = kept(value);
  if (std::isnan(number)) ++infinities_;
  numbers_.push_back(number);
}

double ColumnBuilder::kept(double value) const {
  return std::isfinite(value) || (keep_infinities_ && std::isinf(value)) ? value : kMissing;
}

void ColumnBuilder::turn_to_texts(std::string_view text) {
  if (fixed_) {
    const auto value = decimal_comma_ ? parse_decimal_comma(text) : std::nullopt;
    if (!value) fail_not_a_number(rows(), text);
    return store_number(*value);
  }
  rows_to_refill_ = numbers_.size();
  codes_.reserve(numbers_.capacity());
  codes_.assign(rows_to_refill_, -1);
  numbers_ = {};
  infinities_ = 0;
  holds_texts_ = true;
  codes_.push_back(index_.number_of(text));
}

void ColumnBuilder::refill(std::size_t row, std::string_view text) {
  codes_[row] = is_missing_token(text) ? -1 : index_.number_of(text);
}

Column ColumnBuilder::finish(const NoticeSink& notice) {
  Column column = holds_texts_ ? finish_texts(notice) : finish_numbers(notice);
  column.name = name_;
  return column;
}

void ColumnBuilder::tell_infinities(std::size_t count, const NoticeSink& notice) const {
  if (count > 0)
    notice(fmt::format("column \"{}\": {} infinite value{} counted as missing", name_, count, count == 1 ? "" : "s"));
}

Column ColumnBuilder::finish_numbers(const NoticeSink& notice) {
  Column column;
  column.kind = fixed_.value_or(natural_);
  tell_infinities(infinities_, notice);
  if (column.kind == ColumnKind::boolean)
    for (std::size_t row = 0; row < numbers_.size(); ++row)
      if (const double value = numbers_[row]; !std::isnan(value) && value != 0 && value != 1)
        fail_input("row {}, column \"{}\": {} is not a boolean; read the column as numeric", row + 1, name_, value);
  column.numbers = std::move(numbers_);
  return column;
}

/// values: of each text, in the order of the index.
Column ColumnBuilder::numbers_of(ColumnKind kind, const std::vector<double>& values, const NoticeSink& notice) const {
  Column column;
  column.kind = kind;
  column.numbers.reserve(codes_.size());
  std::size_t infinities = 0;
  for (const std::int32_t code : codes_) {
    const double value = code < 0 ? kMissing : values[static_cast<std::size_t>(code)];
    column.numbers.push_back(kept(value));
    infinities += std::isinf(value) && std::isnan(column.numbers.back());
  }
  tell_infinities(infinities, notice);
  return column;
}

/// A column that the user says is boolean or datetime.
Column ColumnBuilder::fixed_texts(const NoticeSink& notice) {
  const auto& texts = index_.texts();
  const DateOrder order = likely_order(texts);
  const bool dates = fixed_ == ColumnKind::datetime;
  const ValueOf value_of = [&](auto text) {
    return dates ? fixed_datetime_value(text, order) : loose_boolean_value(text);
  };
  if (const auto values = values_of(texts, value_of)) return numbers_of(*fixed_, *values, notice);
  const auto bad = std::find_if(texts.begin(), texts.end(), [&](const auto& text) { return !value_of(text); });
  fail_input("row {}, column \"{}\": {} is not a {}; correct the cell or read the column as categorical",
             first_row_of(static_cast<std::size_t>(bad - texts.begin())) + 1, name_, shown(*bad),
             dates ? "date" : "boolean");
}

Column ColumnBuilder::finish_texts(const NoticeSink& notice) {
  const auto& texts = index_.texts();
  if (fixed_.value_or(natural_) == ColumnKind::categorical) return categories();
  if (fixed_ && *fixed_ != ColumnKind::numeric) return fixed_texts(notice);
  const ValueOf number = [&](std::string_view text) {
    if (!fixed_ && is_zero_padded(text)) return std::optional<double>();
    return decimal_comma_ ? parse_decimal_comma(text) : parse_number(text);
  };
  if (const auto values = values_of(texts, number)) return numbers_of(ColumnKind::numeric, *values, notice);
  if (fixed_) {
    const auto bad = std::find_if(texts.begin(), texts.end(), [&](const auto& text) { return !number(text); });
    fail_not_a_number(first_row_of(static_cast<std::size_t>(bad - texts.begin())), *bad);
  }
  if (const auto values = values_of(texts, boolean_value)) return numbers_of(ColumnKind::boolean, *values, notice);
  if (const auto order = date_order_of(texts)) {
    const auto values = *values_of(texts, [&](auto text) { return parse_datetime(text, *order); });
    if (order == DateOrder::month_first) tell_if_ambiguous(values, notice);
    return numbers_of(ColumnKind::datetime, values, notice);
  }
  tell_if_mostly_numbers(notice);
  return categories();
}

void ColumnBuilder::fail_not_a_number(std::size_t row, std::string_view text) const {
  fail_input("row {}, column \"{}\": {} is not a number; correct the cell or read the column as categorical", row + 1,
             name_, shown(text));
}

/// Dates like 1/2/2024, all of which could also be read with the day first, as something else.
void ColumnBuilder::tell_if_ambiguous(const std::vector<double>& month_first, const NoticeSink& notice) const {
  const auto& texts = index_.texts();
  const auto day_first = values_of(texts, [](auto text) { return parse_datetime(text, DateOrder::day_first); });
  if (day_first && *day_first != month_first)
    notice(fmt::format("column \"{}\": dates such as {} are read with the month first", name_, shown(texts[0])));
}

/// Levels sorted; the texts' numbers, which are in the order of appearance, mapped to it.
Column ColumnBuilder::categories() {
  const auto& texts = index_.texts();
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return texts[a] < texts[b]; });
  std::vector<std::int32_t> rank(texts.size());
  Column column;
  column.kind = ColumnKind::categorical;
  column.levels.reserve(texts.size());
  for (const std::size_t number : order) {
    rank[number] = static_cast<std::int32_t>(column.levels.size());
    column.levels.push_back(texts[number]);
  }
  column.codes = std::move(codes_);
  for (auto& code : column.codes)
    if (code >= 0) code = rank[static_cast<std::size_t>(code)];
  return column;
}

std::size_t ColumnBuilder::first_row_of(std::size_t code) const {
  return static_cast<std::size_t>(std::find(codes_.begin(), codes_.end(), static_cast<std::int32_t>(code)) -
                                  codes_.begin());
}

/// A few stray texts among numbers are likely a fault in the file that its owner would like to hear of.
void ColumnBuilder::tell_if_mostly_numbers(const NoticeSink& notice) const {
  const auto& texts = index_.texts();
  std::vector<bool> is_number(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) is_number[i] = parse_number(texts[i]).has_value();
  std::size_t number_rows = 0, text_rows = 0, first_text = 0;
  for (std::size_t row = 0; row < codes_.size(); ++row) {
    if (codes_[row] < 0) continue;
    if (is_number[static_cast<std::size_t>(codes_[row])])
      ++number_rows;
    else if (text_rows++ == 0)
      first_text = row;
  }
  if (text_rows == 0 || number_rows < text_rows) return;
  notice(fmt::format("column \"{}\": read as categorical because row {} holds {}; {} of its {} values are numbers",
                     name_, first_text + 1, shown(texts[static_cast<std::size_t>(codes_[first_text])]), number_rows,
                     number_rows + text_rows));
}

}  // namespace tabjoule
