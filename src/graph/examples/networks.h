// Small networks for tests: an MLP with dropout, and its forward pass computed by hand.
#pragma once

#include <fmt/format.h>

#include <algorithm>

#include "nn/network.h"
#include "nn/parameter_store.h"

namespace tabjoule::example {

inline Layer linear_layer(const std::string& name, int input, int input_width, int width) {
  Layer layer{LayerType::linear, name, {input}, width, 0, {}};
  layer.parameters = {{name + ".weight", width, input_width, Init::uniform_fan_in, input_width, true},
                      {name + ".bias", 1, width, Init::uniform_fan_in, input_width, false}};
  return layer;
}

/// input, then linear, relu, dropout for each of `widths`, then a linear of `outputs`.
inline Network mlp(int features, const std::vector<int>& widths, int outputs) {
  Network network;
  network.layers.push_back({LayerType::input, "input", {}, features, 0, {}});
  int width = features;
  for (std::size_t block = 0; block < widths.size(); ++block) {
    const int last = static_cast<int>(network.layers.size()) - 1;
    network.layers.push_back(linear_layer(fmt::format("block{}.linear", block), last, width, widths[block]));
    width = widths[block];
    network.layers.push_back({LayerType::relu, fmt::format("block{}.relu", block), {last + 1}, width, 0, {}});
    network.layers.push_back({LayerType::dropout, fmt::format("block{}.dropout", block), {last + 2}, width, 0.1F, {}});
  }
  const int last = static_cast<int>(network.layers.size()) - 1;
  network.layers.push_back(linear_layer("head", last, width, outputs));
  return network;
}

/// x: (B, F); the result is (B, K).
inline Matrix naive_forward(const Network& network, const ParameterStore& store, const Matrix& x) {
  std::vector<Matrix> values;
  for (const Layer& layer : network.layers) {
    if (layer.type == LayerType::input) {
      values.push_back(x);
      continue;
    }
    const Matrix& in = values[static_cast<std::size_t>(layer.inputs[0])];
    Matrix out = in;
    if (layer.type == LayerType::relu) out = in.cwiseMax(0.0F);
    if (layer.type == LayerType::linear) {
      const ConstBlock weight = store.view(layer.parameters[0]), bias = store.view(layer.parameters[1]);
      out = Matrix::Zero(in.rows(), layer.width);
      for (int r = 0; r < in.rows(); ++r) {
        for (int n = 0; n < layer.width; ++n) {
          double sum = bias.row(0)[n];
          for (int k = 0; k < in.cols(); ++k) sum += static_cast<double>(in(r, k)) * weight.row(n)[k];
          out(r, n) = static_cast<float>(sum);
        }
      }
    }
    values.push_back(out);
  }
  return values.back();
}

}  // namespace tabjoule::example
