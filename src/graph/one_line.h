// Outside text (a file's names, another library's message) in an error of ours: one line, of bounded length.
#pragma once

#include <string>
#include <string_view>

namespace tabjoule {

/// Runs of control characters and blanks become one blank; what exceeds `max_bytes` becomes "...".
[[nodiscard]] std::string one_line(std::string_view text, std::size_t max_bytes = 400);

}  // namespace tabjoule
