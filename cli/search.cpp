// tabjoule search: the main job.
#include <fmt/format.h>

#include <ctime>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/data_flags.h"
#include "pipeline/search_run.h"
#include "report/report.h"

namespace tabjoule::cli {
namespace {

struct Flags {
  CommonFlags common;
  DeviceFlags device;
  DataFlags data;
  SearchRequest request;
  std::string out;
};

std::string default_out() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("runs/{:04}{:02}{:02}-{:02}{:02}{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min, local.tm_sec);
}

std::string metric_text(const RunRecord& record, double score) {
  return fmt::format("{} {}", record.metric, score_text(score));
}

std::string energy_text(const RunRecord& record, const RunPoint& point) {
  const std::string predicted = fmt::format("predicted {}", with_unit(*point.energy_predicted_j, "J"));
  if (!point.energy_measured_j) return predicted + ", not measured";
  return fmt::format("{}, {} {} +- {}", predicted, to_string(record.source), with_unit(*point.energy_measured_j, "J"),
                     with_unit(*point.energy_measured_half_width_95_j, "J"));
}

std::string saving_text(const RunBaseline& baseline) {
  const double saving = baseline.saving_fraction;
  const char* predicted = baseline.saving_predicted ? " (predicted)" : "";
  return saving >= 0 ? fmt::format("{:.1f} % less energy{}", 100 * saving, predicted)
                     : fmt::format("{:.1f} % more energy{}", -100 * saving, predicted);
}

void print_result(const RunRecord& record) {
  const RunPoint& chosen = record.chosen;
  print(fmt::format("chosen        {} ({} parameters)", chosen.text, chosen.parameters));
  print(fmt::format("test score    {} (validation {}; {} without any feature)", metric_text(record, *chosen.score_test),
                    score_text(*chosen.score_validation), score_text(record.dummy_test_score)));
  print(fmt::format("energy        {} per prediction at batch {}", energy_text(record, chosen), record.batch));
  print(fmt::format("energy source {}: {}", to_string(record.source), record.sensor_description));
  for (const auto& baseline : record.baselines) {
    if (baseline.point.text == chosen.text) {
      print(fmt::format("against       {} only: the same network is chosen", baseline.name));
      continue;
    }
    print(fmt::format("against       {} only: {}; {}; {}", baseline.name, baseline.point.text,
                      metric_text(record, *baseline.point.score_test), energy_text(record, baseline.point)));
    print(fmt::format("saving        {} than {}-only search", saving_text(baseline), baseline.name));
  }
  double total_s = 0;
  std::string phases;
  for (const auto& phase : record.phases) {
    total_s += phase.time_s;
    phases += fmt::format("{}{} {:.1f} s", phases.empty() ? "" : ", ", phase.name, phase.time_s);
  }
  print(fmt::format("time          {:.1f} s ({})", total_s, phases));
  print(fmt::format("run           {}", record.folder.string()));
}

void run(Flags& flags) {
  SearchRequest& request = flags.request;
  request.data = flags.data.request();
  request.metric = flags.data.metric;
  request.device = flags.device.device;
  request.device_options = flags.device.options(flags.common);
  request.batch = flags.device.batch;
  request.profile_budget_s = flags.device.profile_budget_s;
  request.profile_folder = cache_folder();
  request.seed = flags.common.seed;
  request.threads = flags.common.threads;
  request.out = flags.out.empty() ? default_out() : flags.out;
  const RunRecord record = run_search(request, terminal_notices(), terminal_progress(flags.common));
  write_report(record);
  clear_progress();
  if (flags.common.json)
    print_json(to_json(record));
  else
    print_result(record);
}

}  // namespace

Run add_search(CLI::App& app) {
  const auto flags = std::make_shared<Flags>();
  SearchRequest& request = flags->request;
  CLI::App& command = *app.add_subcommand("search", "find, train, export and measure a network for a table");
  add_data_flags(command, flags->data);
  command.add_option("--space", request.space, "search space: mlp, or a space file")->capture_default_str();
  command
      .add_option("--energy-weight", request.energy_weight,
                  "score given up for ten times less energy (0.01: one point of accuracy); 0: accuracy alone")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  command.add_option("--effort", request.effort, "scales the work of training and searching: 0.1 is a quick look")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  command.add_option("--out", flags->out, "run directory (default: runs/DATE-TIME)");
  add_device_flags(command, flags->device, true);
  add_common_flags(command, flags->common);
  return [flags] { run(*flags); };
}

}  // namespace tabjoule::cli
