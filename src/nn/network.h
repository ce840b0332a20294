// A network as plain data: what space makes, nn executes, graph writes out and kernel sees. There is no second
// definition of any family anywhere.
//
// Dimensions: B batch, T tokens, D width, K outputs, F features.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tabjoule {

enum class LayerType {
  input,    ///< (B, D): the preprocessed matrix
  linear,   ///< y = x W^T + b; parameters weight (D_out, D_in), bias (1, D_out)
  relu,     ///< y = max(x, 0)
  dropout,  ///< training only: zero with probability `rate`, else x / (1 - rate); absent from exports
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
  bool decay = true;  ///< whether weight decay applies
};

struct Layer {
  LayerType type = LayerType::input;
  std::string name;                      ///< unique in the network; the ONNX node's name
  std::vector<int> inputs;               ///< indices of earlier layers
  int width = 0;                         ///< D of the output
  float rate = 0;                        ///< dropout
  std::vector<ParameterRef> parameters;  ///< linear: weight, bias
};

/// Layers in execution order: inputs come before their readers; the last layer is the output, (B, K) logits or
/// standardised regression values.
struct Network {
  std::vector<Layer> layers;

  [[nodiscard]] int input_width() const { return layers.front().width; }
  [[nodiscard]] int output_width() const { return layers.back().width; }
  [[nodiscard]] std::int64_t parameter_count() const;
  /// Multiply-adds count 2; per batch element.
  [[nodiscard]] std::int64_t flops() const;
};

/// Throws Error (internal) naming the layer where inputs, widths or parameters do not fit together.
void validate(const Network& network);

}  // namespace tabjoule
