#include "report/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/html.h"

namespace tabjoule {
namespace {

constexpr const char* kSpace = "\u00a0";  // does not break

struct Prefix {
  double factor;
  const char* text;
};
constexpr std::array<Prefix, 9> kPrefixes = {
    {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}, {1e-12, "p"}}};

Prefix prefix_of(double value) {
  if (value == 0) return kPrefixes[4];
  for (const Prefix& prefix : kPrefixes)
    if (std::abs(value) >= prefix.factor * 0.9995) return prefix;
  return kPrefixes.back();
}

/// Decimals that leave `significant` digits once rounded: 2 of 1.0 and of 0.9999.
int decimals_for(double value, int significant) {
  if (value == 0) return 0;
  const std::string rounded = fmt::format("{:.{}e}", value, significant - 1);
  return std::max(0, significant - 1 - std::stoi(rounded.substr(rounded.find('e') + 1)));
}

}  // namespace

Scale common_scale(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const Prefix prefix = prefix_of(values[values.size() / 2]);
  return {prefix.factor, prefix.text, std::min(4, decimals_for(values.front() / prefix.factor, 3))};
}

Scale score_scale(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return {1, "", largest > 0 ? std::min(4, decimals_for(largest, 4)) : 4};
}

std::string scaled(double value, const Scale& scale) {
  return fmt::format("{:.{}f}", value / scale.factor, scale.decimals);
}

NumberAndUnit number_and_unit(double value, const char* unit) {
  const Prefix prefix = prefix_of(value);
  const double in_unit = value / prefix.factor;
  return {fmt::format("{:.{}f}", in_unit, decimals_for(in_unit, 3)), std::string(prefix.text) + unit};
}

std::string quantity(double value, const char* unit) {
  const auto [number, with_prefix] = number_and_unit(value, unit);
  return number + kSpace + with_prefix;
}

WithHalfWidth with_half_width(double value, double half_width, const char* unit) {
  const Prefix prefix = prefix_of(value);
  const int decimals = std::min(4, decimals_for(half_width / prefix.factor, 2));
  return {fmt::format("{:.{}f}", value / prefix.factor, decimals),
          fmt::format("{:.{}f}", half_width / prefix.factor, decimals), std::string(prefix.text) + unit};
}

std::string small_number(double value) {
  if (value == 0 || std::abs(value) >= 1e-3) return fmt::format("{:.3g}", value);
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.2f}{}×{}10<sup>−{}</sup>", value * std::pow(10.0, -exponent), kSpace, kSpace, -exponent);
}

std::string count(double value) {
  if (std::abs(value) >= 1e15) {
    const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
    return fmt::format("{:.2g}{}×{}10<sup>{}</sup>", value * std::pow(10.0, -exponent), kSpace, kSpace, exponent);
  }
  std::string digits = fmt::format("{:.0f}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string rounded_count(double value) {
  if (std::abs(value) < 1000) return count(value);
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 2);
  return count(std::round(value / unit) * unit);
}

std::string percent(double fraction, int decimals) {
  return fmt::format("{:.{}f}{}%", 100 * fraction, decimals, kSpace);
}

std::string source_label(const std::string& kind) {
  return fmt::format("<span class=\"source {0}\">{0}</span>", escaped(kind));
}

}  // namespace tabjoule
