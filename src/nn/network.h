// A network as plain data: what space makes, nn executes, graph writes out and kernel sees. There is no second
// definition of any family anywhere. What a type of layer does is in one file of nn/layers.
//
// Dimensions: B batch, T tokens, D width, H heads, K outputs, F features, C columns of category codes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tabjoule {

enum class LayerType {
  input,      ///< (B, D): the preprocessed matrix
  linear,     ///< y = x W^T + b; parameters weight (D_out, D_in), bias (1, D_out)
  relu,       ///< y = max(x, 0)
  dropout,    ///< training only: zero with probability `rate`, else x / (1 - rate); absent from exports
  add,        ///< y = x0 + x1: a residual connection, x1 its branch
  batchnorm,  ///< y = (x - mean) / sqrt(variance + 1e-5) weight + bias, each column's over the batch; (1, D) parameters
              ///< weight, bias and the running mean and variance, which evaluation takes
  layernorm,  ///< the same, each row's over its columns; parameters weight, bias (1, D)
  reglu,      ///< (B, T, 2D) -> (B, T, D): y = a max(b, 0) for the pairs (a, b) that x is made of, column by column:
              ///< side by side, so that a slice of a larger network's columns is made of pairs too
  tokens,     ///< (B, F) -> (B, T, D): one embedding a column; see TokenColumns
  first,      ///< (B, T, D) -> (B, 1, D): the first token
  attention,  ///< y = softmax(q k^T / sqrt(D / H)) v, each head on its D / H columns; inputs q (B, T_q, D), k and v
              ///< (B, T, D); `rate` is the dropout of the attention map
};

[[nodiscard]] const char* to_string(LayerType type);

/// How a parameter starts.
enum class Init {
  uniform_fan_in,  ///< U(-1/sqrt(fan_in), 1/sqrt(fan_in)), fan_in = the layer's input width
  zeros,
  ones,
};

/// A parameter by name and the extent of it that this network uses: the top-left block of whatever the store
/// holds under that name (weight entanglement).
struct ParameterRef {
  std::string name;
  int rows = 0;
  int cols = 0;
  Init init = Init::zeros;
  int fan_in = 1;
  bool decay = true;    ///< whether weight decay applies
  bool trained = true;  ///< false: a statistic (BatchNorm's running ones), which no gradient reaches
};

/// What a tokens layer makes of the matrix's columns, which are from left to right: numeric, codes, passed through.
///
/// Tokens are from first to last: CLS (a parameter of its own), one a numeric column, x_j W_j + b_j, and one a column
/// of codes, E_j[x_j] + b_j (RTDL, arXiv 2106.11959, section 3.3). With `edges`, a numeric token has sum_t e_t V_jt
/// added, the piecewise-linear encoding of x_j (arXiv 2203.05556, section 3.2; TabM's variant, where V starts at 0):
/// e_t = (x - edge_t) / (edge_t+1 - edge_t), clamped to [0, 1] but for the first bin below and the last one above.
/// Parameters, where there is what they are for: cls (1, D), weight and bias (numeric, D), bins (all bins, D),
/// table (sum of cardinalities, D), codes (C, D).
struct TokenColumns {
  int numeric = 0;
  std::vector<int> cardinalities;  ///< one a column of codes; codes lie in 0 .. cardinality - 1
  bool cls = false;                ///< whether a CLS token stands first
  int flat = 0;                    ///< over 0: the tokens are this wide and laid end to end as one row, (B, 1, D)
  int passed = 0;                  ///< flat only: further columns, behind the tokens as they are
  std::vector<std::vector<float>> edges;  ///< one strictly ascending list a numeric column, of 2 or more; or none

  [[nodiscard]] int inputs() const { return numeric + static_cast<int>(cardinalities.size()) + passed; }
  [[nodiscard]] int tokens() const { return (cls ? 1 : 0) + numeric + static_cast<int>(cardinalities.size()); }
  [[nodiscard]] int bins() const;
};

struct Layer {
  LayerType type = LayerType::input;
  std::string name;                               ///< unique in the network; the ONNX node's name
  std::vector<int> inputs{};                      ///< indices of earlier layers
  int width = 0;                                  ///< D of the output
  float rate = 0;                                 ///< dropout, attention
  std::vector<ParameterRef> parameters{};         ///< in the order that the type names them
  int tokens = 1;                                 ///< T of the output
  int heads = 1;                                  ///< attention
  std::shared_ptr<const TokenColumns> columns{};  ///< tokens; shared by every copy of the network
};

/// Layers in execution order: inputs come before their readers; the last layer is the output, (B, K) logits or
/// standardised regression values.
struct Network {
  std::vector<Layer> layers;

  [[nodiscard]] int input_width() const { return layers.front().width; }
  [[nodiscard]] int output_width() const { return layers.back().width; }
  [[nodiscard]] int most_tokens() const;  ///< the largest T of a layer
  /// Of those that are trained.
  [[nodiscard]] std::int64_t parameter_count() const;
  /// Of a prediction, per batch element. A multiply-add counts 2, every other operation on a number 1; softmax 5 an
  /// element, LayerNorm 7, BatchNorm 2 (its statistics are constants by then).
  [[nodiscard]] std::int64_t flops() const;
};

/// Throws Error (internal) naming the layer where inputs, widths or parameters do not fit together.
void validate(const Network& network);

}  // namespace tabjoule
