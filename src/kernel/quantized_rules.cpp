// Operators of quantised models: ONNX's own, and ONNX Runtime's in com.microsoft. Scales and zero points stand between
// their tensors.
#include <algorithm>

#include "base/error.h"
#include "kernel/kernel_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

/// Whether each tensor is followed by its scale and zero point.
bool has_scales(const Node& node) { return node.op.starts_with("QLinear") || node.op == "QGemm"; }

/// The call with its tensors alone, images with their channels in front.
struct Plain {
  TensorFact image;  ///< the first input, where its channels were last
  OperatorCall call;
  bool channels_last;

  explicit Plain(const OperatorCall& quantized)
      : call{quantized.node, {}}, channels_last(quantized.node.integer("channels_last", 0) != 0) {
    const std::size_t first = quantized.node.op == "QLinearConcat" ? 2 : 0;  // behind the output's
    const std::size_t step = has_scales(quantized.node) ? 3 : 1;
    const std::size_t most = quantized.node.op == "QLinearConcat" ? quantized.inputs.size() : 2;
    for (std::size_t i = first; i < quantized.inputs.size() && call.inputs.size() < most; i += step)
      call.inputs.push_back(quantized.inputs[i]);
    if (!channels_last || call.shape(0).size() < 3) return;
    image = *call.inputs[0];
    std::rotate(image.shape.begin() + 1, image.shape.end() - 1, image.shape.end());
    call.inputs[0] = &image;
  }
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain&) = delete;

  /// The output's shape as the operator has it, from that with its channels in front.
  [[nodiscard]] Shape as_told(Shape shape) const {
    if (channels_last && shape.size() > 2) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
    return shape;
  }
  [[nodiscard]] Shape channels_first(Shape shape) const {
    if (channels_last && shape.size() > 2) std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
    return shape;
  }
};

template <Shape (*rule)(const OperatorCall&)>
Shape shape_by(const OperatorCall& call) {
  const Plain plain(call);
  return plain.as_told(rule(plain.call));
}

template <KernelKey (*rule)(const OperatorCall&, const Shape&)>
KernelKey kernel_by(const OperatorCall& call, const Shape& output) {
  const Plain plain(call);
  KernelKey key = rule(plain.call, plain.channels_first(output));
  key.dtype = DataType::int8;
  return key;
}

}  // namespace

namespace shape_rules {

Shape quantized_matmul(const OperatorCall& call) { return shape_by<matmul>(call); }
Shape quantized_gemm(const OperatorCall& call) { return shape_by<gemm>(call); }
Shape quantized_conv(const OperatorCall& call) { return shape_by<conv>(call); }
Shape quantized_broadcast(const OperatorCall& call) { return shape_by<broadcast>(call); }
Shape quantized_concat(const OperatorCall& call) { return shape_by<concat>(call); }
Shape quantized_pool(const OperatorCall& call) { return shape_by<pool>(call); }
Shape quantized_global_pool(const OperatorCall& call) { return shape_by<global_pool>(call); }
std::vector<Shape> scale_and_zero_point(const OperatorCall&) { return {{}, {}}; }

}  // namespace shape_rules

namespace kernel_rules {

KernelKey quantized_matmul(const OperatorCall& call, const Shape& output) { return kernel_by<matmul>(call, output); }
KernelKey quantized_conv(const OperatorCall& call, const Shape& output) { return kernel_by<conv>(call, output); }
KernelKey quantized_pool(const OperatorCall& call, const Shape& output) { return kernel_by<pool>(call, output); }
KernelKey quantized_global_pool(const OperatorCall& call, const Shape& output) {
  return kernel_by<global_pool>(call, output);
}
KernelKey quantized_elementwise(const OperatorCall& call, const Shape& output) {
  return kernel_by<elementwise>(call, output);
}
KernelKey quantized_concat(const OperatorCall& call, const Shape& output) { return kernel_by<concat>(call, output); }

}  // namespace kernel_rules
}  // namespace tabjoule
