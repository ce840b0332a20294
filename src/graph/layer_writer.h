// The operators of each type of layer. A value of T tokens is (batch T, D), the tokens of a row one below the other: a
// linear layer is one Gemm with its bias however many tokens there are (MatMul and Add stay two kernels in some
// runtimes).
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
  /// `store` null: constants have shapes but no values.
  LayerWriter(Graph& graph, const Network& network, const ParameterStore* store)
      : graph_(graph), network_(network), store_(store) {}

  /// Appends the nodes that compute `output` from `inputs`. The last one has the layer's name, those before it the
  /// layer's name, a slash and what they do. Errors (internal): the type has no operators.
  /// `read_by_reglu`: the outputs of a linear layer are pairs (a, b) side by side that its reader, a ReGLU, takes
  /// apart; they are written as two tensors, `output`/value and `output`/gate.
  void write(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output, bool read_by_reglu);

 private:
  using Dims = std::vector<std::int64_t>;
  using Attributes = std::map<std::string, Attribute>;

  void write_linear(const Layer& layer, const std::string& x, const std::string& output);
  void write_pair(const Layer& layer, const std::string& x, const std::string& output);
  void write_batchnorm(const Layer& layer, const std::string& x, const std::string& output);
  void write_layernorm(const Layer& layer, const std::string& x, const std::string& output);
  void write_reglu(const Layer& layer, const std::string& x, const std::string& output);
  void write_first(const Layer& layer, const std::string& x, const std::string& output);
  void write_attention(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output);

  // Columns to tokens, in token_writer.cpp.
  void write_tokens(const Layer& layer, const std::string& x, const std::string& output);
  /// Names of the parts of a batch of columns; empty where there is none.
  struct ColumnParts {
    std::string numbers, codes, passed;
  };
  ColumnParts column_parts(const Layer& layer, const std::string& x);
  // `cls`: null, or the token to put in front.
  std::string numeric_tokens(const Layer& layer, const std::string& numbers, std::span<const ParameterRef> parameters,
                             const ParameterRef* cls);
  std::string encoded_numbers(const Layer& layer, const std::string& numbers, const ParameterRef& bins, bool cls);
  std::string code_tokens(const Layer& layer, const std::string& codes, std::span<const ParameterRef> parameters,
                          const ParameterRef* cls);
  /// (B, C) with a column of zeros in front.
  std::string with_first_column(const Layer& layer, const std::string& x);
  enum class FirstRow { cls, zeros };
  /// The rows of `rest` as a constant, below those of `cls` or as many zeros; without a `cls` they alone.
  std::string with_first_row(const Layer& layer, const std::string& part, const ParameterRef* cls, FirstRow first,
                             const ParameterRef& rest);

  /// A node called `name` with the one output `output`.
  void add(const std::string& name, const std::string& op, std::vector<std::string> inputs, const std::string& output,
           Attributes attributes = {});
  /// A node called "layer/part"; returns its output.
  std::string part(const Layer& layer, const std::string& part, const std::string& op, std::vector<std::string> inputs,
                   Attributes attributes = {});
  /// Cuts the last axis into parts of these sizes.
  std::vector<std::string> split(const Layer& layer, const std::vector<std::string>& names, const std::string& x,
                                 const Dims& sizes);
  std::string integers(const Layer& layer, const std::string& part, Dims dims, Dims values);
  std::string floats(const Layer& layer, const std::string& part, Dims dims, std::vector<float> values);
  enum class Form { vector, matrix };
  enum class Half { both, value, gate };
  /// What the names of a ReGLU's halves end in.
  static const char* suffix_of(Half half) { return half == Half::both ? "" : half == Half::value ? "/value" : "/gate"; }
  /// The parameter as a constant; those that layers share are written once. `half`: of the outputs, those that are a
  /// ReGLU's value or gate.
  std::string parameter(const ParameterRef& ref, Form form, Half half = Half::both);
  [[nodiscard]] const Layer& input_of(const Layer& layer, std::size_t input) const;

  Graph& graph_;
  const Network& network_;
  const ParameterStore* store_;
  std::set<std::string> constants_;
};

}  // namespace tabjoule
