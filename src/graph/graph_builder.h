// Builds a Graph node by node with names that never collide, whatever the columns of a table are called.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace tabjoule {

class GraphBuilder {
 public:
  explicit GraphBuilder(const std::string& name, std::int64_t opset);

  /// `wanted`, or `wanted` with a number behind it; taken from then on.
  std::string unique(const std::string& wanted);

  /// Takes `info.name` as it is. Errors (internal): the name is taken already.
  void add_input(const ValueInfo& info);

  /// A node with one output; its tensor's name is returned. Node and tensor are called `wanted`, made unique.
  std::string add(const std::string& op, const std::vector<std::string>& inputs, const std::string& wanted,
                  std::map<std::string, Attribute> attributes = {}, const std::string& domain = "");

  std::string cast(const std::string& tensor, ElementType type, const std::string& wanted);

  /// Columns of a matrix (batch, width), in the order of `columns`; no node where those are all, in order.
  std::string pick(const std::string& matrix, const std::vector<std::int64_t>& columns, std::int64_t width,
                   const std::string& wanted);

  /// Matrices side by side; no node where there is one.
  std::string join(const std::vector<std::string>& matrices, const std::string& wanted);

  std::string constant(const std::string& wanted, std::vector<std::int64_t> dims, std::vector<double> values);
  std::string constant(const std::string& wanted, std::vector<std::int64_t> dims, std::vector<float> values);
  std::string constant(const std::string& wanted, std::vector<std::int64_t> dims, std::vector<std::int64_t> values);
  std::string constant(const std::string& wanted, std::vector<std::int64_t> dims, std::vector<std::string> values);

  Graph graph;

 private:
  std::string add_constant(Tensor tensor);

  std::set<std::string> names_;
};

}  // namespace tabjoule
