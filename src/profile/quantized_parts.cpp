#include "profile/quantized_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "base/error.h"
#include "profile/part_sizes.h"

namespace tabjoule {
namespace {

using Inputs = std::span<const BuiltTensor>;
using Names = std::vector<std::string>;

BuiltTensor of_type(BuiltTensor tensor, ElementType type) {
  tensor.type = type;
  return tensor;
}

/// What a product's or convolution's variant says: "s8s8+int32".
struct Factors {
  ElementType first = ElementType::uint8;
  ElementType second = ElementType::int8;
  std::string sums;
};

Factors factors_of(const KernelKey& key) {
  const std::string& variant = key.variant;
  const auto type = [&](std::size_t at) { return variant[at] == 's' ? ElementType::int8 : ElementType::uint8; };
  const bool signs = variant.size() >= 4 && variant[1] == '8' && variant[3] == '8';
  if (!signs) return {ElementType::uint8, ElementType::int8, variant};
  return {type(0), type(2), variant.substr(std::min<std::size_t>(variant.size(), 5))};
}

/// A tensor as quantised operators take it: with the name of its scale and of its zero point behind it.
Names scaled(ModelBuilder& model, const std::string& name, const std::string& prefix,
             ElementType type = ElementType::uint8) {
  constexpr float kScale = 0.02F;
  return {name, model.scalar(prefix + ".scale", kScale), model.zero_point(prefix + ".zero", type)};
}

/// The scale and zero point of the result.
Names result_scale(ModelBuilder& model, const std::string& output, ElementType type = ElementType::uint8) {
  const Names all = scaled(model, output, output, type);
  return {all[1], all[2]};
}

Names joined(std::initializer_list<Names> lists) {
  Names all;
  for (const Names& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// The inputs and the result, as most quantised operators take them.
Names scaled_to_scaled(ModelBuilder& model, Inputs inputs, const std::string& output) {
  Names names;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    names = joined({names, scaled(model, inputs[i].name, fmt::format("{}.x{}", output, i))});
  return joined({names, result_scale(model, output)});
}

std::string whole_bias(ModelBuilder& model, const std::string& output, std::int64_t width) {
  return model.integers(output + ".bias", {width}, std::vector<std::int64_t>(static_cast<std::size_t>(width), 100),
                        ElementType::int32);
}

BuiltTensor add_quantized_product(ModelBuilder& model, const Factors& factors, const std::string& x,
                                  const std::string& weight, const Dims& dims, const std::string& output) {
  const Names a = scaled(model, x, output + ".x", factors.first);
  const Names b = scaled(model, weight, output + ".weight", factors.second);
  if (factors.sums == "int32")
    return of_type(model.add("MatMulInteger", {a[0], b[0], a[2], b[2]}, output, dims), ElementType::int32);
  if (factors.sums == "dequantize")
    return model.add("MatMulIntegerToFloat", {a[0], b[0], a[1], b[1], a[2], b[2]}, output, dims);
  return of_type(model.add("QLinearMatMul", joined({a, b, result_scale(model, output, factors.first)}), output, dims),
                 factors.first);
}

BuiltTensor add_quantized_linear(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const std::int64_t n = part_size(key, "n"), k = part_size(key, "k");
  const Dims dims{part_size(key, "m"), n};
  const Factors factors = factors_of(key);
  const std::string weight = model.quantized(output + ".weight", {k, n}, factors.second);
  if (!factors.sums.empty() && factors.sums != "dynamic")
    return add_quantized_product(model, factors, inputs[0].name, weight, dims, output);
  const Names b = scaled(model, weight, output + ".weight", factors.second);
  if (factors.sums == "dynamic")
    return model.add("DynamicQuantizeMatMul", joined({{inputs[0].name}, b, {model.weight(output + ".bias", {n}, k)}}),
                     output, dims);
  const Names a = scaled(model, inputs[0].name, output + ".x", factors.first);
  return of_type(
      model.add("QGemm", joined({a, b, {whole_bias(model, output, n)}, result_scale(model, output, factors.first)}),
                output, dims),
      factors.first);
}

BuiltTensor add_quantized_batch_matmul(ModelBuilder& model, const KernelKey& key, Inputs inputs,
                                       const std::string& output) {
  return add_quantized_product(model, factors_of(key), inputs[0].name, inputs[1].name,
                               {part_size(key, "batch"), part_size(key, "m"), part_size(key, "n")}, output);
}

/// ONNX Runtime has the channels last wherever it makes the sums integers of 8 bits again.
BuiltTensor add_quantized_conv(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  Window over = part_window(key);
  const std::int64_t cin = part_size(key, "cin") / part_size(key, "groups"), cout = part_size(key, "cout");
  const std::int64_t kernel = part_size(key, "kernel_size"), batch = part_size(key, "batch");
  over.attributes["group"] = part_size(key, "groups");
  const Factors factors = factors_of(key);
  const std::string weight = model.quantized(output + ".weight", {cout, cin, kernel, kernel}, factors.second);
  const Names a = scaled(model, inputs[0].name, output + ".x", factors.first);
  const Names b = scaled(model, weight, output + ".weight", factors.second);
  if (factors.sums == "int32")
    return of_type(model.add("ConvInteger", {a[0], b[0], a[2], b[2]}, output, {batch, cout, over.height, over.width},
                             over.attributes),
                   ElementType::int32);
  over.attributes["channels_last"] = std::int64_t{1};
  return of_type(
      model.add("QLinearConv",
                joined({a, b, result_scale(model, output, factors.first), {whole_bias(model, output, cout)}}), output,
                {batch, over.height, over.width, cout}, over.attributes),
      factors.first);
}

BuiltTensor add_quantized_pool(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  Window over = part_window(key);
  Names names{inputs[0].name};
  if (key.variant != "NhwcMaxPool") {
    names = scaled_to_scaled(model, inputs, output);
    over.attributes["channels_last"] = std::int64_t{1};
  }
  const Dims dims{part_size(key, "batch"), over.height, over.width, part_size(key, "cin")};
  return of_type(model.add(key.variant, names, output, dims, over.attributes), ElementType::uint8);
}

BuiltTensor add_quantized_global_pool(ModelBuilder& model, const KernelKey& key, Inputs inputs,
                                      const std::string& output) {
  return of_type(
      model.add(key.variant, scaled_to_scaled(model, inputs, output), output,
                {part_size(key, "batch"), 1, 1, part_size(key, "cin")}, {{"channels_last", std::int64_t{1}}}),
      ElementType::uint8);
}

BuiltTensor add_quantized_softmax(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  return of_type(model.add(key.variant, scaled_to_scaled(model, inputs, output), output, inputs[0].dims,
                           {{"axis", std::int64_t{-1}}, {"opset", std::int64_t{ModelBuilder::kOpset}}}),
                 ElementType::uint8);
}

BuiltTensor add_quantized_elementwise(ModelBuilder& model, const KernelKey& key, Inputs inputs,
                                      const std::string& output) {
  return of_type(model.add(key.variant, scaled_to_scaled(model, inputs, output), output, inputs[0].dims),
                 ElementType::uint8);
}

BuiltTensor add_requantized_concat(ModelBuilder& model, const KernelKey& key, Inputs inputs,
                                   const std::string& output) {
  Names names = scaled_to_scaled(model, inputs, output);
  std::rotate(names.begin(), names.end() - 2, names.end());  // the result's scale is first
  return of_type(model.add("QLinearConcat", names, output, in_runs(key), {{"axis", std::int64_t{1}}}),
                 ElementType::uint8);
}

BuiltTensor add_quantizer(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const Dims& dims = inputs[0].dims;
  if (key.variant == "DynamicQuantizeLinear")
    return of_type(model.add(key.variant, {inputs[0].name}, output, dims, {}, {output + ".scale", output + ".zero"}),
                   ElementType::uint8);
  const BuiltTensor result = model.add(key.variant, scaled(model, inputs[0].name, output + ".x"), output, dims);
  return of_type(result, key.variant == "QuantizeLinear" ? ElementType::uint8 : ElementType::float32);
}

constexpr QuantizedPart kQuantizedParts[] = {
    {KernelType::linear, "", false, false, add_quantized_linear},
    {KernelType::linear, "int32", false, false, add_quantized_linear},
    {KernelType::linear, "dequantize", false, false, add_quantized_linear},
    {KernelType::linear, "dynamic", true, false, add_quantized_linear},
    {KernelType::batch_matmul, "", false, false, add_quantized_batch_matmul},
    {KernelType::batch_matmul, "int32", false, false, add_quantized_batch_matmul},
    {KernelType::batch_matmul, "dequantize", false, false, add_quantized_batch_matmul},
    {KernelType::conv, "", false, true, add_quantized_conv},
    {KernelType::conv, "int32", false, false, add_quantized_conv},
    {KernelType::dwconv, "", false, true, add_quantized_conv},
    {KernelType::dwconv, "int32", false, false, add_quantized_conv},
    {KernelType::pool, "NhwcMaxPool", false, true, add_quantized_pool},
    {KernelType::pool, "QLinearAveragePool", false, true, add_quantized_pool},
    {KernelType::global_pool, "QLinearGlobalAveragePool", false, true, add_quantized_global_pool},
    {KernelType::softmax, "QLinearSoftmax", false, false, add_quantized_softmax},
    {KernelType::elementwise, "QLinearAdd", false, false, add_quantized_elementwise},
    {KernelType::elementwise, "QLinearMul", false, false, add_quantized_elementwise},
    {KernelType::elementwise, "QLinearSigmoid", false, false, add_quantized_elementwise},
    {KernelType::elementwise, "QLinearLeakyRelu", false, false, add_quantized_elementwise},
    {KernelType::concat, "requantize", false, false, add_requantized_concat},
    {KernelType::reformat, "QuantizeLinear", true, false, add_quantizer},
    {KernelType::reformat, "DynamicQuantizeLinear", true, false, add_quantizer},
    {KernelType::reformat, "DequantizeLinear", false, false, add_quantizer},
};

bool only_moves(const KernelKey& key) {
  constexpr KernelType kMoving[] = {KernelType::gather, KernelType::concat, KernelType::reformat,
                                    KernelType::transpose};
  return key.variant == "MaxPool" || std::find(std::begin(kMoving), std::end(kMoving), key.type) != std::end(kMoving);
}

}  // namespace

const QuantizedPart* quantized_part(const KernelKey& key) {
  if (key.dtype != DataType::int8) return nullptr;
  const std::string sums = factors_of(key).sums;
  const auto* found =
      std::find_if(std::begin(kQuantizedParts), std::end(kQuantizedParts),
                   [&](const QuantizedPart& part) { return part.type == key.type && part.variant == sums; });
  if (found != std::end(kQuantizedParts)) return found;
  if (!only_moves(key)) fail_input("{}: this quantised kernel cannot be built alone", key.text());
  return nullptr;
}

ElementType quantized_input_type(const KernelKey& key, std::size_t index) {
  const Factors factors = factors_of(key);
  return key.type == KernelType::batch_matmul && index == 1 ? factors.second : factors.first;
}

}  // namespace tabjoule
