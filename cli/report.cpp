// tabjoule report: writes a run's report.html anew.
#include "report/report.h"

#include "cli/command.h"

namespace tabjoule::cli {

Run add_report(CLI::App& app) {
  const auto run_folder = std::make_shared<std::string>();
  const auto flags = std::make_shared<CommonFlags>();
  CLI::App& command = *app.add_subcommand("report", "write a run's report.html from its run.json");
  command.add_option("run", *run_folder, "run directory of a search")->required();
  add_common_flags(command, *flags);
  return [run_folder, flags] {
    const auto path = write_report(read_record(*run_folder));
    flags->json ? print_json({{"report", path.string()}}) : print(path.string());
  };
}

}  // namespace tabjoule::cli
