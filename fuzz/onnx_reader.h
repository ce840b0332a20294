// What reads a stranger's bytes as ONNX, in the form libFuzzer calls.
#pragma once

#include <cstddef>
#include <cstdint>

/// Reads, and where that succeeds detects kernels by two rule sets. Returns 0: a graph and an Error (input) of one line
/// are both right. Aborts, after naming it on stderr, on anything else that is thrown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
