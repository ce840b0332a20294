#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/run_json.h"
#include "report/run_sections.h"

namespace tabjoule {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kMillion = 1e6;

std::string saving_text(double fraction) {
  return fraction >= 0 ? percent(fraction) + " less energy" : percent(-fraction) + " more energy";
}

bool is_chosen(const Json& run, const Json& point) {
  return text(point, "text") == text(object(run, "chosen"), "text");
}

std::string predicted_note(const Json& baseline) {
  return text(baseline, "saving_from") == "predicted" ? " " + source_label("predicted") : "";
}

std::string lead(const Json& run) {
  const Json& chosen = object(run, "chosen");
  std::string words = fmt::format("It predicts <b>{}</b>", escaped(text(run, "target")));
  if (const auto score = number(chosen, "score_test"))
    words +=
        fmt::format(" with {} {} on rows it has never seen", metric_title(text(run, "metric")), score_text(*score));
  if (const auto energy = energy_of(run, chosen))
    words += fmt::format(", for {} a prediction", quantity(energy->energy_j, "J"));
  const Json& accuracy = object(object(run, "baselines"), "accuracy");
  if (!accuracy.empty() && !is_chosen(run, accuracy))
    if (const auto saving = number(accuracy, "saving_fraction"))
      words += fmt::format(": {} than the network that a search by accuracy alone finds", saving_text(*saving));
  return words + ".";
}

std::string why(const Json& run) {
  const Json& by = object(run, "chosen_by");
  std::string html;
  if (const std::string rule = text(by, "text"); !rule.empty())
    html = fmt::format("<p class=\"soft\">Chosen by this rule: {}</p>\n", escaped(rule));
  if (!boolean(by, "holds").value_or(true))
    html += "<p class=\"warning\">No trained network keeps what was asked; this is the nearest.</p>\n";
  if (const std::string early = text(run, "stopped_early"); !early.empty())
    html +=
        fmt::format("<p class=\"warning\">The search ended early ({}): this is the best it had found by then.</p>\n",
                    escaped(early));
  return html;
}

std::string tile(const std::string& title, const std::string& value, const std::string& below, bool main = false) {
  return fmt::format("<div class=\"tile{}\"><h2>{}</h2><div class=\"value\">{}</div>{}</div>\n", main ? " main" : "",
                     title, value, below);
}

std::string score_tile(const Json& run) {
  const Json& chosen = object(run, "chosen");
  const auto score = number(chosen, "score_test");
  if (!score) return "";
  const auto test_rows = number(object(run, "rows"), "test");
  std::string below = fmt::format("<p>{}{}</p>", source_label("measured"),
                                  test_rows ? fmt::format(" on {} test rows", count(*test_rows)) : "");
  if (const auto dummy = number(run, "dummy_test_score"))
    below += fmt::format("<p>{} without looking at the features</p>", score_text(*dummy));
  if (const auto teacher = number(object(run, "teacher"), "score_test"))
    below += fmt::format("<p>{} of the teacher it learnt from</p>", score_text(*teacher));
  return tile("Test score", fmt::format("{} <small>{}</small>", score_text(*score), metric_title(text(run, "metric"))),
              below);
}

std::string energy_tile(const Json& run, const PointEnergy& energy) {
  std::string value;
  if (energy.low_j && energy.high_j && energy.kind != "predicted") {
    const auto shown = with_half_width(energy.energy_j, (*energy.high_j - *energy.low_j) / 2, "J");
    value = fmt::format("{} <small>{}</small> <span class=\"plus\">±&nbsp;{}</span>", shown.value, shown.unit,
                        shown.half_width);
  } else {
    const auto shown = number_and_unit(energy.energy_j, "J");
    value = fmt::format("{} <small>{}</small>", shown.number, shown.unit);
  }
  std::string spread;
  if (energy.low_j && energy.high_j)
    spread = energy.kind == "predicted"
                 ? fmt::format(" 90&nbsp;%: {} to {}", quantity(*energy.low_j, "J"), quantity(*energy.high_j, "J"))
                 : " 95&nbsp;% interval";
  std::string below =
      fmt::format("<p>{}{}</p><p>on {}{}</p>", source_label(energy.kind), spread, escaped(text(run, "device")),
                  number(run, "batch") ? fmt::format(", batch {}", count(*number(run, "batch"))) : "");
  if (const auto truth = number(object(run, "chosen"), "energy_true_j"))
    below += fmt::format("<p>{} in the simulation, before its sensor</p>", quantity(*truth, "J"));
  return tile("Energy a prediction", value, below);
}

std::string saving_tile(const Json& run) {
  const Json& baselines = object(run, "baselines");
  if (baselines.empty()) return "";
  const std::string name = baselines.contains("accuracy") ? "accuracy" : baselines.items().begin().key();
  const Json& baseline = baselines.at(name);
  const std::string against = fmt::format("<p>than what a {} finds</p>", baseline_title(name));
  if (is_chosen(run, baseline))
    return tile("Saving", "None", "<p>the " + baseline_title(name) + " finds the same network</p>");
  const auto saving = number(baseline, "saving_fraction");
  if (!saving) return "";
  const std::string kind = text(baseline, "saving_from") == "predicted" ? "predicted" : source_kind(run);
  return tile(*saving >= 0 ? "Less energy" : "More energy",
              fmt::format("{} <small>%</small>", fmt::format("{:.1f}", 100 * std::abs(*saving))),
              fmt::format("<p>{}</p>{}", source_label(kind), against), *saving > 0);
}

std::string million_tile(const PointEnergy& energy, const ReportOptions& options) {
  const double joules = energy.energy_j * kMillion;
  const double kwh = joules / kJoulesPerKwh;
  return tile("A million predictions", fmt::format("{} <small>kWh</small>", small_number(kwh)),
              fmt::format("<p>{}, from {} energy</p><p>{} of CO<sub>2</sub>e at {} g a kWh</p>", quantity(joules, "J"),
                          source_label(energy.kind), quantity(kwh * options.grid_g_per_kwh, "g"),
                          score_text(options.grid_g_per_kwh)));
}

/// Rows of the table of savings: the chosen network, then the baselines.
std::string saving_rows(const Json& run, const Scale& scale, double most_j) {
  const auto row = [&](const std::string& name, const Json& point, const std::string& saving, bool chosen) {
    const auto energy = energy_of(run, point);
    const auto score = number(point, "score_test");
    return fmt::format(
        "<tr{}><th scope=\"row\">{}</th><td class=\"mono\" data-label=\"Network\">{}</td><td class=\"n\" "
        "data-label=\"Test {}\">{}</td>"
        "<td class=\"n\" data-label=\"Energy, {}J\">{}</td><td><span class=\"bar\"><i class=\"{}\" "
        "style=\"width:{:.1f}%\"></i></span></td>"
        "<td class=\"n\" data-label=\"Saving\">{}</td></tr>\n",
        chosen ? " class=\"chosen\"" : "", name, escaped(text(point, "text")), metric_title(text(run, "metric")),
        score ? score_text(*score) : "", scale.prefix, energy ? scaled(energy->energy_j, scale) : "",
        chosen ? "chosen" : "other", energy && most_j > 0 ? 100 * energy->energy_j / most_j : 0, saving);
  };
  std::string rows = row("This network", object(run, "chosen"), "", true);
  for (const auto& [name, point] : object(run, "baselines").items()) {
    const auto saving = number(point, "saving_fraction");
    std::string title = baseline_title(name);
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    rows += row(title, point,
                is_chosen(run, point) ? "the same network"
                : saving              ? saving_text(*saving) + predicted_note(point)
                                      : "",
                false);
  }
  return rows;
}

std::string savings(const Json& run) {
  const Json& baselines = object(run, "baselines");
  if (baselines.empty()) return "";
  std::vector<double> energies;
  std::vector<std::string> kinds;
  const auto collect = [&](const Json& point) {
    if (const auto energy = energy_of(run, point)) {
      energies.push_back(energy->energy_j);
      if (std::find(kinds.begin(), kinds.end(), energy->kind) == kinds.end()) kinds.push_back(energy->kind);
    }
  };
  collect(object(run, "chosen"));
  for (const auto& [name, point] : baselines.items()) collect(point);
  if (energies.empty()) return "";
  std::string labels;
  for (const std::string& kind : kinds) labels += " " + source_label(kind);
  const Scale scale = common_scale(energies);
  return fmt::format(
      "<div class=\"card scroll\"><h3>Against other ways to search{}</h3><table class=\"blocks\">{}"
      "<tbody>\n{}</tbody></table></div>\n",
      labels,
      table_head({{"Found by"},
                  {"Network"},
                  {"Test " + metric_title(text(run, "metric")), true},
                  {fmt::format("Energy, {}J", scale.prefix), true},
                  {hidden("Energy as a bar")},
                  {"This network takes", true}}),
      saving_rows(run, scale, *std::max_element(energies.begin(), energies.end())));
}

}  // namespace

std::string baseline_title(const std::string& name) {
  if (name == "accuracy") return "search by accuracy alone";
  if (name == "flops") return "search by FLOPs";
  if (name == "latency") return "search by latency";
  if (name == "random") return "random search";
  return "search by " + escaped(name);
}

std::string metric_title(const std::string& name) {
  if (name == "auc" || name == "rmse" || name == "mae" || name == "f1") {
    std::string upper = name;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    return upper;
  }
  if (name == "r2") return "R²";
  std::string spaced = escaped(name);
  std::replace(spaced.begin(), spaced.end(), '_', ' ');
  return spaced;
}

std::string answer_html(const Json& run, const ReportOptions& options) {
  const auto energy = energy_of(run, object(run, "chosen"));
  std::string html = fmt::format("<p class=\"eyebrow\">Deploy</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n{}",
                                 escaped(text(object(run, "chosen"), "text")), lead(run), why(run));
  html += "<div class=\"tiles\">\n" + score_tile(run) + (energy ? energy_tile(run, *energy) : "") + saving_tile(run) +
          (energy ? million_tile(*energy, options) : "") + "</div>\n";
  return html + savings(run);
}

}  // namespace tabjoule
