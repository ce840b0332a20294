#include "graph/one_line.h"

namespace tabjoule {

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool blank = byte <= 0x20 || byte == 0x7F;
    if (blank && (line.empty() || line.back() == ' ')) continue;
    if (line.size() >= max_bytes) return line + "...";
    line += blank ? ' ' : c;
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace tabjoule
