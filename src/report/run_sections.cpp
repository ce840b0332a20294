#include "report/run_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/figures.h"
#include "report/html.h"
#include "report/run_json.h"

namespace tabjoule {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string joined(const std::vector<std::string>& parts, const char* between) {
  return fmt::format("{}", fmt::join(parts, between));
}

/// A column of numbers, all with one prefix and one number of decimals.
struct NumberColumn {
  const char* key;    ///< member of a point
  std::string title;  ///< text, "Test" or "µJ predicted"
  Scale scale;
};

std::vector<double> values_of(const std::vector<RunNetwork>& networks, const char* key) {
  std::vector<double> values;
  for (const auto& network : networks)
    if (const auto value = number(*network.point, key)) values.push_back(*value);
  return values;
}

std::vector<NumberColumn> number_columns(const Json& run, const std::vector<RunNetwork>& networks) {
  const auto score = [&](const char* key, const char* title) {
    return NumberColumn{key, title, score_scale(values_of(networks, key))};
  };
  const auto with_prefix = [&](const char* key, const char* before, const std::string& after) {
    const Scale scale = common_scale(values_of(networks, key));
    return NumberColumn{key, before + std::string(scale.prefix) + after, scale};
  };
  return {score("score_supernet", "Supernet"),
          score("score_validation", "Validation"),
          score("score_test", "Test"),
          with_prefix("energy_predicted_j", "", "J predicted"),
          with_prefix("energy_measured_j", "", "J " + source_kind(run)),
          with_prefix("time_measured_s", "Time, ", "s")};
}

std::string role_title(const std::string& role) {
  if (role == "chosen") return "deployed";
  if (role == "front") return "front";
  return baseline_title(role);
}

std::string network_row(const RunNetwork& network, const std::vector<NumberColumn>& columns) {
  const Json& point = *network.point;
  std::vector<std::string> roles;
  for (const auto& role : network.roles)
    if (role != "front" || network.roles.size() == 1) roles.push_back(role_title(role));
  std::string row = fmt::format(
      "<tr data-network=\"{0}\"{1}><th scope=\"row\" class=\"mono\">{0}</th><td data-label=\"Role\">{2}</td>",
      escaped(text(point, "text")), network.roles.front() == "chosen" ? " class=\"chosen\"" : "", joined(roles, ", "));
  const auto cell = [&](const std::string& title, const std::string& shown) {
    row += fmt::format("<td class=\"n\" data-label=\"{}\">{}</td>", escaped(title), shown);
  };
  for (const NumberColumn& column : columns) {
    const auto value = number(point, column.key);
    cell(column.title, value ? scaled(*value, column.scale) : "");
  }
  const auto parameters = number(point, "parameters");
  cell("Parameters", parameters ? count(*parameters) : "");
  return row + "</tr>\n";
}

std::string networks_table(const Json& run) {
  const auto networks = networks_of(run);
  const auto columns = number_columns(run, networks);
  std::vector<TableColumn> head{{"Network"}, {"Role"}};
  for (const NumberColumn& column : columns) head.push_back({escaped(column.title), true});
  head.push_back({"Parameters", true});
  std::string rows;
  for (const auto& network : networks) rows += network_row(network, columns);
  return fmt::format(
      "<details class=\"more card\" id=\"networks\" open><summary>{} as a table</summary><div class=\"scroll\">"
      "<table class=\"blocks\">{}<tbody>\n{}</tbody></table></div></details>\n",
      networks.size() == 1 ? "The network" : fmt::format("All {} networks", networks.size()), table_head(head), rows);
}

/// The chosen network's kernels, for a reader without scripts; with them the panel beside the front takes over.
std::string kernels_table(const Json& run) {
  const Json& kernels = array(object(run, "chosen"), "kernels");
  if (kernels.empty()) return "<p class=\"soft\">The run holds no kernels of this network.</p>\n";
  double sum_j = 0;
  std::vector<double> energies;
  for (const Json& kernel : kernels) {
    energies.push_back(number(kernel, "energy_per_batch_j").value_or(0));
    sum_j += energies.back();
  }
  const double most_j = *std::max_element(energies.begin(), energies.end());
  const Scale scale = common_scale({most_j});
  std::string rows;
  for (std::size_t i = 0; i < energies.size(); ++i)
    rows += fmt::format(
        "<tr><td>{}</td><td><span class=\"bar\"><i class=\"chosen\" style=\"width:{:.1f}%\"></i></span></td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escaped(text(kernels[i], "kernel")), most_j > 0 ? 100 * energies[i] / most_j : 0, scaled(energies[i], scale),
        percent(sum_j > 0 ? energies[i] / sum_j : 0, 0));
  return fmt::format("<table><caption>{} {}</caption>{}<tbody>\n{}</tbody></table>\n",
                     escaped(text(object(run, "chosen"), "text")), source_label("predicted"),
                     table_head({{"Kernel"}, {""}, {fmt::format("{}J a batch", scale.prefix), true}, {"Share", true}}),
                     rows);
}

/// How many rows train, validate and test.
std::string rows_html(const Json& run) {
  const Json& rows = object(run, "rows");
  if (rows.empty()) return "";
  constexpr std::array<std::pair<const char*, const char*>, 3> kParts{
      {{"train", "k2"}, {"validation", "k5"}, {"test", "k7"}}};
  std::string bars;
  std::string legend;
  for (const auto& [name, colour] : kParts) {
    const auto value = number(rows, name);
    if (!value) continue;
    bars += fmt::format("<i class=\"{}\" style=\"flex:{:.0f}\"></i>", colour, *value);
    legend += fmt::format("<li><span class=\"key {}\"></span>{} <b>{}</b></li>", colour, name, count(*value));
  }
  return fmt::format("<h3>Rows</h3><div class=\"split\" aria-hidden=\"true\">{}</div><ul class=\"legend\">{}</ul>",
                     bars, legend);
}

/// The predictor's error over kernels beside those of the naive ones.
std::string predictor_html(const Json& run) {
  const Json& predictor = object(run, "predictor");
  if (predictor.empty()) return "";
  struct Row {
    const char* title;
    std::optional<double> mape;
    const char* style;
  };
  const std::array rows{Row{"This predictor", number(predictor, "mape"), "chosen"},
                        Row{"FLOPs × a constant", number(object(predictor, "flops"), "mape"), ""},
                        Row{"A constant", number(object(predictor, "constant"), "mape"), ""}};
  double most = 0;
  for (const Row& row : rows) most = std::max(most, row.mape.value_or(0));
  std::string table;
  for (const auto& [title, mape, style] : rows)
    if (mape)
      table += fmt::format(
          "<tr class=\"{0}\"><th scope=\"row\">{1}</th><td><span class=\"bar\"><i class=\"{0}\" "
          "style=\"width:{2:.1f}%\">"
          "</i></span></td><td class=\"n\">{3}</td></tr>\n",
          style, title, most > 0 ? 100 * *mape / most : 0, percent(*mape));
  const auto samples = number(predictor, "samples");
  const auto within = number(predictor, "within_10");
  return fmt::format(
      "<div class=\"card\"><h3>Mean error over kernels</h3><table><tbody>\n{}</tbody></table>"
      "<p class=\"small soft\">Cross-validated{}{}.</p></div>\n",
      table, samples ? fmt::format(" on {} kernels {}", count(*samples), source_label(source_kind(run))) : "",
      within ? fmt::format("; {} of them within 10&nbsp;%", percent(*within, 0)) : "");
}

std::string searched(const Json& run) {
  std::vector<std::string> parts;
  for (const Json& space : array(run, "spaces")) {
    std::string part = "<span class=\"mono\">" + escaped(text(space, "name")) + "</span>";
    const auto scored = number(space, "scored");
    const auto all = number(space, "architectures");
    if (scored && all) part += fmt::format(" {} of {}", count(*scored), count(*all));
    parts.push_back(part);
  }
  return joined(parts, ", ");
}

}  // namespace

