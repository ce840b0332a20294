#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tabjoule {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::optional<std::string> nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (const std::size_t distance = edit_distance(lower(name), lower(candidate)); distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates) {
  const auto nearest = nearest_name(name, candidates);
  return nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "";
}

std::string with_unit(double value, const std::string& unit) {
  static constexpr std::array<std::pair<double, const char*>, 7> prefixes{
      {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}}};
  if (value == 0 || !std::isfinite(value)) return fmt::format("{} {}", value, unit);
  for (const auto& [factor, prefix] : prefixes)
    if (std::abs(value) >= factor * 0.9995) return fmt::format("{:.3g} {}{}", value / factor, prefix, unit);
  return fmt::format("{:.3g} n{}", value * 1e9, unit);
}

double quantity_from(const std::string& text, const std::string& unit, const std::string& what) {
  static constexpr std::array<std::pair<const char*, double>, 9> prefixes{{{"", 1},
                                                                           {"n", 1e-9},
                                                                           {"u", 1e-6},
                                                                           {"\xC2\xB5", 1e-6},
                                                                           {"\xCE\xBC", 1e-6},
                                                                           {"m", 1e-3},
                                                                           {"k", 1e3},
                                                                           {"M", 1e6},
                                                                           {"G", 1e9}}};
  const char* begin = text.c_str();
  char* end = nullptr;
  const double number = std::strtod(begin, &end);
  std::string rest(end);
  rest.erase(0, rest.find_first_not_of(' '));
  std::optional<double> factor;
  if (rest.empty()) factor = 1;
  for (const auto& [prefix, value] : prefixes)
    if (rest == prefix + unit) factor = value;
  if (unit == "s" && (rest == "min" || rest == "m")) factor = 60;
  if (unit == "s" && rest == "h") factor = 3600;
  if (end == begin || !factor || !std::isfinite(number) || !(number > 0))
    fail_usage("{}: \"{}\" is no quantity over 0 in {}: write {}", what, text, unit,
               unit == "s" ? "90s, 2ms or 15min, say" : fmt::format("20u{0}, 1.5m{0} or 2e-5, say", unit));
  return number * *factor;
}

std::string score_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e4 && size < 1e7) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return hash;
}

}  // namespace tabjoule
