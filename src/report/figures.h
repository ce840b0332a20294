// Quantities for people, as HTML: three significant digits, the prefix that fits, spaces that do not break, and where
// a figure comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tabjoule {

/// One prefix and number of decimals for a column, so that its numbers line up.
struct Scale {
  double factor = 1;
  const char* prefix = "";
  int decimals = 2;
};

/// The prefix of the median, and decimals for three significant digits of the smallest (at most 4). `values` without
/// what is not there; empty: the default.
[[nodiscard]] Scale common_scale(std::vector<double> values);
/// Decimals for four significant digits of the largest score, no prefix.
[[nodiscard]] Scale score_scale(const std::vector<double>& values);
/// The number alone: "149.21".
[[nodiscard]] std::string scaled(double value, const Scale& scale);

/// "8.50 µJ".
[[nodiscard]] std::string quantity(double value, const char* unit);
/// The number of `quantity`, and its unit, apart: {"8.50", "µJ"}.
struct NumberAndUnit {
  std::string number, unit;
};
[[nodiscard]] NumberAndUnit number_and_unit(double value, const char* unit);
/// "10.76 ± 0.24" in the unit that fits `value`, two significant digits of the half width.
struct WithHalfWidth {
  std::string value, half_width, unit;
};
[[nodiscard]] WithHalfWidth with_half_width(double value, double half_width, const char* unit);

/// "2.99 × 10⁻⁶" below 0.001, else three significant digits.
[[nodiscard]] std::string small_number(double value);
/// "8,866"; beyond 10^15 as a power of ten.
[[nodiscard]] std::string count(double value);
/// `count` of the value rounded to three significant digits.
[[nodiscard]] std::string rounded_count(double value);
/// "66.3 %" of a fraction.
[[nodiscard]] std::string percent(double fraction, int decimals = 1);

/// A label that says where a figure comes from: "measured", "estimated", "simulated" or "predicted".
[[nodiscard]] std::string source_label(const std::string& kind);

}  // namespace tabjoule
