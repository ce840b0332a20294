// Time stamps of logs, as seconds.
#pragma once

#include <optional>
#include <string_view>

namespace tabjoule {

/// "2026/11/24 04:02:30.796", "2026-11-24 04:02:30.796" or "11-24-2026 04:02:30" as seconds since 1970, time zones left
/// out of it. Nothing where it is none of these or no such moment exists.
[[nodiscard]] std::optional<double> parse_wall_time(std::string_view text);

}  // namespace tabjoule
