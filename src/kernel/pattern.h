// Patterns: operators that exporters write one by one and runtimes execute as one kernel (docs/fusion-rules.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace tabjoule {

/// "d = Sub(x, m)": an output, the operators that may make it ("Mul|Div") and what they read: a name that another line
/// makes, a name that none does (a tensor the kernel reads, the same wherever the name stands), "#" (a constant) or
/// "_" (anything). Further inputs of the operator must be constants. Add and Mul take their two in any order.
struct PatternNode {
  std::string output;
  std::vector<std::string> operators;
  std::vector<std::string> inputs;

  bool operator==(const PatternNode&) const = default;
};

struct Pattern {
  std::string name;  ///< stands for the whole as the name of an operator
  KernelType kernel = KernelType::elementwise;
  std::vector<PatternNode> nodes;        ///< the last makes the output of the whole
  std::optional<std::size_t> rank = {};  ///< only where that output has so many dimensions

  bool operator==(const Pattern&) const = default;
};

/// Errors (input): not of the form above; the line is quoted.
[[nodiscard]] PatternNode pattern_node_from(const std::string& line);
[[nodiscard]] std::string to_text(const PatternNode& node);

/// Errors (input): no lines, a line that nothing uses, a name made twice or from itself, a kernel type that no pattern
/// can make (elementwise, layernorm, softmax and attention can).
void validate(const Pattern& pattern);

}  // namespace tabjoule
