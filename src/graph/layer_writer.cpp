#include "graph/layer_writer.h"

#include <cmath>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr float kEpsilon = 1e-5F;  // of both norms, as nn/layers has it

}  // namespace

void LayerWriter::write(const Layer& layer, const std::vector<std::string>& inputs, const std::string& output,
                        bool read_by_reglu) {
  switch (layer.type) {
    case LayerType::input:
    case LayerType::dropout:
      return;
    case LayerType::linear:
      return read_by_reglu ? write_pair(layer, inputs[0], output) : write_linear(layer, inputs[0], output);
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

// y = x W^T + b
void LayerWriter::write_linear(const Layer& layer, const std::string& x, const std::string& output) {
  add(layer.name, "Gemm",
      {x, parameter(layer.parameters[0], Form::matrix), parameter(layer.parameters[1], Form::vector)}, output,
      {{"transB", std::int64_t{1}}});
}

// Two products instead of one and a Split: runtimes fuse the gate's Relu with its product, and those that would rather
// multiply once have siblings to merge.
void LayerWriter::write_pair(const Layer& layer, const std::string& x, const std::string& output) {
  for (const Half half : {Half::value, Half::gate}) {
    const std::string suffix = suffix_of(half);
    add(layer.name + suffix, "Gemm",
        {x, parameter(layer.parameters[0], Form::matrix, half), parameter(layer.parameters[1], Form::vector, half)},
        output + suffix, {{"transB", std::int64_t{1}}});
  }
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

// y = a max(b, 0)
void LayerWriter::write_reglu(const Layer& layer, const std::string& x, const std::string& output) {
  const std::string gate = part(layer, "relu", "Relu", {x + suffix_of(Half::gate)});
  add(layer.name, "Mul", {x + suffix_of(Half::value), gate}, output);
}

void LayerWriter::write_first(const Layer& layer, const std::string& x, const std::string& output) {
  const std::string shape = integers(layer, "shape", {3}, {-1, input_of(layer, 0).tokens, layer.width});
  add(layer.name, "Gather", {part(layer, "tokens", "Reshape", {x, shape}), integers(layer, "index", {}, {0})}, output,
      {{"axis", std::int64_t{1}}});
}

// (B T, D) -> (B, H, T, D / H) for queries and values, (B, H, D / H, T) for keys
void LayerWriter::write_attention(const Layer& layer, const std::vector<std::string>& inputs,
                                  const std::string& output) {
  const std::int64_t head_width = layer.width / layer.heads;
  const auto heads = [&](const std::string& name, std::size_t input, Dims perm) {
    const std::string shape =
        integers(layer, name + "_shape", {4}, {-1, input_of(layer, input).tokens, layer.heads, head_width});
    const std::string split = part(layer, name + "_heads", "Reshape", {inputs[input], shape});
    return part(layer, name, "Transpose", {split}, {{"perm", std::move(perm)}});
  };
  const std::string q = heads("query", 0, {0, 2, 1, 3});
  const std::string k = heads("key", 1, {0, 2, 3, 1});
  const std::string v = heads("value", 2, {0, 2, 1, 3});
  const std::string scale = floats(layer, "scale", {}, {1 / std::sqrt(static_cast<float>(head_width))});
  const std::string scores = part(layer, "scaled", "Mul", {part(layer, "scores", "MatMul", {q, k}), scale});
  const std::string map = part(layer, "map", "Softmax", {scores}, {{"axis", std::int64_t{-1}}});
  const std::string mixed = part(layer, "mixed", "MatMul", {map, v});
  const std::string rows = part(layer, "rows", "Transpose", {mixed}, {{"perm", Dims{0, 2, 1, 3}}});
  add(layer.name, "Reshape", {rows, integers(layer, "shape", {2}, {-1, layer.width})}, output);
}

const Layer& LayerWriter::input_of(const Layer& layer, std::size_t input) const {
  return network_.layers[static_cast<std::size_t>(layer.inputs[input])];
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

std::string LayerWriter::parameter(const ParameterRef& ref, Form form, Half half) {
  std::string name = ref.name + suffix_of(half);
  if (!constants_.insert(name).second) return name;
  const bool vector = form == Form::vector;
  const int outputs = (vector ? ref.cols : ref.rows) / (half == Half::both ? 1 : 2);
  Tensor tensor;
  tensor.name = name;
  tensor.dims = vector ? Dims{outputs} : Dims{outputs, ref.cols};
  if (store_ != nullptr) {
    const ConstBlock values = store_->view(ref);
    const auto place = [half](int i) { return half == Half::both ? i : half == Half::value ? 2 * i : 2 * i + 1; };
    tensor.floats.reserve(static_cast<std::size_t>(tensor.size()));
    for (int i = 0; i < outputs; ++i) {
      if (vector)
        tensor.floats.push_back(values.row(0)[place(i)]);
      else
        tensor.floats.insert(tensor.floats.end(), values.row(place(i)), values.row(place(i)) + ref.cols);
    }
  }
  graph_.constants.push_back(std::move(tensor));
  return name;
}

}  // namespace tabjoule
