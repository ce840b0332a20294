#include "power/tegrastats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "power/column_file.h"
#include "power/wall_time.h"

namespace tabjoule {
namespace {

struct ReportedRail {
  std::string name;
  double power_w = 0;
};

/// Rails that are the whole board's supply.
constexpr std::array<std::string_view, 2> kTotalRails{"VDD_IN", "POM_5V_IN"};

bool is_rail_name(std::string_view word) {
  for (const std::string_view prefix : {"VDD", "POM_", "VIN_", "CPU_", "GPU_", "NC_"})
    if (word.starts_with(prefix)) return true;
  return false;
}

/// Milliwatts before the "/" of "4687/4687" or "4687mW/4687mW".
std::optional<double> milliwatts(std::string_view word) {
  const std::size_t slash = word.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view text) -> std::optional<double> {
    if (text.ends_with("mW")) text.remove_suffix(2);
    const auto value = parse_reading(text);
    return value && *value >= 0 ? value : std::nullopt;
  };
  const auto now = number(word.substr(0, slash));
  return number(word.substr(slash + 1)) ? now : std::nullopt;
}

std::vector<ReportedRail> rails_of(std::string_view line) {
  std::vector<ReportedRail> rails;
  std::string_view last;
  while (!line.empty()) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    if (is_rail_name(last))
      if (const auto value = milliwatts(word)) rails.push_back({std::string(last), 1e-3 * *value});
    last = word;
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return rails;
}

/// The stamp a new line begins with.
std::optional<double> stamp_of(std::string_view line) {
  constexpr std::size_t kLength = 19;  // "11-24-2026 10:41:24"
  return line.size() > kLength ? parse_wall_time(line.substr(0, kLength)) : std::nullopt;
}

/// The rail asked for, the total, or all of them.
std::vector<std::string> chosen_rails(const std::vector<ReportedRail>& rails, const std::string& column,
                                      const NoticeSink& notice) {
  std::vector<std::string> names;
  for (const ReportedRail& rail : rails) names.push_back(rail.name);
  const auto has = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  if (!column.empty()) {
    if (!has(column))
      fail_input("line 1 has no rail \"{}\"{}; there are: {}", column, did_you_mean(column, names),
                 fmt::join(names, ", "));
    return {column};
  }
  for (const std::string_view total : kTotalRails)
    if (has(total)) return {std::string(total)};
  if (notice)
    notice(fmt::format("no rail covers the whole board: the sum of {} is taken, without what they do not feed",
                       fmt::join(names, ", ")));
  return names;
}

double power_of(const std::vector<ReportedRail>& rails, const std::vector<std::string>& chosen, std::size_t line) {
  double sum_w = 0;
  for (const std::string& name : chosen) {
    const auto rail = std::find_if(rails.begin(), rails.end(), [&](const ReportedRail& r) { return r.name == name; });
    if (rail == rails.end()) fail_input("line {} has no readable rail \"{}\"; remove that line", line, name);
    sum_w += rail->power_w;
  }
  return sum_w;
}

}  // namespace

bool looks_like_tegrastats(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.find("RAM ") != std::string_view::npos && !rails_of(line).empty();
}

PowerTrace parse_tegrastats(std::string_view text, const TraceFileOptions& options, const NoticeSink& notice) {
  PowerTrace trace;
  std::vector<std::string> chosen;
  std::vector<std::optional<double>> stamps;
  std::size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    ++number;
    if (trimmed_cell(line).empty()) continue;
    const std::vector<ReportedRail> rails = rails_of(line);
    if (trace.size() == 0) chosen = chosen_rails(rails, options.column, notice);
    trace.power_w.push_back(power_of(rails, chosen, number));
    stamps.push_back(stamp_of(line));
    trace.time_s.push_back(static_cast<double>(trace.time_s.size()));
  }
  double interval_s = options.interval_s;
  if (stamps.front() && stamps.back() && *stamps.back() > *stamps.front()) {
    interval_s = (*stamps.back() - *stamps.front()) / static_cast<double>(trace.size() - 1);
  } else if (notice) {
    notice(fmt::format("the log has no time stamps: its lines are taken as {:g} s apart (--interval)", interval_s));
  }
  for (double& time : trace.time_s) time *= interval_s;
  return trace;
}

}  // namespace tabjoule
