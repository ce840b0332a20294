// Dates and times of day as they are written in tables -> seconds since 1970-01-01 00:00:00 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tabjoule {

/// Which of two numbers before the year is the day, where dots do not tell.
enum class DateOrder { month_first, day_first };

/// "2024-01-31", "2024/1/31", "31.01.2024", "1/31/2024" (by `order`); behind each optionally " 13:45",
/// "T13:45:10.5", and a zone ("Z", "+01:00", "-0530"). Without a zone: UTC. Empty where `text` is none of
/// these or names a day that does not exist.
[[nodiscard]] std::optional<double> parse_datetime(std::string_view text, DateOrder order);

/// The order in which every one of `texts` can be read; month first where both can. Empty where neither can, or
/// `texts` is empty.
[[nodiscard]] std::optional<DateOrder> date_order_of(std::span<const std::string> texts);

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar; month 1 .. 12.
[[nodiscard]] std::int64_t days_from_civil(std::int64_t year, int month, int day);

}  // namespace tabjoule
