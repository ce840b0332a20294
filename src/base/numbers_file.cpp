#include "base/numbers_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "base/text.h"

namespace tabjoule {

static_assert(std::endian::native == std::endian::little, "these files hold little-endian numbers");

std::string hash_text(std::string_view bytes) { return fmt::format("{:016x}", stable_hash(bytes)); }

void write_numbers(const std::filesystem::path& file, Json header, std::string_view numbers) {
  header["hash"] = hash_text(numbers);
  std::string bytes = to_text(header) + "\n";
  bytes += numbers;
  write_file(file, bytes);
}

NumbersFile::NumbersFile(std::string bytes, const std::string& format, int version) : bytes_(std::move(bytes)) {
  const std::size_t end = std::min(bytes_.size(), bytes_.find('\n'));
  header_ = Json::parse(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
  if (header_.is_discarded() || !header_.is_object()) fail_input("its first line is not JSON");
  require_format(header_, format, version);
  at_ = std::min(bytes_.size(), end + 1);
  if (!header_.contains("hash") || header_.at("hash") != hash_text(std::string_view(bytes_).substr(at_)))
    fail_input("is damaged: its numbers do not give the hash in its first line");
}

void NumbersFile::require_end() const {
  if (at_ < bytes_.size()) fail_input("holds more numbers than belong there");
}

}  // namespace tabjoule
