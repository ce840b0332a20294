// The words that stand for a preprocessor's enumerations in its JSON file and in output names.
#pragma once

#include <array>
#include <utility>

#include "table/preprocessor.h"

namespace tabjoule {

inline constexpr std::array<std::pair<DatePart, const char*>, 7> date_part_names{{{DatePart::none, "none"},
                                                                                  {DatePart::epoch_days, "epoch_days"},
                                                                                  {DatePart::year, "year"},
                                                                                  {DatePart::month, "month"},
                                                                                  {DatePart::day, "day"},
                                                                                  {DatePart::weekday, "weekday"},
                                                                                  {DatePart::hour, "hour"}}};
inline constexpr std::array<std::pair<Scaling, const char*>, 2> scaling_names{
    {{Scaling::standard, "standard"}, {Scaling::quantile, "quantile"}}};
inline constexpr std::array<std::pair<CategoryEncoding, const char*>, 2> encoding_names{
    {{CategoryEncoding::one_hot, "one_hot"}, {CategoryEncoding::codes, "codes"}}};
inline constexpr std::array<std::pair<ColumnKind, const char*>, 3> number_kind_names{
    {{ColumnKind::numeric, "numeric"}, {ColumnKind::boolean, "boolean"}, {ColumnKind::datetime, "datetime"}}};

template <class Value, std::size_t Size>
const char* name_of(Value value, const std::array<std::pair<Value, const char*>, Size>& names) {
  for (const auto& [candidate, name] : names)
    if (candidate == value) return name;
  return "";
}

inline const char* to_string(DatePart part) { return name_of(part, date_part_names); }

}  // namespace tabjoule
