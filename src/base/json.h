// JSON files. A number that is not finite never reaches a file: it is an error where it is written.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tabjoule {

/// Keeps the order in which keys were added, so that files read as they were meant.
using Json = nlohmann::ordered_json;

/// Errors (input): the file is absent, unreadable or not JSON; the message names file and position.
[[nodiscard]] Json read_json(const std::filesystem::path& path);

/// Writes next to `path` ("PATH.partial") and renames, so that no reader sees half a file; into what is not a
/// regular file (/dev/stdout, a pipe) directly. Errors (internal): no space, no
/// permission, a value that is not finite (named by its JSON pointer).
void write_json(const std::filesystem::path& path, const Json& json);

/// Compact text of `json`; the same rule about finite numbers.
[[nodiscard]] std::string to_text(const Json& json, int indent = -1);

/// Null where there is none.
template <class T>
[[nodiscard]] Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

/// Whole file as bytes. Errors (input): absent or unreadable.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// As write_json, for any bytes.
void write_file(const std::filesystem::path& path, const std::string& bytes);

/// Checks the "format" and "version" members every file of ours starts with. Errors (input).
void require_format(const Json& json, const std::string& format, int version);

/// A misspelt member would otherwise be a default that nobody asked for. Errors (input): "WHERE: there is no member
/// ..." (without the colon where `where` is empty), with the nearest of `known` and all of them; not an object.
void require_members(const Json& object, const std::vector<std::string>& known, const std::string& where);

}  // namespace tabjoule
