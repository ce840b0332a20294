#include "report/report.h"

#include <fmt/format.h>

#include "report/figures.h"
#include "report/html.h"
#include "report/page.h"
#include "report/run_json.h"
#include "report/run_sections.h"

namespace tabjoule {
namespace {

std::string footer(const Json& run, const ReportOptions& options) {
  const std::string kind = source_kind(run);
  const std::string description = escaped(text(object(run, "energy_source"), "description"));
  return fmt::format(
      "<p>Where a figure comes from: {} read from a sensor or a clock; {} processor time at a stated power; {} by a "
      "model of a device "
      "that is not there; {} by the energy predictor from a network's kernels, which it knows from {} ones. {}</p>\n"
      "<p>CO<sub>2</sub>e at {:.4g}&nbsp;g a kWh{}; <code>tabjoule report RUN --grid-intensity G</code> takes "
      "another.</p>\n",
      source_label("measured"), source_label("estimated"), source_label("simulated"), source_label("predicted"),
      escaped(kind), description.empty() ? "" : "In this run: " + description + ".", options.grid_g_per_kwh,
      options.grid_g_per_kwh == kWorldGridIntensity
          ? ", the world's average of 2023 (Ember, Global Electricity Review 2024)"
          : "");
}

}  // namespace

std::string report_html(const Json& run, const ReportOptions& options) {
  Page page;
  page.title = fmt::format("{}: {}", text(run, "target"), text(object(run, "chosen"), "text"));
  const auto add = [&](const char* id, const char* title, std::string html) {
    if (!html.empty()) page.sections.push_back({id, title, std::move(html)});
  };
  add("answer", "Answer", answer_html(run, options));
  add("front", "Networks", front_html(run));
  add("trace", "Convergence", convergence_html(run));
  add("predicted", "Prediction", prediction_html(run));
  add("data-summary", "Data", data_html(run));
  add("cost", "Cost", cost_html(run));
  add("reproduce", "Reproduce", reproduce_html(run));
  add("notices", "Notices", notices_html(run));
  page.data = run;
  page.scripts = {"network.js", "front.js", "run.js"};
  page.footer = footer(run, options);
  return page_html(page);
}

std::filesystem::path write_report(const std::filesystem::path& folder, const ReportOptions& options) {
  auto path = folder / "report.html";
  write_file(path, report_html(read_run(folder), options));
  return path;
}

std::filesystem::path write_report(const RunRecord& record) {
  auto path = record.folder / "report.html";
  write_file(path, report_html(to_json(record)));
  return path;
}

}  // namespace tabjoule
