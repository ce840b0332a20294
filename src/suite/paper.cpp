#include "suite/paper.h"

#include <fmt/format.h>

#include <vector>

#include "report/figures.h"
#include "report/html.h"
#include "report/page.h"
#include "report/run_json.h"
#include "report/run_sections.h"
#include "suite/results.h"

namespace tabjoule {
namespace {

const char* const kHalfPoint = "energy within 0.5";

std::string title_of(const std::string& choice) { return escaped(choice_title(choice)); }

std::string tile(const std::string& title, const std::string& value, const std::string& text, bool main = false) {
  return fmt::format("<div class=\"tile{}\"><h2>{}</h2><p class=\"value\">{}</p><p>{}</p></div>\n", main ? " main" : "",
                     title, value, text);
}

std::string percent_of(const Json& json, const char* member) {
  const auto value = number(json, member);
  return value ? percent(*value) : "not known";
}

/// A median, and what lies around it.
std::string range_text(const Json& spread) {
  return fmt::format("from {} to {}", percent_of(spread, "lowest"), percent_of(spread, "highest"));
}

std::string answer(const Json& summary) {
  const Json& savings = object(summary, "savings");
  const Json& half = object(savings, kHalfPoint);
  const Json& ours = object(savings, "energy");
  std::string html = fmt::format(
      "<p class=\"eyebrow\">Suite {}, {} of {} searches done</p>\n<h1>What searching by joules saves against "
      "searching by score alone</h1>\n<p class=\"lead\">{}</p>\n<div class=\"tiles\">\n",
      escaped(text(summary, "suite")), count(number(summary, "searches_done").value_or(0)),
      count(number(summary, "searches").value_or(0)), escaped(text(summary, "description")));
  if (const Json& saving = object(half, "saving_fraction"); !saving.empty())
    html += tile("Less energy, at most half a point lost", percent_of(saving, "median"),
                 fmt::format("median of {} searches, {}; the loss is held on validation rows, on test rows in {}",
                             count(number(half, "searches").value_or(0)), range_text(saving),
                             percent_of(half, "kept_on_test_fraction")),
                 true);
  if (const Json& saving = object(ours, "saving_fraction"); !saving.empty())
    html += tile("Less energy, by the default weight", percent_of(saving, "median"),
                 fmt::format("{}; {:.2f} points lost on test rows in the median", range_text(saving),
                             number(object(ours, "test_points_lost"), "median").value_or(0)));
  for (const char* name : {"flops", "latency"})
    if (const Json& proxy = object(object(summary, "proxies"), name); !proxy.empty())
      html += tile(fmt::format("The same network by {}", name), percent_of(proxy, "same_network_fraction"),
                   fmt::format("its choice takes {:.2f} times our energy in the median",
                               number(object(proxy, "energy_ratio"), "median").value_or(0)));
  return html + "</div>\n";
}

/// `choice`: its title, in its first row alone.
std::string savings_row(const std::string& choice, const std::string& where, const Json& part) {
  const Json& saving = object(part, "saving_fraction");
  return fmt::format(
      "<tr{}><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{:.2f}</td><td class=\"n\">{}</td></tr>\n",
      choice.empty() ? "" : " class=\"chosen\"", choice, escaped(where), count(number(part, "searches").value_or(0)),
      percent_of(saving, "median"), percent_of(saving, "lowest"), percent_of(saving, "highest"),
      number(object(part, "test_points_lost"), "median").value_or(0),
      number(part, "kept_on_test_fraction") ? percent_of(part, "kept_on_test_fraction") : "");
}

std::string savings_section(const Json& summary) {
  std::string rows;
  for (const auto& [choice, of] : object(summary, "savings").items()) {
    rows += savings_row(title_of(choice), "all", of);
    for (const auto& [where, part] : object(of, "by").items()) rows += savings_row("", where, part);
  }
  if (rows.empty()) return "";
  return "<h2>Energy saved against accuracy-only search</h2>\n<p>Joules of a prediction: a simulated device's "
         "true ones, measured or estimated ones of a processor, never the predictor's. Half a point is 0.005 of "
         "a score, or 2 % of an error.</p>\n<div class=\"card\"><div class=\"chart\" "
         "id=\"savings-chart\"></div></div>\n<div class=\"card scroll\" style=\"margin-top:1rem\"><table>" +
         table_head({{"Choice"},
                     {"Where"},
                     {"Searches", true},
                     {"Median saving", true},
                     {"Worst", true},
                     {"Best", true},
                     {"Points lost on test", true},
                     {"Loss kept on test", true}}) +
         "<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string proxies_section(const Json& summary) {
  std::string rows;
  for (const auto& [name, proxy] : object(summary, "proxies").items())
    rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{:.2f}</td><td "
        "class=\"n\">{:.2f}</td><td class=\"n\">{:.2f}</td><td class=\"n\">{:.2f}</td></tr>\n",
        title_of(name), percent_of(proxy, "same_network_fraction"),
        number(object(proxy, "energy_ratio"), "median").value_or(0),
        number(object(proxy, "energy_ratio"), "lowest").value_or(0),
        number(object(proxy, "energy_ratio"), "highest").value_or(0),
        number(object(proxy, "test_points_over_ours"), "median").value_or(0));
  if (rows.empty()) return "";
  return "<h2>Would another cost have done?</h2>\n<p>Each search weighs its own cost where ours weighs joules, "
         "on the same supernet, with the same budget; all are judged by the same joules.</p>\n<div class=\"card "
         "scroll\"><table>" +
         table_head({{"Search by"},
                     {"Chose the same", true},
                     {"Its joules over ours, median", true},
                     {"Least", true},
                     {"Most", true},
                     {"Points over ours on test, median", true}}) +
         "<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string ranks_section(const Json& summary) {
  const Json& ranks = object(summary, "ranks");
  std::string html;
  for (const auto& [kind, title] : {std::pair("score", "By test score"), std::pair("energy", "By joules")}) {
    const Json& of = object(ranks, kind);
    if (of.empty()) continue;
    std::string list;
    for (const auto& [method, rank] : object(of, "average_ranks").items())
      list += fmt::format("<li>{}: {:.2f}</li>", title_of(method), rank.get<double>());
    const auto friedman_f = number(of, "friedman_f");
    html += fmt::format(
        "<div class=\"card\"><h3>{}</h3><div class=\"chart\" id=\"ranks-{}\"><ul>{}</ul></div><p class=\"small "
        "soft\">{} tables; critical difference {:.2f} (Nemenyi, 5 %); {}.</p></div>\n",
        title, kind, list, count(number(of, "tables").value_or(0)), number(of, "critical_difference").value_or(0),
        friedman_f ? fmt::format("Friedman's F {:.2f}", *friedman_f) : "all tables rank alike");
  }
  if (html.empty()) return "";
  return "<h2>Ranks over tables</h2>\n<p>Mean rank of each choice, 1 is best. Methods that a bar joins do not "
         "differ significantly.</p>\n<div class=\"columns\">\n" +
         html + "</div>\n";
}

std::string tables_section(const Json& summary) {
  const std::vector<std::string> shown{"accuracy", "energy",  kHalfPoint,     "flops",
                                       "latency",  "xgboost", "xgboost tuned"};
  std::vector<TableColumn> columns{{"Table"}, {"Rows", true}, {"Metric"}, {"No feature", true}};
  for (const std::string& choice : shown) columns.push_back({title_of(choice), true});
  columns.push_back({"Median saving of our choice", true});
  std::string rows;
  for (const Json& table : array(summary, "tables")) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{:.4g}</td>",
                        escaped(text(table, "table")), count(number(table, "rows").value_or(0)),
                        metric_title(text(table, "metric")), number(table, "dummy_test_score").value_or(0));
    const Json& choices = object(table, "choices");
    for (const std::string& choice : shown) {
      const auto score = number(object(choices, choice.c_str()), "score_test");
      rows += fmt::format("<td class=\"n\">{}</td>", score ? fmt::format("{:.4g}", *score) : "");
    }
    const auto saving = number(object(choices, "energy"), "saving_fraction");
    rows += fmt::format("<td class=\"n\">{}</td></tr>\n", saving ? percent(*saving) : "");
  }
  return "<h2>Scores on test rows</h2>\n<p>Means over spaces, devices, batch sizes and seeds. Where a boosted "
         "ensemble scores better, a network has to earn its place by its joules, its size or its "
         "runtime.</p>\n<div class=\"card scroll\"><table>" +
         table_head(columns) + "<tbody>\n" + rows + "</tbody></table></div>\n";
}

