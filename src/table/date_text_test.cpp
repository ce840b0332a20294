#include "table/date_text.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "table/preprocessor.h"

namespace tabjoule::date_text_test {
namespace {

constexpr auto month_first = DateOrder::month_first;
constexpr auto day_first = DateOrder::day_first;

TEST(DateText, ReadsTheFormsItPromises) {
  EXPECT_EQ(parse_datetime("1970-01-01", month_first), 0);
  EXPECT_EQ(parse_datetime("1970-1-2", month_first), 86400);
  EXPECT_EQ(parse_datetime("2024/02/29 12:00", month_first), 1709208000);
  EXPECT_EQ(parse_datetime("2024-02-29T12:00:30.25Z", month_first), 1709208030.25);
  EXPECT_EQ(parse_datetime("2024-02-29 12:00:00+01:00", month_first), 1709204400);
  EXPECT_EQ(parse_datetime("2024-02-29 12:00:00 -0530", month_first), 1709208000 + 5.5 * 3600);
  EXPECT_EQ(parse_datetime("31.12.1969", month_first), -86400);
  EXPECT_EQ(parse_datetime("12/31/1969", month_first), -86400);
  EXPECT_EQ(parse_datetime("31/12/1969", day_first), -86400);
  EXPECT_EQ(parse_datetime("0001-01-01", month_first), std::nullopt);  // a year is above 999
}

TEST(DateText, RefusesWhatIsNoDate) {
  for (const char* text : {"", "12:30", "2024", "20240101", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32",
                           "31/12/1969", "2024-01-01 25:00", "2024-01-01 12:61", "2024-01-01x", "2024-01-01T",
                           "2024-01-01 12:00 CET", "1.2.3", "10-20-30", "12-31-1969", "2024-01/02", "-2024-01-01"})
    EXPECT_FALSE(parse_datetime(text, month_first)) << text;
}

TEST(DateText, OrderIsTheOneThatFitsEveryText) {
  EXPECT_EQ(date_order_of(std::vector<std::string>{"1/2/2024", "3/4/2024"}), month_first);
  EXPECT_EQ(date_order_of(std::vector<std::string>{"1/2/2024", "13/4/2024"}), day_first);
  EXPECT_EQ(date_order_of(std::vector<std::string>{"1/13/2024", "13/1/2024"}), std::nullopt);
  EXPECT_EQ(date_order_of(std::vector<std::string>{}), std::nullopt);
}

TEST(DatePart, EveryDayOfFourteenCenturiesComesBack) {
  int weekday = 3;  // Thursday
  for (std::int64_t day = days_from_civil(1970, 1, 1), end = days_from_civil(2500, 1, 1); day < end; ++day) {
    const double noon = static_cast<double>(day) * 86400 + 43200;
    ASSERT_EQ(date_part(noon, DatePart::weekday), weekday) << day;
    weekday = (weekday + 1) % 7;
  }
  for (std::int64_t day = days_from_civil(1100, 1, 1), end = days_from_civil(2500, 1, 1); day < end; ++day) {
    const double late = static_cast<double>(day) * 86400 + 86399;
    const auto year = static_cast<std::int64_t>(date_part(late, DatePart::year));
    const int month = static_cast<int>(date_part(late, DatePart::month));
    const int day_of_month = static_cast<int>(date_part(late, DatePart::day));
    ASSERT_EQ(days_from_civil(year, month, day_of_month), day);
    ASSERT_TRUE(month >= 1 && month <= 12 && day_of_month >= 1 && day_of_month <= 31);
    ASSERT_EQ(date_part(late, DatePart::epoch_days), day);
    ASSERT_EQ(date_part(late, DatePart::hour), 23);
  }
}

TEST(DatePart, KnownMoments) {
  const double moment = *parse_datetime("1969-12-31 23:59:59", month_first);
  EXPECT_EQ(moment, -1);
  EXPECT_EQ(date_part(moment, DatePart::epoch_days), -1);
  EXPECT_EQ(date_part(moment, DatePart::year), 1969);
  EXPECT_EQ(date_part(moment, DatePart::weekday), 2);  // Wednesday
  EXPECT_EQ(date_part(moment, DatePart::none), -1);
  EXPECT_TRUE(std::isnan(date_part(NAN, DatePart::year)));
  for (const double extreme : {1e300, -1e300})
    for (const auto part :
         {DatePart::epoch_days, DatePart::year, DatePart::month, DatePart::day, DatePart::weekday, DatePart::hour})
      EXPECT_TRUE(std::isfinite(date_part(extreme, part)));
}

}  // namespace
}  // namespace tabjoule::date_text_test
