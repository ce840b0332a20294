#include "graph/layer_writer.h"

#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr float kEpsilon = 1e-5F;  // of both norms, as nn/layers has it

}  // namespace

void LayerWriter::write(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output,
                        bool apart) {
  switch (layer.type) {
    case LayerType::input:
    case LayerType::dropout:
      return;
    case LayerType::linear:
      return write_linear(layer, inputs[0], output, apart);
    case LayerType::relu:
      return add(layer.name, "Relu", inputs, output);
    case LayerType::add:
      return add(layer.name, "Add", inputs, output);
    case LayerType::batchnorm:
      return write_batchnorm(layer, inputs[0], output);
    case LayerType::layernorm:
      return write_layernorm(layer, inputs[0], output);
    case LayerType::reglu:
      return write_reglu(layer, inputs[0], output);
    case LayerType::tokens:
      return write_tokens(layer, inputs[0], output);
    case LayerType::first:
      return write_first(layer, inputs[0], output);
    case LayerType::attention:
      return write_attention(layer, inputs, output);
  }
  fail_internal("layer \"{}\": its type has no ONNX operator in layer_writer.cpp", layer.name);
}

// y = x W^T + b. Gemm takes W as it is stored, (D_out, D_in), but only matrices; MatMul takes tokens, and W^T.
void LayerWriter::write_linear(const Layer& layer, const std::string& x, const std::string& output, bool apart) {
  const std::string bias = parameter(layer.parameters[1], Form::vector, apart);
  if (layer.tokens == 1)
    return add(layer.name, "Gemm", {x, parameter(layer.parameters[0], Form::matrix, apart), bias}, output,
               {{"transB", std::int64_t{1}}});
  const std::string product =
      part(layer, "product", "MatMul", {x, parameter(layer.parameters[0], Form::transposed, apart)});
  add(layer.name, "Add", {product, bias}, output);
}

void LayerWriter::write_batchnorm(const Layer& layer, const std::string& x, const std::string& output) {
  std::vector<std::string> inputs{x};
  for (const ParameterRef& ref : layer.parameters) inputs.push_back(parameter(ref, Form::vector));
  add(layer.name, "BatchNormalization", inputs, output, {{"epsilon", kEpsilon}});
}

void LayerWriter::write_layernorm(const Layer& layer, const std::string& x, const std::string& output) {
  add(layer.name, "LayerNormalization",
      {x, parameter(layer.parameters[0], Form::vector), parameter(layer.parameters[1], Form::vector)}, output,
      {{"axis", std::int64_t{-1}}, {"epsilon", kEpsilon}});
}

// y = a max(b, 0), x = (a, b): the linear layer before it has been written that way
void LayerWriter::write_reglu(const Layer& layer, const std::string& x, const std::string& output) {
  const auto halves = split(layer, {"value", "gate"}, x, {layer.width, layer.width});
  add(layer.name, "Mul", {halves[0], part(layer, "relu", "Relu", {halves[1]})}, output);
}

void LayerWriter::write_first(const Layer& layer, const std::string& x, const std::string& output) {
  add(layer.name, "Gather", {x, integers(layer, "index", {}, {0})}, output, {{"axis", std::int64_t{1}}});
}

