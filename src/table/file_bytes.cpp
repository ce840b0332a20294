#include "table/file_bytes.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace tabjoule {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_beside(const fs::path& path) {
  std::vector<std::string> names;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

struct CloseGzip {
  void operator()(gzFile file) const { gzclose(file); }
};
using Gzip = std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGzip>;

Gzip open(const std::string& path) {
  Gzip file(gzopen(path.c_str(), "rb"));
  if (!file) fail_input("{}: {}", path, std::strerror(errno));
  gzbuffer(file.get(), 1 << 18);
  return file;
}

/// Up to `size` bytes; fewer only at the end. zlib hands files that are not gzip through as they are.
std::size_t read_some(const Gzip& file, const std::string& path, char* to, std::size_t size) {
  const int got = gzread(file.get(), to, static_cast<unsigned>(size));
  int error = Z_OK;
  const std::string message = gzerror(file.get(), &error);
  if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
    fail_input("{}: damaged or truncated gzip data ({}); fetch the file again", path, message);
  return static_cast<std::size_t>(got);
}

/// Length of the UTF-8 sequence that starts at `p`, 0 where there is none. ASCII is the caller's.
std::size_t sequence_length(const unsigned char* p, const unsigned char* end) {
  const unsigned char lead = *p;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || static_cast<std::size_t>(end - p) < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((p[i] & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && p[1] < 0xA0) || (lead == 0xF0 && p[1] < 0x90);
  const bool beyond = (lead == 0xED && p[1] > 0x9F) || (lead == 0xF4 && p[1] > 0x8F);
  return overlong || beyond ? 0 : length;
}

std::string latin1_to_utf8(const std::string& bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 16);
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | (code >> 6));
      text += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return text;
}

bool looks_binary(std::string_view bytes) {
  const auto head = bytes.substr(0, 1 << 16);
  const auto controls = std::count_if(head.begin(), head.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v';
  });
  return static_cast<std::size_t>(controls) * 100 > head.size();
}

}  // namespace

void require_readable_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) fail_input("{}: is a folder, a file is needed", path);
  if (!fs::exists(path, error)) {
    if (error) fail_input("{}: {}", path, error.message());  // a folder above it may not be entered, say
    const fs::path as_path(path);
    fail_input("{}: no such file{}", path, did_you_mean(as_path.filename().string(), names_beside(as_path)));
  }
  if (!fs::is_regular_file(path, error)) fail_input("{}: is not a regular file; save the table to one first", path);
  if (faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) fail_input("{}: {}", path, std::strerror(errno));
  if (fs::file_size(path, error) == 0) fail_input("{}: the file is empty", path);
}

std::string read_inflated(const std::string& path) {
  const Gzip file = open(path);
  std::error_code ignored;
  const auto size = static_cast<std::size_t>(fs::file_size(path, ignored));
  const std::size_t block = std::clamp<std::size_t>(size + 1, 1 << 12, 4 << 20);
  std::string bytes;
  bytes.reserve(size + block);
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + block);
    const std::size_t got = read_some(file, path, bytes.data() + before, block);
    bytes.resize(before + got);
    if (got < block) return bytes;
  }
}

std::string read_head(const std::string& path, std::size_t bytes) {
  const Gzip file = open(path);
  std::string head(bytes, '\0');
  head.resize(read_some(file, path, head.data(), bytes));
  return head;
}

bool is_gzip(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return in.get() == 0x1F && in.get() == 0x8B;
}

bool is_utf8(std::string_view bytes) {
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* end = p + bytes.size();
  while (p < end) {
    std::uint64_t eight = 0;
    if (end - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080808080808080ULL) == 0)) {
      p += 8;
    } else if (*p < 0x80) {
      ++p;
    } else if (const std::size_t length = sequence_length(p, end); length > 0) {
      p += length;
    } else {
      return false;
    }
  }
  return true;
}

void make_utf8_text(std::string& bytes, const NoticeSink& notice) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    fail_input("the text is UTF-16; save it as UTF-8");
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  if (const auto zero = bytes.find('\0'); zero != std::string::npos)
    fail_input("not a table: byte {} is zero, as in binary data", zero + 1);
  if (looks_binary(bytes)) fail_input("not a table: full of control characters, as in binary data");
  if (is_utf8(bytes)) return;
  bytes = latin1_to_utf8(bytes);
  notice("the text is not UTF-8; read as Latin-1");
}

TemporaryFile::TemporaryFile(const std::string& bytes, const std::string& suffix) {
  path_ = (fs::temp_directory_path() / ("tabjoule-XXXXXX" + suffix)).string();
  const int descriptor = mkstemps(path_.data(), static_cast<int>(suffix.size()));
  if (descriptor < 0) fail_internal("{}: cannot be created: {}", path_, std::strerror(errno));
  close(descriptor);
  write_file(path_, bytes);
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

}  // namespace tabjoule
