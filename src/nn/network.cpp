#include "nn/network.h"

#include <set>

#include "base/error.h"

namespace tabjoule {
namespace {

void require(bool holds, const Layer& layer, const std::string& what) {
  if (!holds) fail_internal("network layer \"{}\" ({}): {}", layer.name, to_string(layer.type), what);
}

void validate_linear(const Layer& layer, int input_width) {
  require(layer.parameters.size() == 2, layer, "needs a weight and a bias");
  const ParameterRef& weight = layer.parameters[0];
  const ParameterRef& bias = layer.parameters[1];
  require(weight.rows == layer.width && weight.cols == input_width, layer, "weight must be (output, input) wide");
  require(bias.rows == 1 && bias.cols == layer.width, layer, "bias must be (1, output)");
}

}  // namespace

const char* to_string(LayerType type) {
  switch (type) {
    case LayerType::input:
      return "input";
    case LayerType::linear:
      return "linear";
    case LayerType::relu:
      return "relu";
    case LayerType::dropout:
      return "dropout";
  }
  return "?";
}

std::int64_t Network::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& layer : layers)
    for (const auto& parameter : layer.parameters) count += std::int64_t{parameter.rows} * parameter.cols;
  return count;
}

std::int64_t Network::flops() const {
  std::int64_t count = 0;
  for (const auto& layer : layers) {
    if (layer.type == LayerType::linear) {
      const ParameterRef& weight = layer.parameters.front();
      count += 2 * std::int64_t{weight.rows} * weight.cols + layer.width;
    } else if (layer.type == LayerType::relu) {
      count += layer.width;
    }
  }
  return count;
}

void validate(const Network& network) {
  if (network.layers.size() < 2) fail_internal("a network needs an input and at least one layer");
  std::set<std::string> names;
  std::set<int> read;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    require(names.insert(layer.name).second, layer, "the name is used twice");
    require(layer.width > 0, layer, "the width must be positive");
    require((i == 0) == (layer.type == LayerType::input), layer, "the input is the first layer and no other");
    if (layer.type == LayerType::input) continue;
    require(layer.inputs.size() == 1, layer, "takes one input");
    const int input = layer.inputs.front();
    require(input >= 0 && input < static_cast<int>(i), layer, "must read an earlier layer");
    const int input_width = network.layers[static_cast<std::size_t>(input)].width;
    if (layer.type == LayerType::linear)
      validate_linear(layer, input_width);
    else
      require(layer.width == input_width, layer, "must keep the width of its input");
    require(layer.rate >= 0 && layer.rate < 1, layer, "the dropout rate must lie in [0, 1)");
    read.insert(input);
  }
  for (std::size_t i = 0; i + 1 < network.layers.size(); ++i)
    require(read.contains(static_cast<int>(i)), network.layers[i], "is read by no layer");
}

}  // namespace tabjoule
