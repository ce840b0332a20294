// Power traces out of files: our own TRACE.csv, nvidia-smi's CSV, tegrastats' text, Zeus' CSV. The format is
// recognised by the content; docs/trace-files.md shows each.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "power/calibrate.h"
#include "power/trace.h"

namespace tabjoule {

struct TraceFileOptions {
  /// Column or rail with the power; empty: `power_w`, nvidia-smi's `power.draw`, the total rail of tegrastats or else
  /// the sum of its rails, the one GPU of Zeus.
  std::string column;
  /// Time between two lines of a tegrastats log without time stamps. Its own default is 1 s.
  double interval_s = 1;
};

/// Times as in the file where they are seconds; else seconds since the first line. Notices: what had to be taken for
/// granted (a missing total rail, a missing time stamp). Errors (input): absent or damaged file, no such column; the
/// message names file, row and column.
[[nodiscard]] PowerTrace read_trace(const std::filesystem::path& path, const TraceFileOptions& options,
                                    const NoticeSink& notice);
/// The same from the file's content.
[[nodiscard]] PowerTrace parse_trace(std::string_view text, const TraceFileOptions& options, const NoticeSink& notice);

/// LOAD.csv: `time_s,on`, on 1 where a load starts and 0 where it ends. Errors (input): as read_trace.
[[nodiscard]] std::vector<LoadMark> read_load(const std::filesystem::path& path);
[[nodiscard]] std::vector<LoadMark> parse_load(std::string_view text);

}  // namespace tabjoule
