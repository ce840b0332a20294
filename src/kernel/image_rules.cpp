// Convolutions and pools: their shapes and kernels.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "kernel/kernel_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

using Integers = std::vector<std::int64_t>;

Integers integers_of(const Node& node, const std::string& name, std::size_t count, std::int64_t otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return Integers(count, otherwise);
  const auto* values = std::get_if<Integers>(&found->second);
  if (values == nullptr || values->size() != count) {
    fail_input("node {}: \"{}\" must hold {} integers", shown(node), name, count);
  }
  return *values;
}

struct Window {
  Integers kernel, strides, pads, dilations;
};

Window window_of(const Node& node, Integers kernel) {
  const std::size_t rank = kernel.size();
  Window window{std::move(kernel), integers_of(node, "strides", rank, 1), integers_of(node, "pads", 2 * rank, 0),
                integers_of(node, "dilations", rank, 1)};
  constexpr std::int64_t kLargest = 1 << 24;
  for (const Integers* list : {&window.kernel, &window.strides, &window.dilations}) {
    for (const std::int64_t value : *list) {
      if (value < 1 || value > kLargest) fail_input("node {}: a kernel, stride or dilation of {}", shown(node), value);
    }
  }
  for (const std::int64_t pad : window.pads) {
    if (pad < 0 || pad > kLargest) fail_input("node {}: a pad of {}", shown(node), pad);
  }
  return window;
}

/// The sizes behind channels that a window leaves of `in`.
Shape slid(const Node& node, const Shape& in, const Window& window) {
  const std::string padding = node.text("auto_pad", "NOTSET");
  const bool ceil = node.integer("ceil_mode", 0) != 0;
  Shape result;
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t size = elements_of({in[i + 2]}), stride = window.strides[i];
    const std::int64_t extent = window.dilations[i] * (window.kernel[i] - 1) + 1;
    if (padding == "SAME_UPPER" || padding == "SAME_LOWER") {
      result.push_back((size + stride - 1) / stride);
      continue;
    }
    const std::int64_t front = window.pads[i], pads = front + window.pads[i + window.kernel.size()];
    const std::int64_t room = size + (padding == "VALID" ? 0 : pads) - extent;
    if (room < 0) fail_input("node {}: its window of {} is larger than its input of {}", shown(node), extent, size);
    std::int64_t count = room / stride + 1;
    // The last window may begin inside the input or its front padding only.
    if (ceil && room % stride != 0 && count * stride < size + front) ++count;
    result.push_back(count);
  }
  return result;
}

const Shape& image(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  if (in.size() < 3) fail_input("node {}: takes batch, channels and sizes, not rank {}", shown(call.node), in.size());
  return in;
}

Integers conv_kernel(const OperatorCall& call) {
  const Shape& weight = call.shape(1);
  if (weight.size() != image(call).size()) fail_input("node {}: weights and input differ in rank", shown(call.node));
  return {weight.begin() + 2, weight.end()};
}

Integers pool_kernel(const OperatorCall& call) {
  return integers_of(call.node, "kernel_shape", image(call).size() - 2, 0);
}

std::int64_t side(const Integers& sizes) {
  return std::llround(std::sqrt(static_cast<double>(sizes[0]) * static_cast<double>(sizes[1])));
}

bool is_image(const Shape& shape) { return shape.size() == 4 && elements_of(shape) > 0; }

}  // namespace

namespace shape_rules {

Shape conv(const OperatorCall& call) {
  Shape result = image(call);
  const Shape sizes = slid(call.node, call.shape(0), window_of(call.node, conv_kernel(call)));
  result[1] = call.shape(1)[0];
  std::copy(sizes.begin(), sizes.end(), result.begin() + 2);
  return result;
}

Shape pool(const OperatorCall& call) {
  Shape result = image(call);
  const Shape sizes = slid(call.node, call.shape(0), window_of(call.node, pool_kernel(call)));
  std::copy(sizes.begin(), sizes.end(), result.begin() + 2);
  return result;
}

Shape global_pool(const OperatorCall& call) {
  Shape result = image(call);
  std::fill(result.begin() + 2, result.end(), 1);
  return result;
}

}  // namespace shape_rules

namespace kernel_rules {

KernelKey conv(const OperatorCall& call, const Shape& output) {
  const Shape& in = call.shape(0);
  if (!is_image(in) || !is_image(output)) return unknown(call, output);
  const Window window = window_of(call.node, conv_kernel(call));
  const std::int64_t groups = call.node.integer("group", 1);
  // In blocks of channels the weights alone tell to how many they are padded.
  const std::int64_t channels = call.node.domain == "com.microsoft.nchwc" ? call.shape(1)[1] * groups : in[1];
  if (groups < 1 || groups > channels)
    fail_input("node {}: {} groups of {} channels", shown(call.node), groups, channels);
  std::string variant = lower(call.node.text("activation", ""));
  if (call.optional_input(3) != nullptr) variant = with_residual(variant);
  const bool depthwise = groups > 1 && groups == channels;
  return {depthwise ? KernelType::dwconv : KernelType::conv,
          {in[0], channels, output[1], in[2], in[3], side(window.kernel), side(window.strides), groups},
          variant};
}

KernelKey pool(const OperatorCall& call, const Shape& output) {
  const Shape& in = call.shape(0);
  if (!is_image(in) || !is_image(output)) return unknown(call, output);
  const Window window = window_of(call.node, pool_kernel(call));
  return {KernelType::pool, {in[0], in[1], in[2], in[3], side(window.kernel), side(window.strides)}, call.node.op};
}

KernelKey global_pool(const OperatorCall& call, const Shape& output) {
  const Shape& in = call.shape(0);
  if (!is_image(in)) return unknown(call, output);
  const std::int64_t whole = side({in[2], in[3]});
  return {KernelType::global_pool, {in[0], in[1], in[2], in[3], whole, std::max(in[2], in[3])}, call.node.op};
}

}  // namespace kernel_rules
}  // namespace tabjoule
