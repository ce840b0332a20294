// A graph of operators: ONNX as plain data, without protobuf. The way in from a network is to_graph, from a
// file graph/onnx/onnx_file.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tabjoule {

/// The element types we read and write, with ONNX's numbers.
enum class ElementType {
  undefined = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  string = 8,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  bfloat16 = 16
};

[[nodiscard]] const char* to_string(ElementType type);

/// A dimension is its size, or -1 where it is not known ("batch"); its name is kept in dim_names.
struct ValueInfo {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> dims;
  std::vector<std::string> dim_names;  ///< as many as dims, "" for a number
};

/// A constant. Exactly one of the vectors is filled, or none: a tensor of known shape whose values are left out
/// (enough to detect kernels).
struct Tensor {
  std::string name;
  ElementType type = ElementType::float32;
  std::vector<std::int64_t> dims;
  std::vector<float> floats;  ///< float32, float16, bfloat16
  std::vector<double> doubles;
  std::vector<std::int64_t> integers;  ///< all integers, and boolean
  std::vector<std::string> strings;

  [[nodiscard]] std::int64_t size() const;
};

using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>,
                               std::vector<std::string>, Tensor>;

struct Node {
  std::string name;
  std::string op;                   ///< "Gemm"
  std::string domain;               ///< "" is ai.onnx; "ai.onnx.ml"; "com.microsoft"
  std::vector<std::string> inputs;  ///< "" for an absent optional input
  std::vector<std::string> outputs;
  std::map<std::string, Attribute> attributes;

  [[nodiscard]] std::int64_t integer(const std::string& attribute, std::int64_t otherwise) const;
  [[nodiscard]] float real(const std::string& attribute, float otherwise) const;
  [[nodiscard]] std::string text(const std::string& attribute, const std::string& otherwise) const;
};

/// A node's own name, or that of its first output where it has none.
[[nodiscard]] inline const std::string& name_of(const Node& node) {
  return node.name.empty() ? node.outputs.at(0) : node.name;
}

struct Graph {
  std::string name;
  std::map<std::string, std::int64_t> opsets;  ///< domain -> version
  std::vector<ValueInfo> inputs;
  std::vector<ValueInfo> outputs;
  std::vector<Node> nodes;  ///< in topological order
  std::vector<Tensor> constants;
  std::vector<ValueInfo> values;  ///< shapes of intermediate tensors where known
  std::map<std::string, std::string> metadata;

  [[nodiscard]] const Tensor* constant(const std::string& wanted) const;  ///< nullptr where absent
};

}  // namespace tabjoule
