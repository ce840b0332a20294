#include "profile/model_builder.h"

#include <cmath>
#include <set>

#include "base/random.h"

namespace tabjoule {

namespace {

std::string domain_of(const std::string& op, const std::map<std::string, Attribute>& attributes) {
  static const std::set<std::string> kOnnxRuntimes = {"Gelu",
                                                      "BiasGelu",
                                                      "FastGelu",
                                                      "QuickGelu",
                                                      "SkipLayerNormalization",
                                                      "QGemm",
                                                      "MatMulIntegerToFloat",
                                                      "DynamicQuantizeMatMul",
                                                      "NhwcMaxPool"};
  const bool onnxs = op == "QLinearMatMul" || (op == "QLinearConv" && !attributes.contains("channels_last"));
  if (kOnnxRuntimes.contains(op) || (op.starts_with("QLinear") && !onnxs)) return "com.microsoft";
  if (op == "Scaler") return "ai.onnx.ml";
  if (op == "ReorderInput" || op == "ReorderOutput") return "com.microsoft.nchwc";
  return "";
}

}  // namespace

ModelBuilder::ModelBuilder() {
  graph_.name = "kernel";
  graph_.opsets[""] = kOpset;
}

BuiltTensor ModelBuilder::input(const Dims& dims, ElementType type) {
  const std::string name = "x" + std::to_string(graph_.inputs.size());
  graph_.inputs.push_back({name, type, dims, std::vector<std::string>(dims.size())});
  return {name, dims, type};
}

std::string ModelBuilder::weight(const std::string& name, const Dims& dims, std::int64_t fan_in) {
  const double limit = 1 / std::sqrt(static_cast<double>(fan_in));
  return constant(name, dims, -limit, limit);
}

std::string ModelBuilder::positive(const std::string& name, const Dims& dims) { return constant(name, dims, 0.5, 1.5); }

std::string ModelBuilder::constant(const std::string& name, const Dims& dims, double low, double high) {
  Tensor tensor;
  tensor.name = name;
  tensor.dims = dims;
  Rng rng(graph_.constants.size());
  tensor.floats.resize(static_cast<std::size_t>(tensor.size()));
  for (float& number : tensor.floats) number = static_cast<float>(rng.uniform(low, high));
  graph_.constants.push_back(std::move(tensor));
  return name;
}

std::string ModelBuilder::integers(const std::string& name, const Dims& dims, std::vector<std::int64_t> values,
                                   ElementType type) {
  Tensor tensor;
  tensor.name = name;
  tensor.type = type;
  tensor.dims = dims;
  tensor.integers = std::move(values);
  graph_.constants.push_back(std::move(tensor));
  return name;
}

std::string ModelBuilder::quantized(const std::string& name, const Dims& dims, ElementType type) {
  Tensor shape;
  shape.dims = dims;
  Rng rng(graph_.constants.size());
  std::vector<std::int64_t> values(static_cast<std::size_t>(shape.size()));
  const double least = type == ElementType::uint8 ? 1 : -127;
  for (std::int64_t& value : values) value = static_cast<std::int64_t>(rng.uniform(least, least + 254));
  return integers(name, dims, std::move(values), type);
}

std::string ModelBuilder::scalar(const std::string& name, float value) {
  Tensor tensor;
  tensor.name = name;
  tensor.floats = {value};
  graph_.constants.push_back(std::move(tensor));
  return name;
}

std::string ModelBuilder::zero_point(const std::string& name, ElementType type) {
  return integers(name, {}, {type == ElementType::uint8 ? 128 : 0}, type);
}

BuiltTensor ModelBuilder::add(const std::string& op, const std::vector<std::string>& inputs, const std::string& output,
                              const Dims& dims, std::map<std::string, Attribute> attributes,
                              const std::vector<std::string>& more_outputs) {
  const std::string domain = domain_of(op, attributes);
  if (!domain.empty()) graph_.opsets[domain] = 1;
  graph_.nodes.push_back({output, op, domain, inputs, {output}, std::move(attributes)});
  std::vector<std::string>& outputs = graph_.nodes.back().outputs;
  outputs.insert(outputs.end(), more_outputs.begin(), more_outputs.end());
  return {output, dims};
}

void ModelBuilder::output(const BuiltTensor& tensor) {
  graph_.outputs.push_back({tensor.name, tensor.type, tensor.dims, std::vector<std::string>(tensor.dims.size())});
}

}  // namespace tabjoule
