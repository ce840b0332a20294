#include "power/sysfs.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "base/error.h"

namespace tabjoule {

namespace fs = std::filesystem;

std::string read_sysfs_line(const fs::path& path) {
  errno = 0;
  std::ifstream in(path);
  std::string line;
  if (in && std::getline(in, line)) return line;
  if (errno == EACCES || errno == EPERM)
    fail_device("{} is readable by root only: run as root or chmod a+r {}", path.string(), path.string());
  fail_device("{} cannot be read: {}", path.string(), errno != 0 ? std::strerror(errno) : "it is empty");
}

std::uint64_t read_sysfs_number(const fs::path& path, const char* unit) {
  const std::string line = read_sysfs_line(path);
  std::uint64_t value = 0;
  const char* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data(), end, value);
  if (error != std::errc{} || stop != end)
    fail_device("{} holds \"{}\" where a number of {} is expected; this counter cannot be used", path.string(),
                line.substr(0, 40), unit);
  return value;
}

std::vector<fs::path> numbered_folders(const fs::path& parent, const std::string& prefix) {
  std::vector<std::pair<unsigned, fs::path>> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    unsigned number = 0;
    const char* end = name.data() + name.size();
    const auto [stop, bad] = std::from_chars(name.data() + prefix.size(), end, number);
    if (bad == std::errc{} && stop == end) found.emplace_back(number, entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> folders;
  for (auto& [number, path] : found) folders.push_back(std::move(path));
  return folders;
}

std::vector<fs::path> folders_in(const fs::path& parent) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(parent, error)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace tabjoule
