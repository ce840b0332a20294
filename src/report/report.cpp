#include "report/report.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "report/front_chart.h"
#include "report/html.h"

namespace tabjoule {
namespace {

constexpr const char* kStyle = R"css(
:root { --ink: #1b1f24; --soft: #5b6470; --paper: #ffffff; --line: #d9dee4; --accent: #0b6e4f; --other: #b45309; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --soft: #9aa4b0; --paper: #14171b; --line: #30363d; --accent: #4cc38a; --other: #f0a84a; }
}
@media print { :root { --ink: #000; --paper: #fff; --line: #bbb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p.lead, .soft, caption { color: var(--soft); }
.answer { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1.5rem 0; }
.answer div { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; }
.answer b { display: block; font-size: 1.35rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
code, pre { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; }
svg { width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 13px; }
.dot { fill: var(--soft); } .front { stroke: var(--soft); fill: none; } .axis { stroke: var(--line); }
.chosen { fill: var(--accent); } .baseline { fill: var(--other); } svg text.strong { fill: var(--ink); }
)css";

std::string optional_unit(const std::optional<double>& value, const std::string& unit) {
  return value ? with_unit(*value, unit) : "-";
}

std::string optional_score(const std::optional<double>& value) { return value ? score_text(*value) : "-"; }

std::string card(const std::string& label, const std::string& value, const std::string& below) {
  return fmt::format("<div><span class=\"soft\">{}</span><b>{}</b><span class=\"soft\">{}</span></div>\n",
                     escaped(label), escaped(value), escaped(below));
}

std::string answer(const RunRecord& record) {
  const RunPoint& chosen = record.chosen;
  const double energy_j = chosen.energy_measured_j.value_or(*chosen.energy_predicted_j);
  const double per_million_kwh = energy_j * 1e6 / 3.6e6;
  std::string cards = card("Deploy", chosen.text, fmt::format("{} parameters", chosen.parameters));
  cards += card("Test score", fmt::format("{} {}", record.metric, optional_score(chosen.score_test)),
                fmt::format("{} without any feature", score_text(record.dummy_test_score)));
  cards += card(
      "Energy a prediction", with_unit(energy_j, "J"),
      chosen.energy_measured_j
          ? fmt::format("+- {}, {}", with_unit(*chosen.energy_measured_half_width_95_j, "J"), to_string(record.source))
          : "predicted, not measured");
  for (const auto& baseline : record.baselines)
    cards += card(fmt::format("Against {} alone", baseline.name),
                  baseline.point.text == chosen.text ? "the same network"
                                                     : fmt::format("{:.1f} % saved{}", 100 * baseline.saving_fraction,
                                                                   baseline.saving_predicted ? " (predicted)" : ""),
                  fmt::format("{} {}", record.metric, optional_score(baseline.point.score_test)));
  cards += card("A million predictions", with_unit(energy_j * 1e6, "J"),
                fmt::format("{:.2g} kWh, at batch {} on {}", per_million_kwh, record.batch, record.device));
  return "<div class=\"answer\">\n" + cards + "</div>\n";
}

std::string point_row(const std::string& role, const RunPoint& point) {
  return fmt::format(
      "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
      "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
      escaped(role), escaped(point.text), optional_score(point.score_supernet), optional_score(point.score_test),
      optional_unit(point.energy_predicted_j, "J"), optional_unit(point.energy_measured_j, "J"),
      optional_unit(point.time_measured_s, "s"), point.parameters);
}

std::string points(const RunRecord& record) {
  std::string rows = point_row("chosen", record.chosen);
  for (const auto& baseline : record.baselines) rows += point_row(baseline.name + " alone", baseline.point);
  for (const auto& point : record.pareto) rows += point_row("front", point);
  return "<div class=\"scroll\"><table><thead><tr><th></th><th>network</th><th class=\"n\">score, supernet</th>"
         "<th class=\"n\">score, test</th><th class=\"n\">J predicted</th><th class=\"n\">J found</th>"
         "<th class=\"n\">time</th><th class=\"n\">parameters</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

std::string kernels(const RunRecord& record) {
  double sum_j = 0;
  for (const auto& kernel : record.chosen.kernels) sum_j += kernel.energy_j;
  std::string rows;
  for (const auto& kernel : record.chosen.kernels)
    rows +=
        fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.0f} %</td></tr>\n",
                    escaped(kernel.text), with_unit(kernel.energy_j, "J"), with_unit(kernel.time_s, "s"),
                    sum_j > 0 ? 100 * kernel.energy_j / sum_j : 0);
  return "<div class=\"scroll\"><table><thead><tr><th>kernel</th><th class=\"n\">energy a batch</th>"
         "<th class=\"n\">time a batch</th><th class=\"n\">share</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

std::string facts(const RunRecord& record) {
  std::string rows;
  const auto row = [&](const std::string& name, const std::string& value) {
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value));
  };
  row("data", record.data);
  row("target", fmt::format("{} ({})", record.target, record.task));
  row("rows",
      fmt::format("{} train, {} validation, {} test", record.rows_train, record.rows_validation, record.rows_test));
  row("columns", fmt::format("{}, as {} inputs of the network", record.raw_columns, record.features));
  row("device", fmt::format("{}: {}", record.device, record.fingerprint));
  row("energy", fmt::format("{}: {}", to_string(record.source), record.sensor_description));
  for (const auto& space : record.spaces)
    row("searched", fmt::format("{} of {} architectures of space {}", space.scored, space.architectures, space.name));
  double total_s = 0;
  double total_j = 0;
  for (const auto& phase : record.phases) {
    total_s += phase.time_s;
    total_j += phase.energy_j;
    row(fmt::format("phase {}", phase.name),
        fmt::format("{}, {}", with_unit(phase.time_s, "s"), with_unit(phase.energy_j, "J")));
  }
  row("the run itself",
      fmt::format("{}, {} ({})", with_unit(total_s, "s"), with_unit(total_j, "J"), to_string(record.source)));
  row("tabjoule", fmt::format("{}, {}", record.version, record.created));
  return "<div class=\"scroll\"><table><tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string notices(const RunRecord& record) {
  if (record.notices.empty()) return "";
  std::string items;
  for (const auto& notice : record.notices) items += "<li>" + escaped(notice) + "</li>\n";
  return "<h2>Notices</h2>\n<ul>\n" + items + "</ul>\n";
}

}  // namespace

std::string report_html(const RunRecord& record) {
  const std::string title = fmt::format("{}: {}", record.target, record.chosen.text);
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
      "<link rel=\"icon\" href=\"data:,\">\n<style>{}</style>\n</head>\n<body>\n",
      escaped(title), kStyle);
  page += fmt::format("<h1>{}</h1>\n<p class=\"lead\">The network that predicts {} for the fewest joules.</p>\n",
                      escaped(record.target), escaped(record.target));
  page += answer(record);
  page += "<h2>Score against energy</h2>\n" + front_chart(record);
  page +=
      "<p class=\"soft\">Scores on the supernet's shared weights rank architectures; a network "
      "trained on its own scores better. Energy is predicted from the network's kernels.</p>\n";
  page += "<h2>Where the joules go</h2>\n" + kernels(record);
  page += "<h2>Networks</h2>\n" + points(record);
  page += "<h2>This run</h2>\n" + facts(record);
  page += notices(record);
  return page + "</body>\n</html>\n";
}

std::filesystem::path write_report(const RunRecord& record) {
  auto path = record.folder / "report.html";
  write_file(path, report_html(record));
  return path;
}

}  // namespace tabjoule
