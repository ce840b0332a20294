// The operators of each type of layer. A value of one token is (batch, D), of several (batch, T, D).
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "nn/network.h"
#include "nn/parameter_store.h"

namespace tabjoule {

class LayerWriter {
 public:
  /// `store` null: constants have shapes but no values. `batch` -1: not known.
  LayerWriter(Graph& graph, const ParameterStore* store, std::int64_t batch)
      : graph_(graph), store_(store), batch_(batch) {}

  /// Appends the nodes that compute `output` from `inputs`. The last one has the layer's name, those before it the
  /// layer's name, a slash and what they do. Errors (internal): the type has no operators.
  /// `apart`: the outputs of a linear layer are pairs (a, b) side by side that its reader, a ReGLU, takes apart; they
  /// are written all a first and all b behind, as everybody else has them.
  void write(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output, bool apart);

 private:
  using Dims = std::vector<std::int64_t>;
  using Attributes = std::map<std::string, Attribute>;

  void write_linear(const Layer& layer, const std::string& x, const std::string& output, bool apart);
  void write_batchnorm(const Layer& layer, const std::string& x, const std::string& output);
  void write_layernorm(const Layer& layer, const std::string& x, const std::string& output);
  void write_reglu(const Layer& layer, const std::string& x, const std::string& output);
  void write_first(const Layer& layer, const std::string& x, const std::string& output);
  void write_attention(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output);

  // Columns to tokens, in token_writer.cpp.
  void write_tokens(const Layer& layer, const std::string& x, const std::string& output);
  std::string cls_token(const Layer& layer, const std::string& x, const ParameterRef& cls);
  /// Names of the parts of a batch of columns; empty where there is none.
  struct ColumnParts {
    std::string numbers, codes, passed;
  };
  ColumnParts column_parts(const Layer& layer, const std::string& x);
  std::string numeric_tokens(const Layer& layer, const std::string& numbers, std::span<const ParameterRef> parameters);
  std::string encoded_numbers(const Layer& layer, const std::string& numbers, const ParameterRef& bins);
  std::string code_tokens(const Layer& layer, const std::string& codes, std::span<const ParameterRef> parameters);

  /// A node called `name` with the one output `output`.
  void add(const std::string& name, const std::string& op, std::vector<std::string> inputs, const std::string& output,
           Attributes attributes = {});
  /// A node called "layer/part"; returns its output.
  std::string part(const Layer& layer, const std::string& part, const std::string& op, std::vector<std::string> inputs,
                   Attributes attributes = {});
  /// Columns [first, last) of the last axis.
  /// Cuts the last axis into parts of these sizes.
  std::vector<std::string> split(const Layer& layer, const std::vector<std::string>& names, const std::string& x,
                                 const Dims& sizes);
  std::string integers(const Layer& layer, const std::string& part, Dims dims, Dims values);
  std::string floats(const Layer& layer, const std::string& part, Dims dims, std::vector<float> values);
  enum class Form { vector, matrix, transposed };
  /// The parameter as a constant; those that layers share are written once. `apart`: see write.
  std::string parameter(const ParameterRef& ref, Form form, bool apart = false);

  Graph& graph_;
  const ParameterStore* store_;
  std::int64_t batch_;
  std::set<std::string> constants_;
};

}  // namespace tabjoule
