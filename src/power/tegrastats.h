// The text that NVIDIA's tegrastats prints on a Jetson, one line a moment. Old releases (JetPack 4) write rails as
// "VDD_IN 4687/4687", now and average in mW, without a time; newer ones begin with "11-24-2026 10:41:24" and write
// "VDD_IN 4687mW/4687mW".
#pragma once

#include <string_view>

#include "power/trace_file.h"

namespace tabjoule {

[[nodiscard]] bool looks_like_tegrastats(std::string_view text);
/// As parse_trace. Whole-second stamps are spread evenly over the lines between the first and the last second.
[[nodiscard]] PowerTrace parse_tegrastats(std::string_view text, const TraceFileOptions& options,
                                          const NoticeSink& notice);

}  // namespace tabjoule