std::string facts_html(const Facts& facts) {
  std::string html = "<dl class=\"facts\">\n";
  for (const auto& [term, value] : facts)
    if (!value.empty()) html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", term, value);
  return html + "</dl>\n";
}

std::string front_html(const Json& run) {
  const std::string spaces = searched(run);
  return fmt::format(
      "<h2>Score against energy</h2>\n<p>Networks that no other scored one beats in both{}. Scores are those of the "
      "supernet, which "
      "rank architectures; trained on its own, a network scores better. Energy is {}, from its kernels."
      "<span class=\"needs-js\"> Choose a point to open its network.</span></p>\n"
      "<div class=\"stack\">\n<div class=\"explorer\">\n<figure class=\"card needs-js\"><div class=\"toolbar\" "
      "id=\"front-toolbar\"></div>"
      "<div class=\"chart\" id=\"front-chart\"></div><ul class=\"legend\" id=\"front-legend\"></ul></figure>\n"
      "<div class=\"card\" id=\"network\"><h3>Where the joules "
      "go</h3>\n{}</div>\n</div>\n{}</div>\n",
      spaces.empty() ? "" : fmt::format(" (scored: {})", spaces), source_label("predicted"), kernels_table(run),
      networks_table(run));
}

std::string convergence_html(const Json& run) {
  if (object(run, "trace").empty()) return "";
  return "<h2>Convergence</h2>\n<p>The supernet learns to rank architectures; then the policy learns to choose among "
         "them: its reward should rise and level off while its entropy, how undecided it is, falls.</p>\n"
         "<div class=\"columns\" id=\"convergence\"></div>\n"
         "<noscript><p class=\"soft\">The curves need scripts; their numbers are in run.json.</p></noscript>\n";
}

