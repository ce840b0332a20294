// The run itself: what it took, and how to have it again.
#include <fmt/format.h>

#include <algorithm>

#include "report/figures.h"
#include "report/html.h"
#include "report/run_json.h"
#include "report/run_sections.h"

namespace tabjoule {
namespace {

struct Phase {
  std::string name;
  double time_s = 0, energy_j = 0;
};

std::vector<Phase> phases_of(const Json& timing) {
  std::vector<Phase> phases;
  for (const auto& [name, phase] : timing.items())
    phases.push_back({name, number(phase, "time_s").value_or(0), number(phase, "energy_j").value_or(0)});
  return phases;
}

/// After how many predictions the search's own energy is saved, against the network of accuracy alone.
std::string payback(const Json& run, double spent_j) {
  if (spent_j <= 0) return "";
  const auto chosen = energy_of(run, object(run, "chosen"));
  const auto other = energy_of(run, object(object(run, "baselines"), "accuracy"));
  if (!chosen || !other || chosen->kind != other->kind || other->energy_j <= chosen->energy_j) return "";
  return fmt::format(" Against the network of the search by accuracy alone, that is saved after {} predictions.",
                     rounded_count(spent_j / (other->energy_j - chosen->energy_j)));
}

std::string phase_rows(const std::vector<Phase>& phases, double total_s, double total_j, const Scale& scale) {
  const auto bar = [](double part, double all, const char* style) {
    return fmt::format("<span class=\"bar\"><i class=\"{}\" style=\"width:{:.1f}%\"></i></span>", style,
                       all > 0 ? 100 * part / all : 0);
  };
  std::string rows;
  for (const Phase& phase : phases)
    rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\" data-label=\"Time, s\">{:.1f}</td><td>{}</td>"
        "<td class=\"n\" data-label=\"Energy, {}J\">{}</td><td>{}</td></tr>\n",
        escaped(phase.name), phase.time_s, bar(phase.time_s, total_s, "chosen"), scale.prefix,
        scaled(phase.energy_j, scale), bar(phase.energy_j, total_j, "other"));
  return rows + fmt::format(
                    "<tr class=\"chosen\"><th scope=\"row\">In all</th><td class=\"n\" data-label=\"Time, "
                    "s\">{:.1f}</td><td></td>"
                    "<td class=\"n\" data-label=\"Energy, {}J\">{}</td><td></td></tr>\n",
                    total_s, scale.prefix, scaled(total_j, scale));
}

/// A word of a command as a shell takes it.
std::string shell_word(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string command_line(const Json& run) {
  std::string line;
  for (const Json& word : array(run, "command"))
    if (word.is_string()) line += (line.empty() ? "" : " ") + shell_word(word.get<std::string>());
  return line;
}

std::string limits_text(const Json& run) {
  const Json& limits = object(run, "limits");
  std::vector<std::string> parts;
  if (const auto j = number(limits, "energy_budget_j")) parts.push_back("at most " + quantity(*j, "J"));
  if (const auto score = number(limits, "min_score"))
    parts.push_back(fmt::format("a score of {:.4g} or better", *score));
  if (const auto s = number(limits, "latency_s")) parts.push_back("at most " + quantity(*s, "s"));
  if (const auto n = number(limits, "parameters")) parts.push_back("at most " + count(*n) + " parameters");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string reward_text(const Json& run) {
  const Json& reward = object(run, "reward");
  const std::string name = escaped(text(reward, "name"));
  const auto weight = number(reward, "energy_weight");
  return name + (weight ? fmt::format("{}weight {:.4g}", name.empty() ? "" : ", ", *weight) : "");
}

}  // namespace

std::string cost_html(const Json& run) {
  const auto phases = phases_of(object(run, "timing"));
  if (phases.empty()) return "";
  double total_s = 0;
  double total_j = 0;
  for (const Phase& phase : phases) {
    total_s += phase.time_s;
    total_j += phase.energy_j;
  }
  Scale scale = common_scale({total_j});
  ++scale.decimals;  // a small phase should not read as none
  return fmt::format(
      "<h2>What the search took</h2>\n<p>{}{}.{}</p>\n"
      "<div class=\"card\"><table class=\"blocks\">{}<tbody>\n{}</tbody></table></div>\n",
      quantity(total_s, "s"), total_j > 0 ? " and " + quantity(total_j, "J") : "", payback(run, total_j),
      table_head({{"Phase"},
                  {"Time, s", true},
                  {hidden("Share of time")},
                  {fmt::format("Energy, {}J {}", scale.prefix, source_label(source_kind(run))), true},
                  {hidden("Share of energy")}}),
      phase_rows(phases, total_s, total_j, scale));
}

std::string reproduce_html(const Json& run) {
  std::string html = "<h2>Reproduce</h2>\n";
  if (const std::string line = command_line(run); !line.empty())
    html += fmt::format(
        "<div class=\"command\"><pre id=\"command\">{}</pre>"
        "<button type=\"button\" class=\"button needs-js\" data-copy=\"command\">Copy</button></div>\n",
        escaped(line));
  const auto shown = [&](const char* key) {
    const auto value = number(run, key);
    return value ? fmt::format("{:.0f}", *value) : "";
  };
  const auto difference = number(run, "export_difference");
  html +=
      "<div class=\"card\" style=\"margin-top:1rem\">" +
      facts_html({{"Device", escaped(text(run, "fingerprint"))},
                  {"Energy",
                   source_label(source_kind(run)) + " " + escaped(text(object(run, "energy_source"), "description"))},
                  {"Searched on", escaped(text(run, "machine"))},
                  {"Reward", reward_text(run)},
                  {"Limits", limits_text(run)},
                  {"Seed", shown("seed")},
                  {"Threads", shown("threads")},
                  {"Exported files",
                   difference ? fmt::format("agree with ours to {} in ONNX Runtime", small_number(*difference)) : ""},
                  {"Made by", fmt::format("tabjoule {} {}", escaped(text(run, "program_version")),
                                          escaped(text(run, "created")))}}) +
      "</div>\n";
  return html;
}

}  // namespace tabjoule
