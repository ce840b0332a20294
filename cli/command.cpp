#include "cli/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/blas.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "profile/device_sensors.h"

namespace tabjoule::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);  // a second Ctrl-C ends the process at once
}

/// Draws one line: phase, bar, time left.
class Bar {
 public:
  void draw(const Progress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (progress.phase != phase_) {
      phase_ = progress.phase;
      started_ = now;
    } else if (progress.fraction < 1 && now - drawn_ < std::chrono::milliseconds(100)) {
      return;
    }
    drawn_ = now;
    constexpr int kWidth = 24;
    const int filled = static_cast<int>(progress.fraction * kWidth);
    std::string line = fmt::format("{:<22} [{:#<{}}{:<{}}]", phase_, "", filled, "", kWidth - filled);
    const double elapsed_s = std::chrono::duration<double>(now - started_).count();
    if (progress.fraction > 0.02 && progress.fraction < 1)
      line += fmt::format(" {:.0f} s left", elapsed_s * (1 - progress.fraction) / progress.fraction);
    if (!progress.detail.empty()) line += "  " + progress.detail;
    std::fprintf(stderr, "\r\x1b[K%s", line.substr(0, 110).c_str());
    std::fflush(stderr);
  }

 private:
  std::string phase_;
  std::chrono::steady_clock::time_point started_, drawn_;
};

bool on_terminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace

DeviceOptions DeviceFlags::options(const CommonFlags& common) const {
  DeviceOptions result;
  result.core_power_w = core_power_w;
  result.seed = common.seed;
  result.float16 = !float32;
  result.sensor = sensor;
  if (!sensor_model.empty())
    result.sensor_model = with_context(sensor_model, [&] { return sensor_model_from_json(read_json(sensor_model)); });
  if (const auto folder = cache_folder(); !folder.empty()) result.engine_cache = folder;
  return result;
}

void add_common_flags(CLI::App& command, CommonFlags& flags) {
  command.add_flag("--json", flags.json, "print the result as JSON on standard output, and nothing else there");
  command.add_flag("--verbose", flags.verbose, "tell on standard error what is done");
  command.add_option("--seed", flags.seed, "seed of everything random")->capture_default_str();
  command.add_option("--threads", flags.threads, "threads to use; 0: all this process may use")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

void add_device_choice(CLI::App& command, DeviceFlags& flags) {
  command
      .add_option("--device", flags.device,
                  "auto, cpu, cuda:N, tensorrt:N (GPU N through ONNX Runtime), sim:NAME; see `tabjoule devices`")
      ->capture_default_str();
  command.add_option(
      "--sensor", flags.sensor,
      fmt::format("what to read the energy from: {}; the best one here", fmt::join(sensor_names(), ", ")));
  command.add_option("--sensor-model", flags.sensor_model,
                     "file of `tabjoule sensor calibrate` to correct its readings by");
  command.add_flag("--float32", flags.float32, "keep TensorRT from computing in float16");
  command
      .add_option("--core-power", flags.core_power_w,
                  "watts of a busy core, for the estimate used where no sensor can be read; 0: the built-in figure")
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
}

void add_device_flags(CLI::App& command, DeviceFlags& flags, bool profiles) {
  add_device_choice(command, flags);
  command.add_option("--batch", flags.batch, "rows predicted at once")
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  if (profiles)
    command.add_option("--profile-budget", flags.profile_budget_s, "seconds to spend on kernels not measured yet")
        ->check(CLI::Range(1.0, 1e6))
        ->capture_default_str();
}

void add_processors(CLI::App& command, std::optional<int>& processors) {
  command
      .add_option("--processors", processors,
                  "streaming multiprocessors of the GPU, 0 for a processor; unless told, looked for in the samples")
      ->check(CLI::Range(0, 1000000));
}

int threads_of(const CommonFlags& flags) { return flags.threads > 0 ? flags.threads : available_threads(); }

ModelEnergyRequest model_request(const std::string& model, const DeviceFlags& device, const CommonFlags& common) {
  return {.model = model,
          .device = device.device,
          .device_options = device.options(common),
          .batch = device.batch,
          .profile_budget_s = device.profile_budget_s,
          .profile_folder = cache_folder(),
          .seed = common.seed,
          .threads = threads_of(common)};
}

std::filesystem::path cache_folder() {
  const auto set = [](const char* name) -> const char* {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : nullptr;
  };
  if (const char* own = set("TABJOULE_CACHE")) return own;
  if (const char* xdg = set("XDG_CACHE_HOME")) return std::filesystem::path(xdg) / "tabjoule";
  if (const char* home = set("HOME")) return std::filesystem::path(home) / ".cache" / "tabjoule";
  return {};
}

ProgressSink terminal_progress(const CommonFlags& flags) {
  return [bar = Bar{}, verbose = flags.verbose, last = std::string{}](const Progress& progress) mutable {
    if (interrupted != 0) throw Interrupted{};
    if (on_terminal()) {
      bar.draw(progress);
    } else if (verbose && progress.phase != last) {
      last = progress.phase;
      std::fprintf(stderr, "%s ...\n", last.c_str());
    }
  };
}

ProgressSink terminal_bar() {
  return [bar = Bar{}](const Progress& progress) mutable {
    if (on_terminal()) bar.draw(progress);
  };
}

StopCheck finish_on_interrupt() {
  return [told = false]() mutable {
    if (interrupted == 0) return false;
    if (!told) {
      clear_progress();
      std::fprintf(stderr, "interrupted: finishing with the best so far; Ctrl-C again ends at once\n");
    }
    told = true;
    return true;
  };
}

void clear_progress() {
  if (on_terminal()) std::fprintf(stderr, "\r\x1b[K");
}

NoticeSink terminal_notices() {
  return [](const std::string& text) {
    clear_progress();
    std::fprintf(stderr, "note: %s\n", text.c_str());
  };
}

void advise_on_blas() {
  if (const std::string advice = blas_advice(); !advice.empty()) terminal_notices()(advice);
}

NoticeSink terminal_log() {
  return [](const std::string& text) {
    clear_progress();
    std::fprintf(stderr, "%s\n", text.c_str());
  };
}

void print(const std::string& line) { std::printf("%s\n", line.c_str()); }

void print_json(const Json& json) { print(to_text(json, 2)); }

void print_error(const std::string& message) {
  clear_progress();
  std::fprintf(stderr, "tabjoule: %s\n", message.c_str());
}

void catch_ctrl_c() { std::signal(SIGINT, on_interrupt); }

}  // namespace tabjoule::cli
