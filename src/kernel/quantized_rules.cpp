#include "kernel/quantized_rules.h"

namespace tabjoule {

// Behind the first tensor's scale and zero point comes the next; a concat begins with those of its output.
PlainCall::PlainCall(const OperatorCall& quantized) : call{quantized.node, {}} {
  const std::string& op = quantized.node.op;
  const bool concat = op == "QLinearConcat";
  const std::size_t step = op.starts_with("QLinear") || op == "QGemm" ? 3 : 1;
  const std::size_t most = concat ? quantized.inputs.size() : 2;
  for (std::size_t i = concat ? 2 : 0; i < quantized.inputs.size() && call.inputs.size() < most; i += step)
    call.inputs.push_back(quantized.inputs[i]);
  image = {channels_in_front(call.node, call.shape(0)), {}, call.inputs[0]->constant, call.inputs[0]->open};
  call.inputs[0] = &image;
}

}  // namespace tabjoule