std::string predictor_section(const Json& summary) {
  std::string rows;
  for (const auto& [device, errors] : object(summary, "predictor").items())
    rows += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td></tr>\n",
        escaped(device), count(number(errors, "networks").value_or(0)), percent_of(errors, "mape"),
        percent_of(errors, "median"),
        number(errors, "spearman") ? fmt::format("{:.3f}", *number(errors, "spearman")) : "");
  if (rows.empty()) return "";
  return "<h2>Predicted against true joules</h2>\n<p>Of the networks that some search chose.</p>\n<div "
         "class=\"columns\"><div class=\"card\"><div class=\"chart\" id=\"predicted-chart\"></div></div>\n<div "
         "class=\"card scroll\"><table>" +
         table_head({{"Device"}, {"Networks", true}, {"Mean error", true}, {"Median", true}, {"Spearman", true}}) +
         "<tbody>\n" + rows + "</tbody></table></div></div>\n";
}

std::string cost_section(const Json& summary) {
  const Json& cost = object(summary, "cost");
  std::string machines;
  for (const Json& machine : array(cost, "machines"))
    machines += (machines.empty() ? "" : "; ") + escaped(as_text(machine));
  return "<h2>What the comparison took</h2>\n<div class=\"card\">" +
         facts_html({{"Searches", fmt::format("{} of {}", count(number(summary, "searches_done").value_or(0)),
                                              count(number(summary, "searches").value_or(0)))},
                     {"Time of the searches", quantity(number(cost, "search_time_s").value_or(0), "s")},
                     {"Their energy", quantity(number(cost, "search_energy_estimated_j").value_or(0), "J") + " " +
                                          source_label("estimated") + " processor time at 5 W a core"},
                     {"Time of the boosting", quantity(number(cost, "boosting_time_s").value_or(0), "s")},
                     {"Effort", fmt::format("{:g}", number(summary, "effort").value_or(1))},
                     {"Computers", machines},
                     {"Made by", fmt::format("tabjoule {} {}", escaped(text(summary, "program_version")),
                                             escaped(text(summary, "created")))}}) +
         "</div>\n";
}

}  // namespace

std::string paper_html(const Json& summary, const Json& rows) {
  Page page;
  page.title = fmt::format("{}: joules against score", text(summary, "suite"));
  const auto add = [&](const char* id, const char* title, std::string html) {
    if (!html.empty()) page.sections.push_back({id, title, std::move(html)});
  };
  add("answer", "Answer", answer(summary));
  add("savings", "Savings", savings_section(summary));
  add("proxies", "Proxies", proxies_section(summary));
  add("tables", "Tables", tables_section(summary));
  add("ranks", "Ranks", ranks_section(summary));
  add("predicted", "Prediction", predictor_section(summary));
  add("cost", "Cost", cost_section(summary));
  Json titles = Json::object();
  for (const Json& row : rows) {
    const std::string choice = text(row, "choice");
    titles[choice] = choice_title(choice);
  }
  page.data = {{"summary", summary}, {"rows", rows}, {"titles", titles}};
  page.scripts = {"paper.js"};
  page.footer = "<p>Every row is in results.parquet, every figure of this page in summary.json.</p>\n";
  return page_html(page);
}

void write_paper(const std::filesystem::path& path, const Json& summary, const Json& rows) {
  write_file(path, paper_html(summary, rows));
}

}  // namespace tabjoule
