#include "table/date_text.h"

#include <algorithm>
#include <charconv>

namespace tabjoule {
namespace {

constexpr double seconds_per_day = 86400;

/// Reads a text from the left, piece by piece.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] char peek() const { return rest_.empty() ? '\0' : rest_[0]; }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Between `least` and `most` digits.
  std::optional<int> digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    for (; count < most && peek() >= '0' && peek() <= '9'; ++count) {
      value = value * 10 + (peek() - '0');
      rest_.remove_prefix(1);
    }
    return count < least ? std::nullopt : std::optional(value);
  }
  /// ".25" -> 0.25; nothing -> 0.
  double fraction() {
    double value = 0, place = 0.1;
    if (peek() != '.' && peek() != ',') return 0;
    rest_.remove_prefix(1);
    for (; peek() >= '0' && peek() <= '9'; place /= 10) {
      value += place * (peek() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

 private:
  std::string_view rest_;
};

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

std::optional<double> midnight(int year, int month, int day) {
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month)) return {};
  return static_cast<double>(days_from_civil(year, month, day)) * seconds_per_day;
}

std::optional<double> read_date(Reader& in, DateOrder order) {
  const auto first = in.digits(1, 4);
  const char separator = in.peek();
  if (!first || (separator != '-' && separator != '/' && separator != '.')) return {};
  in.take(separator);
  const auto second = in.digits(1, 2);
  if (!second || !in.take(separator)) return {};
  const auto third = in.digits(1, 4);
  if (!third) return {};
  if (*first > 999) return *third <= 31 ? midnight(*first, *second, *third) : std::nullopt;
  if (*third < 1000 || separator == '-') return {};
  const bool day_first = separator == '.' || order == DateOrder::day_first;
  return day_first ? midnight(*third, *second, *first) : midnight(*third, *first, *second);
}

std::optional<double> read_time(Reader& in) {
  const auto hour = in.digits(1, 2);
  if (!hour || *hour > 23 || !in.take(':')) return {};
  const auto minute = in.digits(2, 2);
  if (!minute || *minute > 59) return {};
  double seconds = *hour * 3600.0 + *minute * 60.0;
  if (!in.take(':')) return seconds;
  const auto second = in.digits(2, 2);
  if (!second || *second > 60) return {};
  return seconds + *second + in.fraction();
}

/// Seconds that the zone lies east of UTC.
std::optional<double> read_zone(Reader& in) {
  in.take(' ');
  if (in.done() || in.take('Z') || in.take('z')) return 0;
  const double sign = in.peek() == '-' ? -1 : 1;
  if (!in.take('+') && !in.take('-')) return {};
  const auto hours = in.digits(2, 2);
  if (!hours) return {};
  in.take(':');
  const auto minutes = in.done() ? std::optional(0) : in.digits(2, 2);
  return minutes ? std::optional(sign * (*hours * 3600.0 + *minutes * 60.0)) : std::nullopt;
}

}  // namespace

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start in March, eras of 400 years.
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
  if (month <= 2) --year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

std::optional<double> parse_datetime(std::string_view text, DateOrder order) {
  Reader in(text);
  const auto date = read_date(in, order);
  if (!date || in.done()) return date;
  if (!in.take('T') && !in.take(' ')) return {};
  const auto time = read_time(in);
  const auto zone = time ? read_zone(in) : std::nullopt;
  if (!zone || !in.done()) return {};
  return *date + *time - *zone;
}

std::optional<DateOrder> date_order_of(std::span<const std::string> texts) {
  if (texts.empty()) return {};
  for (const DateOrder order : {DateOrder::month_first, DateOrder::day_first})
    if (std::all_of(texts.begin(), texts.end(), [&](const auto& text) { return parse_datetime(text, order); }))
      return order;
  return {};
}

}  // namespace tabjoule
