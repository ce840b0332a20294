#include "base/json.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/error.h"

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

}  // namespace

Json read_json(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    fail_input("{}: not valid JSON at byte {}", path.string(), error.byte);
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
  const std::filesystem::path partial = path.string() + ".partial";
  {
    std::ofstream out(partial, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (!out) {
      const int reason = errno;
      std::error_code ignored;
      std::filesystem::remove(partial, ignored);
      fail_internal("{}: cannot be written: {}", path.string(), std::strerror(reason));
    }
  }
  std::error_code error;
  std::filesystem::rename(partial, path, error);
  if (error) fail_internal("{}: cannot be written: {}", path.string(), error.message());
}

void require_format(const Json& json, const std::string& format, int version) {
  if (!json.is_object() || json.value("format", "") != format)
    fail_input("expected a \"{}\" file, its \"format\" member says \"{}\"", format,
               json.is_object() ? json.value("format", "") : "");
  const int found = json.value("version", 0);
  if (found != version)
    fail_input("version {} of the \"{}\" format is not known here; this program reads version {}", found, format,
               version);
}

}  // namespace tabjoule
