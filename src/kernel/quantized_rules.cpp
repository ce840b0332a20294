#include "kernel/quantized_rules.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace tabjoule {
namespace {

/// Of the first input that is of integers of 8 bits.
ElementType type_read(const OperatorCall& call) {
  for (const TensorFact* input : call.inputs)
    if (input != nullptr && input->quantized != ElementType::undefined) return input->quantized;
  return ElementType::undefined;
}

/// Which input is the zero point of the result, of those that have one.
std::optional<std::size_t> result_zero(const std::string& op) {
  if (op == "QuantizeLinear") return 2;
  if (op == "QLinearConcat") return 1;
  if (op == "QGemm") return 8;
  if (op == "QLinearConv" || op == "QLinearMatMul" || op == "QLinearAdd" || op == "QLinearMul") return 7;
  if (op.starts_with("QLinear")) return 4;
  return {};
}

/// Where QGemm's sums are made integers again, there is a scale for them.
bool keeps_real_sums(const OperatorCall& call) {
  constexpr std::size_t kOutputScale = 7;
  return call.node.op == "QGemm" && call.optional_input(kOutputScale) == nullptr;
}

}  // namespace

ElementType quantized_type(ElementType type) {
  return type == ElementType::int8 || type == ElementType::uint8 ? type : ElementType::undefined;
}

bool reads_quantized(const OperatorCall& call) { return type_read(call) != ElementType::undefined; }

ElementType quantized_type(const OperatorCall& call) {
  static constexpr std::array<std::string_view, 18> kOtherwise = {"Conv",
                                                                  "ConvTranspose",
                                                                  "Gemm",
                                                                  "MatMul",
                                                                  "DequantizeLinear",
                                                                  "MatMulInteger",
                                                                  "MatMulIntegerToFloat",
                                                                  "DynamicQuantizeMatMul",
                                                                  "ConvInteger",
                                                                  "Shape",
                                                                  "Size",
                                                                  "ArgMax",
                                                                  "ArgMin",
                                                                  "Equal",
                                                                  "Less",
                                                                  "Greater",
                                                                  "LessOrEqual",
                                                                  "GreaterOrEqual"};
  const std::string& op = call.node.op;
  if (op == "DynamicQuantizeLinear") return ElementType::uint8;
  if (keeps_real_sums(call)) return ElementType::undefined;
  if (op == "Cast") return quantized_type(static_cast<ElementType>(call.node.integer("to", 0)));
  if (const auto zero = result_zero(op)) {
    const TensorFact* point = call.optional_input(*zero);
    return point != nullptr ? point->quantized : ElementType::uint8;
  }
  if (std::find(kOtherwise.begin(), kOtherwise.end(), op) != kOtherwise.end()) return ElementType::undefined;
  return type_read(call);
}

std::string quantized_variant(const OperatorCall& call) {
  const std::string& op = call.node.op;
  if (op == "QLinearConcat") return "requantize";
  if (op == "DynamicQuantizeMatMul") return "dynamic";
  const PlainCall factors(call);
  const auto letter = [&](std::size_t input) {
    return factors.call.inputs.at(input)->quantized == ElementType::int8 ? "s8" : "u8";
  };
  std::string variant = std::string(letter(0)) + letter(1);
  if (variant == "u8s8") variant.clear();
  const char* sums = op == "MatMulInteger" || op == "ConvInteger"            ? "int32"
                     : op == "MatMulIntegerToFloat" || keeps_real_sums(call) ? "dequantize"
                                                                             : "";
  if (*sums != '\0' && !variant.empty()) variant += '+';
  return variant + sums;
}

// Behind the first tensor's scale and zero point comes the next; a concat begins with those of its output.
PlainCall::PlainCall(const OperatorCall& quantized) : call{quantized.node, {}} {
  const std::string& op = quantized.node.op;
  const bool concat = op == "QLinearConcat";
  const std::size_t step = op.starts_with("QLinear") || op == "QGemm" ? 3 : 1;
  const std::size_t most = concat ? quantized.inputs.size() : 2;
  for (std::size_t i = concat ? 2 : 0; i < quantized.inputs.size() && call.inputs.size() < most; i += step)
    call.inputs.push_back(quantized.inputs[i]);
  const Shape& told = call.shape(0);
  image = *call.inputs[0];
  image.shape = channels_in_front(call.node, told);
  call.inputs[0] = &image;
}

}  // namespace tabjoule
