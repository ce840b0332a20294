// Files of a line of JSON and numbers behind it, as they lie in memory: little-endian, guarded by a hash.
#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace tabjoule {

/// 16 hexadecimal digits of stable_hash.
[[nodiscard]] std::string hash_text(std::string_view bytes);

/// Of a vector or a matrix.
template <class Values>
[[nodiscard]] std::string_view bytes_of(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<std::size_t>(values.size()) * sizeof(*values.data())};
}

/// Adds the numbers' "hash" to the header. Errors: those of write_file.
void write_numbers(const std::filesystem::path& file, Json header, std::string_view numbers);

/// A file that was read: its header, then one vector or matrix after another.
class NumbersFile {
 public:
  /// Errors (input), without the file's name: the first line is no JSON of this "format" and "version", damaged.
  NumbersFile(std::string bytes, const std::string& format, int version);

  [[nodiscard]] const Json& header() const { return header_; }
  /// Fills `into`, whose size says how much is read. Errors (input): the file ends before.
  template <class Values>
  void read(Values& into) {
    const std::size_t size = bytes_of(into).size();
    if (bytes_.size() - at_ < size) fail_input("ends before its numbers do");
    std::memcpy(into.data(), bytes_.data() + at_, size);
    at_ += size;
  }
  /// Errors (input): something is left.
  void require_end() const;

 private:
  std::string bytes_;
  Json header_;
  std::size_t at_ = 0;
};

}  // namespace tabjoule
