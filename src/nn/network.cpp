#include "nn/network.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {

LayerInputs inputs_of(const Network& network, const Layer& layer) {
  LayerInputs inputs{};
  for (std::size_t i = 0; i < layer.inputs.size() && i < inputs.size(); ++i)
    inputs[i] = &network.layers[static_cast<std::size_t>(layer.inputs[i])];
  return inputs;
}

const char* to_string(LayerType type) { return type == LayerType::input ? "input" : kind_of(type).name(); }

int TokenColumns::bins() const {
  std::size_t count = 0;
  for (const auto& column : edges) count += column.size() - 1;
  return static_cast<int>(count);
}

int Network::most_tokens() const {
  int most = 1;
  for (const auto& layer : layers) most = std::max(most, layer.tokens);
  return most;
}

std::int64_t Network::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& layer : layers)
    for (const auto& parameter : layer.parameters)
      if (parameter.trained) count += std::int64_t{parameter.rows} * parameter.cols;
  return count;
}

std::int64_t Network::flops() const {
  std::int64_t count = 0;
  for (const auto& layer : layers)
    if (layer.type != LayerType::input) count += kind_of(layer.type).flops(layer, inputs_of(*this, layer));
  return count;
}

void validate(const Network& network) {
  if (network.layers.size() < 2) fail_internal("a network needs an input and at least one layer");
  std::set<std::string> names;
  std::set<int> read;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    require_layer(names.insert(layer.name).second, layer, "the name is used twice");
    require_layer(layer.width > 0 && layer.tokens > 0, layer, "width and tokens must be positive");
    require_layer((i == 0) == (layer.type == LayerType::input), layer, "the input is the first layer and no other");
    if (layer.type == LayerType::input) continue;
    const LayerKind& kind = kind_of(layer.type);
    require_layer(layer.inputs.size() == static_cast<std::size_t>(kind.inputs()), layer,
                  kind.inputs() == 1 ? "takes one input" : fmt::format("takes {} inputs", kind.inputs()));
    for (const int input : layer.inputs) {
      require_layer(input >= 0 && input < static_cast<int>(i), layer, "must read an earlier layer");
      read.insert(input);
    }
    require_layer(layer.rate >= 0 && layer.rate < 1, layer, "the dropout rate must lie in [0, 1)");
    kind.check(layer, inputs_of(network, layer));
  }
  for (std::size_t i = 0; i + 1 < network.layers.size(); ++i)
    require_layer(read.contains(static_cast<int>(i)), network.layers[i], "is read by no layer");
}

}  // namespace tabjoule
