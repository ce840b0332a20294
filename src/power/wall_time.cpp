#include "power/wall_time.h"

#include <array>
#include <charconv>
#include <chrono>

namespace tabjoule {
namespace {

/// Takes digits, then `separator` where it is not 0.
bool take(std::string_view& text, int& value, char separator) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (separator == 0) return true;
  if (!text.starts_with(separator)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<double> parse_wall_time(std::string_view text) {
  const std::size_t first = text.find_first_of("/-");
  if (first == std::string_view::npos) return std::nullopt;
  const char separator = text[first];
  std::array<int, 6> parts{};
  const std::array<char, 6> separators{separator, separator, ' ', ':', ':', 0};
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!take(text, parts[i], separators[i])) return std::nullopt;
  double fraction_s = 0;
  if (text.starts_with('.')) {
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), fraction_s);
    if (error != std::errc{} || stop != text.data() + text.size() || !(fraction_s < 1)) return std::nullopt;
  } else if (!text.empty()) {
    return std::nullopt;
  }
  const bool year_first = first == 4;
  const int year = year_first ? parts[0] : parts[2];
  const int month = year_first ? parts[1] : parts[0];
  const int day = year_first ? parts[2] : parts[1];
  if (year > 9999 || month > 12 || day > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days{date}.time_since_epoch().count();
  return 86400.0 * static_cast<double>(days) + 3600.0 * parts[3] + 60.0 * parts[4] + parts[5] + fraction_s;
}

}  // namespace tabjoule
