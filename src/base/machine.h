// The computer that the program runs on.
#pragma once

#include <cstddef>
#include <string>

namespace tabjoule {

/// "AMD EPYC 9654 96-Core Processor"; "unknown processor" where the kernel does not tell.
[[nodiscard]] std::string processor_name();

/// "AMD EPYC 9654 96-Core Processor, 2 cores": the processor, and the cores that this process may use.
[[nodiscard]] std::string machine_text();

/// Bytes that could be used before the machine swaps, or this process's group meets its limit; 0: not known.
[[nodiscard]] std::size_t available_memory_bytes();

}  // namespace tabjoule
