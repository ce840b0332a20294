// The table of operators: for each its shape rule and the kernel it becomes. Adding an operator is one row in
// operators.cpp (and a rule in shape_rules.cpp, image_rules.cpp, sequence_rules.cpp, ml_rules.cpp or
// quantized_rules.cpp where no existing one fits).
#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"
#include "kernel/kernel.h"

namespace tabjoule {

using Shape = std::vector<std::int64_t>;

constexpr std::size_t kLongestIntegerList = 64;  ///< shapes, axes, indices; longer lists are data

/// What is known of a tensor: its shape, its values where it is a short list of integers (shapes, axes), and
/// whether it is the same in every run.
struct TensorFact {
  Shape shape;
  std::optional<std::vector<std::int64_t>> integers = {};
  bool constant = false;
  bool open = false;                               ///< its shape hangs on a dimension that the file leaves open
  ElementType quantized = ElementType::undefined;  ///< int8 or uint8; other types are not followed
};

/// A node with what is known of its inputs, null where an optional input is absent.
struct OperatorCall {
  const Node& node;
  std::vector<const TensorFact*> inputs;

  [[nodiscard]] const Shape& shape(std::size_t input) const;                  ///< Errors (input): absent.
  [[nodiscard]] const TensorFact* optional_input(std::size_t input) const;    ///< null where absent
  [[nodiscard]] std::vector<std::int64_t> integers(std::size_t input) const;  ///< Errors (input): not known.
  /// The integers of attribute `name` (old opsets), else of input `input`, else nothing.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> axes(const std::string& name, std::size_t input) const;
};

struct OperatorRule {
  const char* op;
  /// The shape of the first output, which every kernel rule takes.
  Shape (*shape)(const OperatorCall& call);
  KernelKey (*kernel)(const OperatorCall& call, const Shape& output);
  /// Shapes of the outputs behind the first that are followed; null where none is.
  std::vector<Shape> (*further)(const OperatorCall& call) = nullptr;
  /// A kernel that the operator runs before; null for all that are one kernel.
  KernelKey (*before)(const OperatorCall& call, const Shape& output) = nullptr;
};

/// Null for an operator nobody knows.
[[nodiscard]] const OperatorRule* operator_rule(const Node& node);

/// Product of the dimensions. Errors (input): it does not fit 62 bits.
[[nodiscard]] std::int64_t elements_of(const Shape& shape);

/// An axis counted from the end made one from the start. Errors (input): outside the rank; the node is named.
[[nodiscard]] std::size_t axis_of(const Node& node, std::int64_t axis, std::size_t rank);

/// Of a node whose images have their channels last ("channels_last"): a shape with the channels in front, and back.
/// Other shapes are returned as they are.
[[nodiscard]] Shape channels_in_front(const Node& node, Shape shape);
[[nodiscard]] Shape channels_as_told(const Node& node, Shape shape);

/// The node for an error message: "head" (Gemm).
[[nodiscard]] std::string shown(const Node& node);

}  // namespace tabjoule
