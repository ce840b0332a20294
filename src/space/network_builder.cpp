#include "space/network_builder.h"

#include <numeric>

namespace tabjoule {
namespace {

/// A norm's parameter or statistic: (1, width), never decayed.
ParameterRef norm_row(const std::string& name, int width, Init init, bool trained) {
  return {name, 1, width, init, 1, false, trained};
}

}  // namespace

int NetworkBuilder::push(Layer layer) {
  network_.layers.push_back(std::move(layer));
  return last();
}

int NetworkBuilder::like(LayerType type, const std::string& name, int reads) {
  Layer layer{type, name, {reads}, at(reads).width, 0, {}};
  layer.tokens = at(reads).tokens;
  return push(std::move(layer));
}

int NetworkBuilder::linear(const std::string& name, int reads, int width, Init bias) {
  const int inputs = at(reads).width;
  Layer layer{LayerType::linear, name, {reads}, width, 0, {}};
  layer.tokens = at(reads).tokens;
  layer.parameters = {{name + ".weight", width, inputs, Init::uniform_fan_in, inputs, true},
                      {name + ".bias", 1, width, bias, inputs, false}};
  return push(std::move(layer));
}

int NetworkBuilder::relu(const std::string& name, int reads) { return like(LayerType::relu, name, reads); }

int NetworkBuilder::dropout(const std::string& name, int reads, float rate) {
  if (rate <= 0) return reads;
  const int layer = like(LayerType::dropout, name, reads);
  network_.layers.back().rate = rate;
  return layer;
}

int NetworkBuilder::add(const std::string& name, int stream, int branch) {
  const int layer = like(LayerType::add, name, stream);
  network_.layers.back().inputs.push_back(branch);
  return layer;
}

int NetworkBuilder::layernorm(const std::string& name, int reads) {
  const int layer = like(LayerType::layernorm, name, reads);
  const int cols = network_.layers.back().width;
  network_.layers.back().parameters = {norm_row(name + ".weight", cols, Init::ones, true),
                                       norm_row(name + ".bias", cols, Init::zeros, true)};
  return layer;
}

int NetworkBuilder::batchnorm(const std::string& name, int reads) {
  const int layer = like(LayerType::batchnorm, name, reads);
  const int cols = network_.layers.back().width;
  network_.layers.back().parameters = {
      norm_row(name + ".weight", cols, Init::ones, true), norm_row(name + ".bias", cols, Init::zeros, true),
      norm_row(name + ".mean", cols, Init::zeros, false), norm_row(name + ".variance", cols, Init::ones, false)};
  return layer;
}

int NetworkBuilder::reglu(const std::string& name, int reads) {
  const int layer = like(LayerType::reglu, name, reads);
  network_.layers.back().width /= 2;
  return layer;
}

int NetworkBuilder::first(const std::string& name, int reads) {
  const int layer = like(LayerType::first, name, reads);
  network_.layers.back().tokens = 1;
  return layer;
}

int NetworkBuilder::attention(const std::string& name, int query, int key, int value, int heads, float rate) {
  const int layer = like(LayerType::attention, name, query);
  network_.layers.back().inputs = {query, key, value};
  network_.layers.back().heads = heads;
  network_.layers.back().rate = rate;
  return layer;
}

int NetworkBuilder::tokens(const std::string& name, TokenColumns columns, int width) {
  Layer layer{LayerType::tokens, name, {0}, width, 0, {}};
  layer.tokens = columns.flat > 0 ? 1 : columns.tokens();
  if (columns.flat > 0) layer.width = columns.tokens() * width + columns.passed;
  const auto parameter = [&](const char* what, int rows, Init init = Init::uniform_fan_in) {
    layer.parameters.push_back({name + "." + what, rows, width, init, width, false});
  };
  if (columns.cls) parameter("cls", 1);
  if (columns.numeric > 0) {
    parameter("weight", columns.numeric);
    parameter("bias", columns.numeric);
  }
  if (!columns.edges.empty()) parameter("bins", columns.bins(), Init::zeros);
  if (!columns.cardinalities.empty()) {
    parameter("table", std::accumulate(columns.cardinalities.begin(), columns.cardinalities.end(), 0));
    parameter("codes", static_cast<int>(columns.cardinalities.size()));
  }
  layer.columns = std::make_shared<const TokenColumns>(std::move(columns));
  return push(std::move(layer));
}

int NetworkBuilder::features(const NetworkShape& shape) {
  if (shape.embedding == nullptr) return 0;
  TokenColumns columns;
  columns.numeric = static_cast<int>(shape.embedding->edges.size());
  columns.edges = shape.embedding->edges;
  columns.flat = shape.embedding->width;
  columns.passed = shape.inputs - columns.numeric;
  return tokens("embedding", std::move(columns), shape.embedding->width);
}

}  // namespace tabjoule
