// Parts of a moment, from seconds since 1970-01-01 UTC.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "table/preprocessor.h"

namespace tabjoule {
namespace {

struct CivilDate {
  std::int64_t year;
  int month, day;  ///< from 1
};

// The inverse of days_from_civil; same source.
CivilDate civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t day_of_era = days - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;  // 0 is March
  const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

}  // namespace

double date_part(double epoch_seconds, DatePart part) {
  if (part == DatePart::none || std::isnan(epoch_seconds)) return epoch_seconds;
  // Beyond some 28 million years the parts stand still.
  const double days = std::clamp(std::floor(epoch_seconds / 86400), -1e10, 1e10);
  const auto whole_days = static_cast<std::int64_t>(days);
  switch (part) {
    case DatePart::epoch_days:
      return days;
    case DatePart::year:
      return static_cast<double>(civil_from_days(whole_days).year);
    case DatePart::month:
      return civil_from_days(whole_days).month;
    case DatePart::day:
      return civil_from_days(whole_days).day;
    case DatePart::weekday:  // 1970-01-01 was a Thursday
      return static_cast<double>(((whole_days + 3) % 7 + 7) % 7);
    case DatePart::hour:
      return std::clamp(std::floor((epoch_seconds - days * 86400) / 3600), 0.0, 23.0);
    case DatePart::none:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace tabjoule
