// A folder of our own under the system's temporary one, gone when its owner is.
#pragma once

#include <filesystem>

namespace tabjoule {

class TemporaryFolder {
 public:
  /// Errors (internal): the system's temporary folder cannot be written.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tabjoule
