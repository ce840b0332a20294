// The program: flags and exit codes, nothing else. 0 done, 2 wrong usage, 3 bad input data, 4 device or sensor not
// available, 5 anything else (130 after Ctrl-C).
#include <array>
#include <cstdio>
#include <exception>

#include "base/error.h"
#include "base/version.h"
#include "cli/command.h"

namespace {

constexpr int kInterrupted = 130;

int run(int argc, char** argv) {
  using namespace tabjoule;
  CLI::App app{"The neural network for a table that spends the fewest joules per prediction."};
  app.name("tabjoule");
  app.set_version_flag("--version", std::string("tabjoule ") + kVersion);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  const std::array runs{cli::add_search(app, {argv, argv + argc}),
                        cli::add_train(app),
                        cli::add_apply(app),
                        cli::add_predict(app),
                        cli::add_measure(app),
                        cli::add_devices(app),
                        cli::add_report(app),
                        cli::add_sensor(app),
                        cli::add_kernels(app),
                        cli::add_fit(app),
                        cli::add_evaluate(app),
                        cli::add_adapt(app),
                        cli::add_profile(app),
                        cli::add_bench(app)};
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // --help, --version
  } catch (const CLI::ParseError& error) {
    cli::print_error(std::string(error.what()) + " (see `tabjoule --help`)");
    return static_cast<int>(ErrorKind::usage);
  }
  cli::catch_ctrl_c();
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (commands[i]->parsed()) runs[i]();
  if (std::fflush(stdout) != 0) fail_internal("standard output cannot be written");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const tabjoule::Error& error) {
    tabjoule::cli::print_error(error.what());
    return static_cast<int>(error.kind());
  } catch (const tabjoule::cli::Interrupted&) {
    tabjoule::cli::print_error("interrupted");
    return kInterrupted;
  } catch (const std::bad_alloc&) {
    tabjoule::cli::print_error("out of memory: give fewer rows or columns, or a smaller --batch");
  } catch (const std::exception& error) {
    tabjoule::cli::print_error(std::string("unexpected: ") + error.what());
  }
  return static_cast<int>(tabjoule::ErrorKind::internal);
}
