#include "base/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <limits>

#include "base/thread_pool.h"

namespace tabjoule {
namespace {

/// The number in a file of the control group; nothing where there is none or it says "max".
std::size_t number_in(const char* path, std::size_t otherwise) {
  std::ifstream in(path);
  std::size_t value = 0;
  return in >> value ? value : otherwise;
}

std::size_t available_in_machine() {
  std::ifstream in("/proc/meminfo");
  for (std::string name; in >> name;) {
    std::size_t kib = 0;
    if (name == "MemAvailable:" && in >> kib) return kib * 1024;
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

}  // namespace

std::string processor_name() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("model name")) continue;
    const auto colon = line.find(':');
    const auto first = line.find_first_not_of(' ', colon + 1);
    if (colon != std::string::npos && first != std::string::npos) return line.substr(first);
  }
  return "unknown processor";
}

std::string machine_text() { return fmt::format("{}, {} cores", processor_name(), available_threads()); }

std::size_t available_memory_bytes() {
  constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
  const std::size_t machine = available_in_machine();
  const std::size_t limit = number_in("/sys/fs/cgroup/memory.max", kNoLimit);
  const std::size_t used = number_in("/sys/fs/cgroup/memory.current", 0);
  const std::size_t group = limit == kNoLimit ? kNoLimit : limit - std::min(limit, used);
  return std::min(machine == 0 ? kNoLimit : machine, group) == kNoLimit ? 0 : std::min(machine, group);
}

}  // namespace tabjoule
