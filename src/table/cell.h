// What one cell's text means. Every function takes trimmed text; the letters' case matters only where said.
#pragma once

#include <optional>
#include <string_view>

namespace tabjoule {

/// `text` without the spaces, tabs and carriage returns around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// "", "?", "NA", and in any letter case "N/A", "NaN", "null".
[[nodiscard]] bool is_missing_token(std::string_view text);

/// A whole number written with leading zeros ("020", "-01", "00000"): a code, not a number.
[[nodiscard]] bool is_zero_padded(std::string_view text);

/// Decimal number, optional sign and exponent; "inf" and "infinity" (any letter case) and what overflows give
/// an infinity. Zero-padded whole numbers are read as numbers. Empty where `text` is anything else.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// As parse_number, with a comma where the point is ("3,25").
[[nodiscard]] std::optional<double> parse_decimal_comma(std::string_view text);

/// "true" or "false" in any letter case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// Also "yes", "no", "t", "f", "y", "n", "1", "0": for a column that the user says is boolean.
[[nodiscard]] std::optional<bool> parse_loose_boolean(std::string_view text);

}  // namespace tabjoule
