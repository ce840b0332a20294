// What the subcommands share: flags, the terminal, exit codes. One file a subcommand; each adds itself to the
// application and returns its exit code when chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/json.h"
#include "base/progress.h"
#include "pipeline/model_energy.h"

namespace tabjoule::cli {

/// Flags of every command.
struct CommonFlags {
  bool json = false;
  bool verbose = false;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Flags of every command that touches a device.
struct DeviceFlags {
  std::string device = "auto";
  double core_power_w = 0;
  std::string sensor, sensor_model;
  bool float32 = false;
  double profile_budget_s = 40;
  std::int64_t batch = 1;

  [[nodiscard]] DeviceOptions options(const CommonFlags& common) const;
};

/// Of --threads: what 0 stands for is looked up.
[[nodiscard]] int threads_of(const CommonFlags& flags);

void add_common_flags(CLI::App& command, CommonFlags& flags);
void add_device_flags(CLI::App& command, DeviceFlags& flags, bool profiles);
/// --device and what belongs to it: all but --batch and the budget.
void add_device_choice(CLI::App& command, DeviceFlags& flags);

/// --processors of commands that fit samples.
void add_processors(CLI::App& command, std::optional<int>& processors);

/// What predict and measure ask of a model.
[[nodiscard]] ModelEnergyRequest model_request(const std::string& model, const DeviceFlags& device,
                                               const CommonFlags& common);

/// Where device profiles are kept: $TABJOULE_CACHE, else $XDG_CACHE_HOME/tabjoule, else ~/.cache/tabjoule.
[[nodiscard]] std::filesystem::path cache_folder();

/// A bar with the time left on standard error where that is a terminal; else a line a phase with --verbose, else
/// nothing. Also ends the work after Ctrl-C.
[[nodiscard]] ProgressSink terminal_progress(const CommonFlags& flags);
/// The same without --verbose's lines, for work that comes to an end of its own after Ctrl-C: see finish_on_interrupt.
[[nodiscard]] ProgressSink terminal_bar();
/// True after Ctrl-C, which is then told once; a second Ctrl-C ends the process.
[[nodiscard]] StopCheck finish_on_interrupt();
/// "note: ..." on standard error.
[[nodiscard]] NoticeSink terminal_notices();
/// A note where training could be faster on this processor.
void advise_on_blas();
/// Lines of a log on standard error.
[[nodiscard]] NoticeSink terminal_log();
/// Wipes what terminal_progress drew.
void clear_progress();

void print_json(const Json& json);
void print(const std::string& line);
void print_error(const std::string& message);

/// Thrown by the progress sink after Ctrl-C.
struct Interrupted {};
void catch_ctrl_c();

/// The subcommands. The returned function runs the command.
using Run = std::function<void()>;
Run add_search(CLI::App& app, std::vector<std::string> arguments);  ///< those of the program, for the record
Run add_train(CLI::App& app);
Run add_apply(CLI::App& app);
Run add_predict(CLI::App& app);
Run add_kernels(CLI::App& app);
Run add_measure(CLI::App& app);
Run add_fit(CLI::App& app);
Run add_evaluate(CLI::App& app);
Run add_adapt(CLI::App& app);
Run add_devices(CLI::App& app);
Run add_report(CLI::App& app);
Run add_sensor(CLI::App& app);
Run add_profile(CLI::App& app);
Run add_bench(CLI::App& app);

}  // namespace tabjoule::cli
