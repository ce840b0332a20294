#include "nn/layers/layer_kind.h"

#include "base/error.h"

namespace tabjoule {

const LayerKind& kind_of(LayerType type) {
  switch (type) {
    case LayerType::linear:
      return linear_kind();
    case LayerType::relu:
      return relu_kind();
    case LayerType::dropout:
      return dropout_kind();
    case LayerType::add:
      return add_kind();
    case LayerType::batchnorm:
      return batchnorm_kind();
    case LayerType::layernorm:
      return layernorm_kind();
    case LayerType::reglu:
      return reglu_kind();
    case LayerType::tokens:
      return tokens_kind();
    case LayerType::first:
      return first_kind();
    case LayerType::attention:
      return attention_kind();
    case LayerType::input:
      break;
  }
  fail_internal("layer type {} is not executed", static_cast<int>(type));
}

void require_layer(bool holds, const Layer& layer, const std::string& what) {
  if (!holds) fail_internal("network layer \"{}\" ({}): {}", layer.name, to_string(layer.type), what);
}

void require_parameter(const Layer& layer, std::size_t index, const char* name, int rows, int cols) {
  const bool there = index < layer.parameters.size();
  require_layer(there && layer.parameters[index].rows == rows && layer.parameters[index].cols == cols, layer,
                fmt::format("needs {} of ({}, {}) as parameter {}", name, rows, cols, index));
}

}  // namespace tabjoule
