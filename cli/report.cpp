// tabjoule report: writes a run's report.html anew.
#include "report/report.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/error.h"
#include "cli/command.h"

namespace tabjoule::cli {
namespace {

struct ReportFlags {
  CommonFlags common;
  ReportOptions options;
  std::string run;
  bool open = false;
};

/// Hands the file to the desktop's own opener.
void open_in_browser(const std::filesystem::path& path) {
#ifdef __APPLE__
  std::string opener = "open";
#else
  std::string opener = "xdg-open";
#endif
  std::string file = std::filesystem::absolute(path).string();
  const std::array<char*, 3> arguments{opener.data(), file.data(), nullptr};
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);  // what it prints is no result of ours
  pid_t child = 0;
  int status = 0;
  const bool done = posix_spawnp(&child, opener.c_str(), &actions, nullptr, arguments.data(), environ) == 0 &&
                    waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  posix_spawn_file_actions_destroy(&actions);
  if (!done) fail_device("{} is written, but {} could not open it: open it in a browser yourself", file, opener);
}

void report_command(const ReportFlags& flags) {
  const auto path = write_report(flags.run, flags.options);
  flags.common.json ? print_json({{"report", path.string()}, {"grid_g_per_kwh", flags.options.grid_g_per_kwh}})
                    : print(path.string());
  if (flags.open) open_in_browser(path);
}

}  // namespace

Run add_report(CLI::App& app) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App& command = *app.add_subcommand("report", "write a run's report.html from its run.json");
  command.add_option("run", flags->run, "run directory of a search")->required();
  command
      .add_option("--grid-intensity", flags->options.grid_g_per_kwh,
                  "grams of CO2e that a kWh costs where the network will run")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  command.add_flag("--open", flags->open, "open it in the browser");
  add_common_flags(command, flags->common);
  return [flags] { report_command(*flags); };
}

}  // namespace tabjoule::cli
