// Rules of quantised operators, of ONNX and of ONNX Runtime: those of the values that their tensors stand for.
#pragma once

#include "kernel/operators.h"

namespace tabjoule {

/// `type` where it is of integers of 8 bits, else undefined; that of the call's first output.
[[nodiscard]] ElementType quantized_type(ElementType type);
[[nodiscard]] ElementType quantized_type(const OperatorCall& call);
[[nodiscard]] bool reads_quantized(const OperatorCall& call);

/// Of a product or convolution of integers, or a concat of them (docs/kernel-types.md): which of the two factors have a
/// sign, unless only the second has ("s8s8"), and what the sums are made, unless integers of 8 bits again.
[[nodiscard]] std::string quantized_variant(const OperatorCall& call);

/// A call without scales and zero points, with its tensors alone; images have their channels in front.
struct PlainCall {
  TensorFact image;  ///< the first input, where its channels were last
  OperatorCall call;

  explicit PlainCall(const OperatorCall& quantized);
  PlainCall(const PlainCall&) = delete;
  PlainCall& operator=(const PlainCall&) = delete;
};

namespace shape_rules {

template <Shape (*rule)(const OperatorCall&)>
Shape quantized(const OperatorCall& call) {
  return channels_as_told(call.node, rule(PlainCall(call).call));
}

}  // namespace shape_rules

namespace kernel_rules {

/// The rule's kernel, in int8.
template <KernelKey (*rule)(const OperatorCall&, const Shape&)>
KernelKey quantized(const OperatorCall& call, const Shape& output) {
  KernelKey key = rule(PlainCall(call).call, channels_in_front(call.node, output));
  key.dtype = DataType::int8;
  if (key.variant.empty()) key.variant = quantized_variant(call);
  return key;
}

}  // namespace kernel_rules
}  // namespace tabjoule