std::string prediction_html(const Json& run) {
  return fmt::format(
      "<h2>Predicted against found</h2>\n<p>Whole networks: the energy that the search went by, and what the device's "
      "sensor said of those that were trained.</p>\n<div class=\"columns\">\n"
      "<figure class=\"card needs-js\" id=\"prediction\"></figure>\n{}</div>\n",
      predictor_html(run));
}

std::string data_html(const Json& run) {
  Facts facts{{"Data", "<code>" + escaped(text(run, "data")) + "</code>"},
              {"Target", fmt::format("{} <span class=\"soft\">({})</span>", escaped(text(run, "target")),
                                     escaped(text(run, "task")))}};
  if (const Json& classes = array(run, "classes"); !classes.empty()) {
    constexpr std::size_t kShown = 12;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(classes.size(), kShown); ++i) names.push_back(escaped(as_text(classes[i])));
    if (classes.size() > kShown) names.push_back(fmt::format("… {} in all", classes.size()));
    facts.emplace_back("Classes", joined(names, ", "));
  }
  const auto raw = number(run, "raw_columns");
  const auto features = number(run, "features");
  if (raw && features)
    facts.emplace_back("Columns",
                       fmt::format("{} in the table, {} inputs of the network", count(*raw), count(*features)));
  std::string split = rows_html(run);
  if (!split.empty()) split = "<div class=\"card\">" + split + "</div>\n";
  return fmt::format("<h2>Data</h2>\n<div class=\"columns\">\n<div class=\"card\">{}</div>\n{}</div>\n",
                     facts_html(facts), split);
}

std::string notices_html(const Json& run) {
  std::string items;
  for (const Json& notice : array(run, "notices")) items += "<li>" + escaped(as_text(notice)) + "</li>\n";
  if (items.empty()) return "";
  return "<h2>Notices</h2>\n<div class=\"card\"><ul class=\"notices\">\n" + items + "</ul></div>\n";
}

}  // namespace tabjoule
