// tabjoule bench: a comparison over many tables and devices.
#include <fmt/format.h>

#include "base/error.h"
#include "cli/command.h"
#include "suite/results.h"
#include "suite/run_suite.h"

namespace tabjoule::cli {
namespace {

struct BenchFlags {
  CommonFlags common;
  DeviceFlags device;
  SuiteRequest request;
};

std::string percent_text(const Json& value) {
  return value.is_null() ? "not known" : fmt::format("{:.1f} %", 100 * value.get<double>());
}

void print_savings(const Json& summary) {
  for (const auto& [choice, of] : summary.at("savings").items()) {
    const Json& saving = of.at("saving_fraction");
    print(fmt::format("{:<28} saves {} (worst {}, best {}); {:.2f} points lost on test rows; {} searches",
                      choice_title(choice), percent_text(saving.at("median")), percent_text(saving.at("lowest")),
                      percent_text(saving.at("highest")), of.at("test_points_lost").at("median").get<double>(),
                      of.at("searches").get<int>()));
  }
}

void bench_command(BenchFlags& flags) {
  SuiteRequest& request = flags.request;
  request.threads = flags.common.threads;
  request.device_options = flags.device.options(flags.common);
  request.profile_folder = cache_folder();
  if (flags.common.verbose) request.log = terminal_log();
  CommonFlags quiet = flags.common;  // the bar alone: a line a phase would say little
  quiet.verbose = false;
  advise_on_blas();
  const SuiteOutcome outcome = run_suite(request, terminal_notices(), terminal_progress(quiet));
  clear_progress();
  if (flags.common.json) {
    print_json(outcome.summary);
  } else {
    print_savings(outcome.summary);
    print(fmt::format("{} of {} searches are done, {} in this call", outcome.summary.at("searches_done").get<int>(),
                      outcome.summary.at("searches").get<int>(), outcome.searches));
    print(fmt::format("results       {}", (request.out / "results.parquet").string()));
    print(fmt::format("summary       {}", (request.out / "summary.json").string()));
    print(fmt::format("page          {}", (request.out / "paper.html").string()));
  }
  if (!outcome.failures.empty())
    throw Error(outcome.worst_failure, fmt::format("{} of the suite's parts failed; the first: {}",
                                                   outcome.failures.size(), outcome.failures.front()));
}

}  // namespace

Run add_bench(CLI::App& app) {
  const auto flags = std::make_shared<BenchFlags>();
  SuiteRequest& request = flags->request;
  CLI::App& command =
      *app.add_subcommand("bench", "compare searches by joules with others, over many tables and devices");
  command.add_option("suite", request.suite, "suite file (docs/suite-format.md): bench/quick.json, say")->required();
  command.add_option("--out", request.out, "folder of the results; what is done there already is not done again")
      ->required();
  command.add_option("--data", request.data_folder, "folder that the suite's tables are in (default: the suite's own)");
  command.add_option("--tables", request.tables, "only these tables of the suite")->expected(1, 1000);
  command
      .add_option("--searches", request.most_searches,
                  "do at most so many searches now (default: all that are left); 0: only write summary and page anew")
      ->check(CLI::Range(0, 1000000));
  command.add_option("--core-power", flags->device.core_power_w,
                     "watts of a busy core, for estimates where no sensor can be read");
  add_common_flags(command, flags->common);
  return [flags] { bench_command(*flags); };
}

}  // namespace tabjoule::cli
