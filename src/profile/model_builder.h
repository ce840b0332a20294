// Builds the models that profiling measures: float inputs, random constants, nodes whose output shapes are given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace tabjoule {

using Dims = std::vector<std::int64_t>;

/// A tensor inside a model that is being built.
struct BuiltTensor {
  std::string name;
  Dims dims;
  ElementType type = ElementType::float32;
};

class ModelBuilder {
 public:
  ModelBuilder();

  [[nodiscard]] BuiltTensor input(const Dims& dims, ElementType type = ElementType::float32);

  /// Uniform in +-1/sqrt(fan_in), no denormal and nothing that grows, whatever the depth; other values for every
  /// constant of a model.
  [[nodiscard]] std::string weight(const std::string& name, const Dims& dims, std::int64_t fan_in);
  /// Uniform in 0.5 .. 1.5: variances and scales.
  [[nodiscard]] std::string positive(const std::string& name, const Dims& dims);
  [[nodiscard]] std::string integers(const std::string& name, const Dims& dims, std::vector<std::int64_t> values,
                                     ElementType type = ElementType::int64);
  /// Uniform integers of 8 bits.
  [[nodiscard]] std::string quantized(const std::string& name, const Dims& dims, ElementType type);
  [[nodiscard]] std::string scalar(const std::string& name, float value);
  /// Which of a quantised tensor's integers is 0.
  [[nodiscard]] std::string zero_point(const std::string& name, ElementType type);

  /// A node called `output` whose first output is `output`, of `dims`. Operators that are ONNX Runtime's own are of its
  /// domains.
  BuiltTensor add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                  const Dims& dims, std::map<std::string, Attribute> attributes = {},
                  const std::vector<std::string>& more_outputs = {});

  void output(const BuiltTensor& tensor);

  static constexpr int kOpset = 17;  ///< of ONNX's own operators

  [[nodiscard]] Graph finish() { return std::move(graph_); }

 private:
  std::string constant(const std::string& name, const Dims& dims, double low, double high);

  Graph graph_;
};

}  // namespace tabjoule
