// The one exception type. Its kind decides the program's exit code; its message is one line that names the
// file, row, column, node or flag concerned and says what to do.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace tabjoule {

/// The values are the program's exit codes.
enum class ErrorKind { usage = 2, input = 3, device = 4, internal = 5 };

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// Wrong flags or arguments of a public function.
template <class... Args>
[[noreturn]] void fail_usage(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::usage, fmt::format(format, std::forward<Args>(args)...));
}

/// Data, models or files that cannot be used as they are.
template <class... Args>
[[noreturn]] void fail_input(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::input, fmt::format(format, std::forward<Args>(args)...));
}

/// A device, runtime or sensor that is absent, unreadable or unstable.
template <class... Args>
[[noreturn]] void fail_device(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::device, fmt::format(format, std::forward<Args>(args)...));
}

/// Everything else: a full disk, an interrupted run, a defect of ours.
template <class... Args>
[[noreturn]] void fail_internal(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::internal, fmt::format(format, std::forward<Args>(args)...));
}

/// Runs `body`; an Error that leaves it is told where it happened: "context: message".
template <class Body>
decltype(auto) with_context(const std::string& context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw Error(error.kind(), context + ": " + error.what());
  }
}

}  // namespace tabjoule
