// Parts of a date in ONNX integer operators: days since 1970-01-01 to year, month and day after Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms" (civil_from_days): a year that starts in March has its leap day
// last, and 400 years (an era) always have 146,097 days.
#include "graph/pipeline_parts.h"

namespace tabjoule::pipeline_parts {
namespace {

constexpr double kDayS = 86400, kHourS = 3600;
constexpr double kMostDays = 1e10;  // beyond, the parts stand still

/// Integer arithmetic on (B, C) int64 tensors with one constant operand.
class DateWriter {
 public:
  explicit DateWriter(GraphBuilder& builder) : builder_(builder) {}

  std::string binary(const std::string& op, const std::string& a, const std::string& b) {
    return builder_.add(op, {a, b}, "dates/" + op);
  }
  std::string number(std::int64_t value) {
    auto& name = numbers_[value];
    if (name.empty()) name = builder_.constant("dates/number", {}, std::vector<std::int64_t>{value});
    return name;
  }
  std::string add(const std::string& a, const std::string& b) { return binary("Add", a, b); }
  std::string sub(const std::string& a, const std::string& b) { return binary("Sub", a, b); }
  std::string plus(const std::string& a, std::int64_t b) { return binary("Add", a, number(b)); }
  std::string times(const std::string& a, std::int64_t b) { return binary("Mul", a, number(b)); }
  /// Rounds towards zero: for values that are not negative, or divide evenly.
  std::string over(const std::string& a, std::int64_t b) { return binary("Div", a, number(b)); }
  /// 0 .. b - 1 for negative values too (ONNX's Mod of integers takes the divisor's sign).
  std::string modulo(const std::string& a, std::int64_t b) { return binary("Mod", a, number(b)); }
  /// Rounds down for negative values too.
  std::string floor_over(const std::string& a, std::int64_t b) { return over(sub(a, modulo(a, b)), b); }
  std::string where_below(const std::string& a, std::int64_t bound, const std::string& yes, const std::string& no) {
    return builder_.add("Where", {binary("Less", a, number(bound)), yes, no}, "dates/Where");
  }

 private:
  GraphBuilder& builder_;
  std::map<std::int64_t, std::string> numbers_;
};

struct Civil {
  std::string year, month, day;
};

Civil civil_from_days(DateWriter& w, const std::string& days) {
  const std::string shifted = w.plus(days, 719468);  // days since 0000-03-01
  const std::string era = w.floor_over(shifted, 146097);
  const std::string day_of_era = w.modulo(shifted, 146097);
  // year_of_era = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365
  const std::string without_4 = w.sub(day_of_era, w.over(day_of_era, 1460));
  const std::string with_100 = w.add(without_4, w.over(day_of_era, 36524));
  const std::string year_of_era = w.over(w.sub(with_100, w.over(day_of_era, 146096)), 365);
  // day_of_year = doe - (365 yoe + yoe / 4 - yoe / 100), from 1 March
  const std::string leap_days = w.sub(w.over(year_of_era, 4), w.over(year_of_era, 100));
  const std::string day_of_year = w.sub(day_of_era, w.add(w.times(year_of_era, 365), leap_days));
  const std::string march_month = w.over(w.plus(w.times(day_of_year, 5), 2), 153);  // 0 is March
  const std::string before_month = w.over(w.plus(w.times(march_month, 153), 2), 5);
  Civil civil;
  civil.day = w.plus(w.sub(day_of_year, before_month), 1);
  civil.month = w.where_below(march_month, 10, w.plus(march_month, 3), w.plus(march_month, -9));
  const std::string year = w.add(year_of_era, w.times(era, 400));
  civil.year = w.where_below(civil.month, 3, w.plus(year, 1), year);
  return civil;
}

}  // namespace

// days = clamp(floor(seconds / 86400)), hour = clamp(floor((seconds - days * 86400) / 3600)): in float64, as date_part.
std::map<DatePart, std::string> add_date_parts(GraphBuilder& builder, const std::string& seconds,
                                               const std::vector<DatePart>& parts) {
  const auto real = [&](double value) { return builder.constant("dates/real", {}, std::vector<double>{value}); };
  const auto floor_over = [&](const std::string& a, double b) {
    return builder.add("Floor", {builder.add("Div", {a, real(b)}, "dates/quotient")}, "dates/floor");
  };
  const auto clip = [&](const std::string& a, double low, double high) {
    return builder.add("Clip", {a, real(low), real(high)}, "dates/clipped");
  };
  const std::string days = clip(floor_over(seconds, kDayS), -kMostDays, kMostDays);
  const std::string midnight = builder.add("Mul", {days, real(kDayS)}, "dates/midnight");
  const std::string since_midnight = builder.add("Sub", {seconds, midnight}, "dates/since_midnight");
  DateWriter w(builder);
  const std::string whole_days = builder.cast(days, ElementType::int64, "dates/days");
  const Civil civil = civil_from_days(w, whole_days);
  const auto real_of = [&](const std::string& integer) {
    return builder.cast(integer, ElementType::float64, "dates/part");
  };
  const std::map<DatePart, std::string> all = {
      {DatePart::epoch_days, days},
      {DatePart::year, real_of(civil.year)},
      {DatePart::month, real_of(civil.month)},
      {DatePart::day, real_of(civil.day)},
      {DatePart::weekday, real_of(w.modulo(w.plus(whole_days, 3), 7))},  // 1970-01-01 was a Thursday; Monday is 0
      {DatePart::hour, clip(floor_over(since_midnight, kHourS), 0, 23)}};
  std::map<DatePart, std::string> wanted;
  for (const DatePart part : parts) wanted.insert(*all.find(part));
  return wanted;  // what nobody wants, the runtime leaves out
}

}  // namespace tabjoule::pipeline_parts
