// A table file as bytes: inflated where it is gzip, checked to be text, in UTF-8.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/progress.h"

namespace tabjoule {

/// Errors (input): absent (a near name in the same folder is suggested), a folder or pipe, unreadable, empty.
void require_readable_file(const std::string& path);

/// The whole file, inflated where its content is gzip. Errors (input): damaged or truncated gzip.
[[nodiscard]] std::string read_inflated(const std::string& path);

/// The first bytes of the file as read_inflated would give them: enough to know its format.
[[nodiscard]] std::string read_head(const std::string& path, std::size_t bytes);

[[nodiscard]] bool is_gzip(const std::string& path);

/// Takes away a byte order mark; turns Latin-1 into UTF-8 with a notice. Errors (input): binary data, UTF-16.
void make_utf8_text(std::string& bytes, const NoticeSink& notice);

[[nodiscard]] bool is_utf8(std::string_view bytes);

/// A file in the system's temporary folder, removed with the object.
class TemporaryFile {
 public:
  TemporaryFile(const std::string& bytes, const std::string& suffix);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tabjoule
