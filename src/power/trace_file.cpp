#include "power/trace_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "power/column_file.h"
#include "power/tegrastats.h"
#include "power/trace_energy.h"
#include "power/wall_time.h"

namespace tabjoule {
namespace {

/// A name without the unit that nvidia-smi puts behind it: "power.draw [W]".
std::string_view without_unit(std::string_view name) { return trimmed_cell(name.substr(0, name.find(" ["))); }

std::size_t nvidia_smi_column(const ColumnFile& file, const std::string& asked) {
  std::vector<std::string> wanted{asked};
  if (asked.empty()) wanted = {"power.draw.instant", "power.draw", "power.draw.average"};
  for (const std::string& want : wanted)
    for (std::size_t i = 0; i < file.names().size(); ++i)
      if (file.names()[i] == want || without_unit(file.names()[i]) == want) return i;
  return file.column(asked.empty() ? "power.draw [W]" : asked);
}

/// One trace is one GPU's: several in one file would interleave.
void require_one_gpu(const ColumnFile& file) {
  for (const char* name : {"index", "uuid", "pci.bus_id", "gpu_id", "gpu_index"}) {
    const auto column = file.find(name);
    if (!column) continue;
    for (std::size_t row = 1; row < file.rows(); ++row)
      if (file.cell(row, *column) != file.cell(0, *column))
        fail_input("the file holds several GPUs (\"{}\" is {} and {}): keep the rows of one", name,
                   file.cell(0, *column), file.cell(row, *column));
  }
}

/// Stamps become seconds since the first.
std::vector<double> wall_times(const ColumnFile& file, std::size_t column) {
  std::vector<double> times;
  double first_s = 0;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto stamp_s = parse_wall_time(file.cell(row, column));
    if (!stamp_s)
      fail_input("{} holds \"{}\" where a time like 2026/11/24 04:02:30.796 is expected", file.place(row, column),
                 file.cell(row, column).substr(0, 40));
    if (row == 0) first_s = *stamp_s;
    times.push_back(*stamp_s - first_s);
  }
  return times;
}

PowerTrace nvidia_smi_trace(const ColumnFile& file, const std::string& column) {
  require_one_gpu(file);
  const std::size_t power = nvidia_smi_column(file, column);
  PowerTrace trace{.time_s = wall_times(file, file.column("timestamp")), .power_w = {}};
  for (std::size_t row = 0; row < file.rows(); ++row) trace.power_w.push_back(file.number(row, power, "W"));
  return trace;
}

/// Zeus' PowerMonitor: "time,power" or, with several GPUs, "time,power0,power1", in watts and seconds since 1970.
PowerTrace zeus_trace(const ColumnFile& file, const std::string& asked) {
  require_one_gpu(file);
  std::string column = asked;
  if (column.empty()) {
    std::vector<std::string> powers;
    for (const std::string& name : file.names())
      if (name.starts_with("power")) powers.push_back(name);
    if (powers.size() != 1)
      fail_input("the file has {} columns of power ({}): name one with --column", powers.size(),
                 fmt::join(powers, ", "));
    column = powers.front();
  }
  return {.time_s = file.numbers("time"), .power_w = file.numbers(column)};
}

/// Zeus' older zeus_monitor: "Time,Power" with time stamps and milliwatts.
PowerTrace zeus_monitor_trace(const ColumnFile& file, const std::string& asked) {
  PowerTrace trace{.time_s = wall_times(file, file.column("Time")),
                   .power_w = file.numbers(asked.empty() ? "Power" : asked)};
  for (double& power : trace.power_w) power *= 1e-3;
  return trace;
}

/// The name of the column of time tells the format.
PowerTrace trace_of(const ColumnFile& file, const TraceFileOptions& options) {
  if (file.find("time_s"))
    return {.time_s = file.numbers("time_s"),
            .power_w = file.numbers(options.column.empty() ? "power_w" : options.column)};
  if (file.find("timestamp")) return nvidia_smi_trace(file, options.column);
  if (file.find("time")) return zeus_trace(file, options.column);
  if (file.find("Time") && file.find("Power")) return zeus_monitor_trace(file, options.column);
  fail_input("no column of time: \"time_s\" (seconds), \"timestamp\" (nvidia-smi) or \"time\" (Zeus); there are: {}",
             fmt::join(file.names(), ", "));
}

}  // namespace

PowerTrace parse_trace(std::string_view text, const TraceFileOptions& options, const NoticeSink& notice) {
  if (!(options.interval_s > 0)) fail_usage("--interval must be positive, got {}", options.interval_s);
  PowerTrace trace =
      looks_like_tegrastats(text) ? parse_tegrastats(text, options, notice) : trace_of(ColumnFile(text), options);
  validate(trace);
  return trace;
}

PowerTrace read_trace(const std::filesystem::path& path, const TraceFileOptions& options, const NoticeSink& notice) {
  const std::string text = read_file(path);
  return with_context(path.string(), [&] { return parse_trace(text, options, notice); });
}

std::vector<LoadMark> parse_load(std::string_view text) {
  const ColumnFile file(text);
  const std::size_t time = file.column("time_s");
  const std::size_t on = file.column("on");
  std::vector<LoadMark> load;
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const double state = file.number(row, on);
    if (state != 0 && state != 1)
      fail_input("{} holds {:g}; a load starts with 1 and ends with 0", file.place(row, on), state);
    load.push_back({file.number(row, time), state == 1});
    if (row > 0 && !(load[row].time_s > load[row - 1].time_s))
      fail_input("{} does not come after the row before", file.place(row, time));
  }
  return load;
}

std::vector<LoadMark> read_load(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  return with_context(path.string(), [&] { return parse_load(text); });
}

}  // namespace tabjoule