// (B, T, D) -> (B, H, T, D / H) for queries and values, (B, H, D / H, T) for keys; a 0 in a shape keeps that dimension.
void LayerWriter::write_attention(const Layer& layer, const std::vector<std::string>& inputs,
                                  const std::string& output) {
  const std::int64_t head_width = layer.width / layer.heads;
  const auto heads = [&](const std::string& name, const std::string& x, std::int64_t tokens, Dims perm) {
    const std::string shape = integers(layer, name + "_shape", {4}, {0, tokens, layer.heads, head_width});
    const std::string split = part(layer, name + "_heads", "Reshape", {x, shape});
    return part(layer, name, "Transpose", {split}, {{"perm", std::move(perm)}});
  };
  const std::string q = heads("query", inputs[0], layer.tokens, {0, 2, 1, 3});
  const std::string k = heads("key", inputs[1], -1, {0, 2, 3, 1});
  const std::string v = heads("value", inputs[2], -1, {0, 2, 1, 3});
  const std::string scale = floats(layer, "scale", {}, {1 / std::sqrt(static_cast<float>(head_width))});
  const std::string scores = part(layer, "scaled", "Mul", {part(layer, "scores", "MatMul", {q, k}), scale});
  const std::string map = part(layer, "map", "Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const std::string mixed = part(layer, "mixed", "MatMul", {map, v});
  const std::string rows = part(layer, "rows", "Transpose", {mixed}, {{"perm", Dims{0, 2, 1, 3}}});
  const std::string shape = layer.tokens == 1 ? integers(layer, "shape", {2}, {0, layer.width})
                                              : integers(layer, "shape", {3}, {0, layer.tokens, layer.width});
  add(layer.name, "Reshape", {rows, shape}, output);
}

void LayerWriter::add(const std::string& name, const std::string& op, std::vector<std::string> inputs,
                      const std::string& output, Attributes attributes) {
  graph_.nodes.push_back({name, op, "", std::move(inputs), {output}, std::move(attributes)});
}

std::string LayerWriter::part(const Layer& layer, const std::string& part, const std::string& op,
                              std::vector<std::string> inputs, Attributes attributes) {
  const std::string name = layer.name + "/" + part;
  add(name, op, std::move(inputs), name + ".output", std::move(attributes));
  return name + ".output";
}

std::vector<std::string> LayerWriter::split(const Layer& layer, const std::vector<std::string>& names,
                                            const std::string& x, const Dims& sizes) {
  std::vector<std::string> outputs;
  for (const std::string& name : names) outputs.push_back(layer.name + "/" + name + ".output");
  const std::string lengths = integers(layer, "parts", {static_cast<std::int64_t>(sizes.size())}, sizes);
  graph_.nodes.push_back({layer.name + "/split", "Split", "", {x, lengths}, outputs, {{"axis", std::int64_t{-1}}}});
  return outputs;
}

std::string LayerWriter::integers(const Layer& layer, const std::string& part, Dims dims, Dims values) {
  graph_.constants.push_back(
      {layer.name + "/" + part, ElementType::int64, std::move(dims), {}, {}, std::move(values), {}});
  return graph_.constants.back().name;
}

std::string LayerWriter::floats(const Layer& layer, const std::string& part, Dims dims, std::vector<float> values) {
  graph_.constants.push_back(
      {layer.name + "/" + part, ElementType::float32, std::move(dims), std::move(values), {}, {}, {}});
  return graph_.constants.back().name;
}

std::string LayerWriter::parameter(const ParameterRef& ref, Form form, bool apart) {
  if (!constants_.insert(ref.name).second) return ref.name;
  Tensor tensor;
  tensor.name = ref.name;
  tensor.dims = {ref.rows, ref.cols};
  if (form == Form::vector) tensor.dims = {ref.cols};
  if (form == Form::transposed) tensor.dims = {ref.cols, ref.rows};
  if (store_ != nullptr) {
    const ConstBlock values = store_->view(ref);
    const int outputs = form == Form::vector ? values.cols : values.rows;
    const auto place = [&](int i) { return !apart ? i : i < outputs / 2 ? 2 * i : 2 * (i - outputs / 2) + 1; };
    tensor.floats.reserve(static_cast<std::size_t>(tensor.size()));
    const auto append = [&](int r, int c) { tensor.floats.push_back(values.row(r)[c]); };
    if (form == Form::transposed) {
      for (int c = 0; c < values.cols; ++c)
        for (int r = 0; r < values.rows; ++r) append(place(r), c);
    } else {
      for (int r = 0; r < values.rows; ++r)
        for (int c = 0; c < values.cols; ++c) form == Form::vector ? append(r, place(c)) : append(place(r), c);
    }
  }
  graph_.constants.push_back(std::move(tensor));
  return ref.name;
}

}  // namespace tabjoule
