// Files of Linux' /sys, where most sensors live: one value a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tabjoule {

/// First line. Errors (device): absent, or not readable by this user; the message says what to do.
[[nodiscard]] std::string read_sysfs_line(const std::filesystem::path& path);

/// A plain non-negative integer. `unit` is for the message: "microjoules". Errors (device): anything else.
[[nodiscard]] std::uint64_t read_sysfs_number(const std::filesystem::path& path, const char* unit);

/// Folders (or links to such) in `parent` whose name is `prefix` and a number, by that number; empty where `parent` is
/// not there.
[[nodiscard]] std::vector<std::filesystem::path> numbered_folders(const std::filesystem::path& parent,
                                                                  const std::string& prefix);

/// All in `parent`, by name.
[[nodiscard]] std::vector<std::filesystem::path> folders_in(const std::filesystem::path& parent);

}  // namespace tabjoule
