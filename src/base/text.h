// Small pieces of text: the nearest name for an error message, quantities for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tabjoule {

/// The candidate with the smallest edit distance to `name` (letter case ignored), if one is close enough to
/// be what was meant (at most a third of its length, 2 at least).
[[nodiscard]] std::optional<std::string> nearest_name(const std::string& name,
                                                      const std::vector<std::string>& candidates);

/// ASCII letters in lower case.
[[nodiscard]] std::string lower(std::string_view text);

/// "; did you mean "x"?" or nothing.
[[nodiscard]] std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates);

/// "3.42 uJ", "12.1 mJ": three significant digits and the prefix that fits. `unit` is "J", "W" or "s".
[[nodiscard]] std::string with_unit(double value, const std::string& unit);

/// The other way round: "20uJ", "1.5 mJ", "2e-5" (in `unit` itself). Seconds may be "90s", "15 min" or "2h" too. Errors
/// (usage): anything else, or a quantity that is not over 0; the message starts with `what` ("--energy-budget").
[[nodiscard]] double quantity_from(const std::string& text, const std::string& unit, const std::string& what);

/// Four significant digits, without an exponent between 0.0001 and 10 million: "0.8576", "27670".
[[nodiscard]] std::string score_text(double value);

/// FNV-1a: the same number for the same text everywhere. For streams and file names, not for secrets.
[[nodiscard]] std::uint64_t stable_hash(std::string_view text);

}  // namespace tabjoule
