#include "base/json.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

void require_finite(const Json& json, const std::string& pointer) {
  if (json.is_number_float() && !std::isfinite(json.get<double>()))
    fail_internal("the number at {} is not finite and cannot be written as JSON", pointer.empty() ? "/" : pointer);
  if (json.is_object())
    for (const auto& [key, value] : json.items()) require_finite(value, pointer + "/" + key);
  if (json.is_array())
    for (std::size_t i = 0; i < json.size(); ++i) require_finite(json[i], pointer + "/" + std::to_string(i));
}

/// The error number, 0 where all was written.
int write_in_place(const std::filesystem::path& path, const std::string& bytes) {
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  return out ? 0 : errno;
}

/// The text of a member, empty where it is absent or something else.
std::string text_member(const Json& json, const std::string& name) {
  return json.is_object() && json.contains(name) && json.at(name).is_string() ? json.at(name).get<std::string>() : "";
}

}  // namespace

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    fail_input("{}: not valid JSON at byte {}", path.string(), error.byte);
  } catch (const nlohmann::json::out_of_range&) {
    fail_input("{}: holds a number too large for a double", path.string());
  }
}

std::string to_text(const Json& json, int indent) {
  require_finite(json, "");
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

void write_json(const std::filesystem::path& path, const Json& json) { write_file(path, to_text(json, 2) + "\n"); }

std::string read_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) fail_input("{}: is a folder, a file is needed", path.string());
  std::ifstream in(path, std::ios::binary);
  if (!in) fail_input("{}: {}", path.string(), std::strerror(errno));
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (in.bad()) fail_input("{}: cannot be read", path.string());
  return std::move(bytes).str();
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::error_code error;
  // A pipe or /dev/stdout cannot be renamed over; a link stays one, and what it points to is replaced.
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  const bool in_place = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  const std::filesystem::path target = std::filesystem::exists(status) ? std::filesystem::canonical(path, error) : path;
  const std::filesystem::path partial = in_place ? path : std::filesystem::path(target.string() + ".partial");
  if (const int reason = write_in_place(partial, bytes); reason != 0) {
    if (!in_place) std::filesystem::remove(partial, error);
    fail_internal("{}: cannot be written: {}", path.string(), std::strerror(reason));
  }
  if (in_place) return;
  std::filesystem::rename(partial, target, error);
  if (error) fail_internal("{}: cannot be written: {}", path.string(), error.message());
}

void require_format(const Json& json, const std::string& format, int version) {
  if (const std::string found = text_member(json, "format"); found != format)
    fail_input("expected a \"{}\" file, its \"format\" member says \"{}\"", format, found);
  const Json found = json.contains("version") ? json.at("version") : Json("(absent)");
  if (found != version)
    fail_input("version {} of the \"{}\" format is not known here; this program reads version {}", found.dump(), format,
               version);
}

void require_members(const Json& object, const std::vector<std::string>& known, const std::string& where) {
  const std::string place = where.empty() ? "" : where + ": ";
  if (!object.is_object()) fail_input("{}must be an object, not {}", place, object.type_name());
  for (const auto& [name, value] : object.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail_input("{}there is no member \"{}\"{} (known are: {})", place, name, did_you_mean(name, known),
                 fmt::join(known, ", "));
}

}  // namespace tabjoule
