// Sizes of a kernel that is to be built.
#pragma once

#include "kernel/kernel.h"
#include "profile/model_builder.h"

namespace tabjoule {

inline constexpr std::int64_t kWidestBlock = 16;  ///< of channels, as ONNX Runtime has it for AVX-512

/// Errors (input): the key has no such column, or less than 1 in it.
[[nodiscard]] std::int64_t part_size(const KernelKey& key, const std::string& column);

/// A tensor of the key's elements, a run a row. Errors (input): they are no whole runs.
[[nodiscard]] Dims in_runs(const KernelKey& key);

/// Attributes of a window over (height, width) whose outputs are ceil(size / stride), and that output's shape.
struct Window {
  std::map<std::string, Attribute> attributes;
  std::int64_t height = 0;
  std::int64_t width = 0;
};
[[nodiscard]] Window part_window(const KernelKey& key);

}  // namespace tabjoule
