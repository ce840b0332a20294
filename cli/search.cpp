// tabjoule search: the main job.
#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/data_flags.h"
#include "pipeline/search_run.h"
#include "report/report.h"

namespace tabjoule::cli {
namespace {

struct SearchFlags {
  CommonFlags common;
  DeviceFlags device;
  DataFlags data;
  SearchRequest request;
  std::string out, energy_budget, latency, time_budget, reward = to_string(RewardKind::weighted_sum);
  std::optional<double> min_score;
  std::int64_t max_parameters = 0;
  std::vector<std::string> arguments;
};

/// What gives the run again: the program by its name, and a run from its beginning.
std::vector<std::string> command_of(std::vector<std::string> arguments) {
  if (!arguments.empty()) arguments.front() = std::filesystem::path(arguments.front()).filename().string();
  std::erase(arguments, "--resume");
  return arguments;
}

SearchLimits limits_of(const SearchFlags& flags) {
  SearchLimits limits;
  if (!flags.energy_budget.empty()) limits.energy_budget_j = quantity_from(flags.energy_budget, "J", "--energy-budget");
  if (!flags.latency.empty()) limits.latency_s = quantity_from(flags.latency, "s", "--latency");
  limits.min_score = flags.min_score;
  if (flags.max_parameters > 0) limits.parameters = flags.max_parameters;
  return limits;
}

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

/// What a baseline looks at.
std::string baseline_text(const std::string& name) {
  if (name == "accuracy") return "accuracy only";
  if (name == "random") return "random networks";
  return name + " instead of energy";
}

void print_result(const RunRecord& record) {
  const RunPoint& chosen = record.chosen;
  print(fmt::format("chosen        {} ({} parameters)", chosen.text, chosen.parameters));
  print(fmt::format("because       {}", record.chosen_by.text));
  print(fmt::format("test score    {} (validation {}; {} without any feature)", metric_text(record, *chosen.score_test),
                    score_text(*chosen.score_validation), score_text(record.dummy_test_score)));
  if (record.teacher)
    print(fmt::format("teacher       {} (validation {}) on {} rows, {:.0f} % trees",
                      metric_text(record, record.teacher->score_test), score_text(record.teacher->score_validation),
                      record.teacher->rows, 100 * record.teacher->share_of_trees));
  print(fmt::format("energy        {} per prediction at batch {}", energy_text(record, chosen), record.batch));
  print(fmt::format("energy source {}: {}", to_string(record.source), record.sensor_description));
  for (const auto& baseline : record.baselines) {
    if (baseline.point.text == chosen.text) {
      print(fmt::format("against       {}: the same network is chosen", baseline_text(baseline.name)));
      continue;
    }
    print(fmt::format("against       {}: {}; {}; {}", baseline_text(baseline.name), baseline.point.text,
                      metric_text(record, *baseline.point.score_test), energy_text(record, baseline.point)));
    print(fmt::format("saving        {}", saving_text(baseline)));
  }
  double total_s = 0;
  std::string phases;
  for (const auto& phase : record.phases) {
    total_s += phase.time_s;
    phases += fmt::format("{}{} {:.1f} s", phases.empty() ? "" : ", ", phase.name, phase.time_s);
  }
  print(fmt::format("time          {:.1f} s ({})", total_s, phases));
  if (record.stopped_early)
    print(fmt::format("cut short     by the {}",
                      *record.stopped_early == "interrupted" ? "user" : *record.stopped_early));
  print(fmt::format("run           {}", record.folder.string()));
}

void search_command(SearchFlags& flags) {
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
  if (request.resume && flags.out.empty()) fail_usage("--resume needs --out: the directory of the run to go on with");
  request.out = flags.out.empty() ? default_out() : flags.out;
  request.limits = limits_of(flags);
  request.reward = reward_kind_from(flags.reward);
  std::erase(request.compare, "none");
  if (!flags.time_budget.empty()) request.time_budget_s = quantity_from(flags.time_budget, "s", "--time-budget");
  request.command = command_of(flags.arguments);
  request.interrupted = finish_on_interrupt();
  if (flags.common.verbose) request.log = terminal_log();
  advise_on_blas();
  const RunRecord record =
      run_search(request, flags.common.verbose ? NoticeSink{} : terminal_notices(), terminal_bar());
  write_report(record);
  clear_progress();
  if (flags.common.json)
    print_json(to_json(record));
  else
    print_result(record);
  if (!record.chosen_by.holds) fail_input("{}", record.chosen_by.text);
}

}  // namespace

Run add_search(CLI::App& app, std::vector<std::string> arguments) {
  const auto flags = std::make_shared<SearchFlags>();
  flags->arguments = std::move(arguments);
  SearchRequest& request = flags->request;
  CLI::App& command = *app.add_subcommand("search", "find, train, export and measure a network for a table");
  add_data_flags(command, flags->data);
  command
      .add_option("--space", request.spaces,
                  "search spaces: mlp, mlp-layers, resnet, ft or a space file; several may be given")
      ->expected(1, 100)
      ->capture_default_str();
  CLI::Option* weight =
      command
          .add_option("--energy-weight", request.energy_weight,
                      "score given up for ten times less energy (0.01: one point of accuracy); 0: accuracy alone")
          ->check(CLI::Range(0.0, 1e6))
          ->capture_default_str();
  command
      .add_option("--reward", flags->reward,
                  "how the policy weighs score against energy: weighted-sum (log of the energy), absolute (TuNAS), "
                  "multiplicative (MnasNet)")
      ->check(CLI::IsMember(reward_kinds()))
      ->capture_default_str();
  CLI::Option* budget = command.add_option("--energy-budget", flags->energy_budget,
                                           "the best score within so many joules per prediction: 20uJ, 1.5mJ");
  CLI::Option* score = command.add_option("--min-score", flags->min_score,
                                          "the fewest joules at this score or better, on validation rows");
  CLI::Option* knee = command.add_flag("--knee", request.knee, "the knee of the front: beyond it, joules buy little");
  budget->excludes(weight)->excludes(score)->excludes(knee);
  score->excludes(weight)->excludes(knee);
  command.add_option("--latency", flags->latency, "a batch must take no longer: 2ms, 300us");
  command.add_option("--max-parameters", flags->max_parameters, "the network must not have more")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
  command
      .add_option(
          "--compare", request.compare,
          "baselines to search for in the same run, each with the same budget: accuracy, flops, latency, random; "
          "none")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--train-points", request.train_points, "points of the front to train to the end")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--effort", request.effort, "scales the work of training and searching: 0.1 is a quick look")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  command.add_option("--time-budget", flags->time_budget,
                     "for the whole run: 90s, 10min, 2h (results then depend on the machine's speed)");
  command.add_flag("--resume", request.resume, "go on with the unfinished run in --out, if there is one");
  command.add_option("--out", flags->out, "run directory (default: runs/DATE-TIME)");
  add_device_flags(command, flags->device, true);
  add_common_flags(command, flags->common);
  return [flags] { search_command(*flags); };
}

}  // namespace tabjoule::cli
