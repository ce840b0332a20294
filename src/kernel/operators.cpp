#include "kernel/operators.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "graph/one_line.h"
#include "kernel/kernel_rules.h"
#include "kernel/quantized_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

/// Elements of the dimensions from `axis` on.
std::int64_t elements_from(const Shape& shape, std::size_t axis) {
  return elements_of(Shape(shape.begin() + static_cast<std::ptrdiff_t>(axis), shape.end()));
}

/// Whether `input`, aligned at its end with `output`, is repeated along each dimension of the output.
std::vector<bool> repeated_along(const Shape& input, const Shape& output) {
  std::vector<bool> repeated(output.size(), true);
  for (std::size_t i = 0; i < std::min(input.size(), output.size()); ++i)
    repeated[output.size() - 1 - i] = input[input.size() - 1 - i] == 1;
  return repeated;
}

/// How many elements follow one another until a smaller operand begins anew or takes its next value.
std::int64_t broadcast_run(const OperatorCall& call, const Shape& output) {
  std::vector<std::vector<bool>> operands;
  for (const TensorFact* input : call.inputs)
    if (input != nullptr) operands.push_back(repeated_along(input->shape, output));
  const auto alike = [&](std::size_t a, std::size_t b) {
    return std::all_of(operands.begin(), operands.end(),
                       [&](const auto& repeated) { return repeated[a] == repeated[b]; });
  };
  std::optional<std::size_t> last;  // that has more than one element
  for (std::size_t i = output.size(); i-- > 0;) {
    if (output[i] == 1) continue;
    if (last && !alike(i, *last)) return elements_from(output, i + 1);
    if (!last) last = i;
  }
  return elements_of(output);
}

/// One input however many settings (Clip's bounds) come as further inputs.
KernelKey unary(const OperatorCall& call, const Shape& output) {
  return {KernelType::elementwise, {elements_of(output), 1, elements_of(output)}, call.node.op};
}

KernelKey softmax(const OperatorCall& call, const Shape& output) {
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", -1), output.size());
  const std::int64_t cols = std::max<std::int64_t>(output[axis], 1);
  return {KernelType::softmax, {elements_of(output) / cols, cols}, call.node.op == "Softmax" ? "" : call.node.op};
}

KernelKey reformat(const OperatorCall& call, const Shape& output) {
  return {KernelType::reformat, {elements_of(output), elements_of(output)}, call.node.op};
}

/// What of the input is copied together: what is inside the innermost dimension that is repeated.
KernelKey expand(const OperatorCall& call, const Shape& output) {
  const std::vector<bool> repeated = repeated_along(call.shape(0), output);
  for (std::size_t i = output.size(); i-- > 0;)
    if (repeated[i] && output[i] != 1)
      return {KernelType::reformat, {elements_of(output), elements_from(output, i + 1)}, call.node.op};
  return reformat(call, output);
}

/// What the innermost dimension that is cut or grown comes to is copied together with all that is inside it.
KernelKey resized(const OperatorCall& call, const Shape& output) {
  const Shape& input = call.shape(0);
  for (std::size_t i = output.size(); i-- > 0;)
    if (i < input.size() && output[i] != input[i])
      return {KernelType::reformat, {elements_of(output), elements_from(output, i)}, call.node.op};
  return reformat(call, output);
}

/// Dimensions of 1 count for nothing; where what is left keeps its order, all is moved together.
KernelKey transpose(const OperatorCall& call, const Shape& output) {
  const Shape& input = call.shape(0);
  const auto perm = call.axes("perm", 1);
  std::vector<std::size_t> order;  // of the input's dimensions above 1, as the output has them
  for (std::size_t i = 0; i < input.size(); ++i) {
    const std::size_t from =
        perm && i < perm->size() ? axis_of(call.node, perm->at(i), input.size()) : input.size() - 1 - i;
    if (input[from] != 1) order.push_back(from);
  }
  std::size_t next = input.size();
  std::int64_t run = 1;
  while (!order.empty()) {
    do --next;
    while (input[next] == 1);
    if (order.back() != next) break;
    run *= input[next];
    order.pop_back();
  }
  return {KernelType::transpose, {elements_of(output), run}, ""};
}

/// What is behind the dimensions that are reduced is passed over in between.
KernelKey reduce(const OperatorCall& call, const Shape& output) {
  const Shape& input = call.shape(0);
  std::vector<std::int64_t> axes{-1};
  if (call.node.op.starts_with("Arg"))
    axes = {call.node.integer("axis", 0)};
  else if (const auto given = call.axes("axes", 1); given && !given->empty())
    axes = *given;
  std::size_t inside = 0;  // the first dimension behind all that are reduced
  for (const std::int64_t axis : axes)
    if (!input.empty()) inside = std::max(inside, axis_of(call.node, axis, input.size()) + 1);
  return {KernelType::reduce,
          {elements_of(input), elements_of(output), std::max<std::int64_t>(elements_from(input, inside), 1)},
          call.node.op};
}

KernelKey gather(const OperatorCall& call, const Shape& output) {
  const Shape& table = call.shape(0);
  const std::int64_t rows = std::max<std::int64_t>(elements_of(call.shape(1)), 1);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), table.size());
  return {KernelType::gather, {rows, elements_of(output) / rows, table[axis]}, ""};
}

/// Single elements, or the slices that indices name.
KernelKey gather_elements(const OperatorCall& call, const Shape& output) {
  const std::int64_t size = std::max<std::int64_t>(elements_of(output), 1);
  return {KernelType::gather, {size, 1, std::max<std::int64_t>(elements_of(call.shape(0)), 1)}, ""};
}

KernelKey gather_nd(const OperatorCall& call, const Shape& output) {
  const Shape& indices = call.shape(1);
  const std::int64_t rows =
      std::max<std::int64_t>(elements_of(Shape(indices.begin(), indices.end() - 1)), 1);  // rules::gather_nd looked
  const std::int64_t cols = std::max<std::int64_t>(elements_of(output) / rows, 1);
  return {KernelType::gather, {rows, cols, std::max<std::int64_t>(elements_of(call.shape(0)) / cols, 1)}, ""};
}

}  // namespace

namespace kernel_rules {

KernelKey elementwise(const OperatorCall& call, const Shape& output) {
  const auto present = std::count_if(call.inputs.begin(), call.inputs.end(), [](auto* input) { return input; });
  return {KernelType::elementwise, {elements_of(output), present, broadcast_run(call, output)}, call.node.op};
}

KernelKey concat(const OperatorCall& call, const Shape& output) {
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), output.size());
  return {KernelType::concat,
          {elements_of(output), static_cast<std::int64_t>(call.inputs.size()), elements_from(output, axis)},
          ""};
}

}  // namespace kernel_rules

namespace {

namespace rules = shape_rules;
namespace kernels = kernel_rules;

constexpr OperatorRule kRules[] = {
    {"Gemm", rules::gemm, kernels::matmul},
    {"FusedGemm", rules::gemm, kernels::matmul},
    {"MatMul", rules::matmul, kernels::matmul},
    {"FusedMatMul", rules::matmul, kernels::matmul},
    {"Add", rules::broadcast, kernels::elementwise},
    {"Sub", rules::broadcast, kernels::elementwise},
    {"Mul", rules::broadcast, kernels::elementwise},
    {"Div", rules::broadcast, kernels::elementwise},
    {"Mod", rules::broadcast, kernels::elementwise},
    {"Pow", rules::broadcast, kernels::elementwise},
    {"Min", rules::broadcast, kernels::elementwise},
    {"Max", rules::broadcast, kernels::elementwise},
    {"Sum", rules::broadcast, kernels::elementwise},
    {"And", rules::broadcast, kernels::elementwise},
    {"Or", rules::broadcast, kernels::elementwise},
    {"Equal", rules::broadcast, kernels::elementwise},
    {"Less", rules::broadcast, kernels::elementwise},
    {"LessOrEqual", rules::broadcast, kernels::elementwise},
    {"Greater", rules::broadcast, kernels::elementwise},
    {"GreaterOrEqual", rules::broadcast, kernels::elementwise},
    {"Xor", rules::broadcast, kernels::elementwise},
    {"Mean", rules::broadcast, kernels::elementwise},
    {"Where", rules::broadcast, kernels::elementwise},
    {"PRelu", rules::broadcast, kernels::elementwise},
    {"BiasGelu", rules::broadcast, unary},
    {"Relu", rules::same, unary},
    {"Sigmoid", rules::same, unary},
    {"Tanh", rules::same, unary},
    {"LeakyRelu", rules::same, unary},
    {"Elu", rules::same, unary},
    {"Selu", rules::same, unary},
    {"Softplus", rules::same, unary},
    {"Softsign", rules::same, unary},
    {"HardSigmoid", rules::same, unary},
    {"HardSwish", rules::same, unary},
    {"Gelu", rules::same, unary},
    {"FastGelu", rules::broadcast, kernels::elementwise},
    {"QuickGelu", rules::same, unary},
    {"Mish", rules::same, unary},
    {"Swish", rules::same, unary},
    {"Celu", rules::same, unary},
    {"ThresholdedRelu", rules::same, unary},
    {"Shrink", rules::same, unary},
    {"Sin", rules::same, unary},
    {"Cos", rules::same, unary},
    {"Tan", rules::same, unary},
    {"Asin", rules::same, unary},
    {"Acos", rules::same, unary},
    {"Atan", rules::same, unary},
    {"Sinh", rules::same, unary},
    {"Cosh", rules::same, unary},
    {"Clip", rules::same, unary},
    {"Neg", rules::same, unary},
    {"Abs", rules::same, unary},
    {"Sign", rules::same, unary},
    {"Exp", rules::same, unary},
    {"Log", rules::same, unary},
    {"Sqrt", rules::same, unary},
    {"Reciprocal", rules::same, unary},
    {"Erf", rules::same, unary},
    {"Floor", rules::same, unary},
    {"Ceil", rules::same, unary},
    {"Round", rules::same, unary},
    {"Not", rules::same, unary},
    {"IsNaN", rules::same, unary},
    {"IsInf", rules::same, unary},
    {"Softmax", rules::same, softmax},
    {"LogSoftmax", rules::same, softmax},
    {"Hardmax", rules::same, softmax},
    {"Concat", rules::concat, kernels::concat},
    {"Gather", rules::gather, gather},
    {"GatherElements", rules::as_indices, gather_elements},
    {"GatherND", rules::gather_nd, gather_nd},
    {"Slice", rules::slice, resized},
    {"LabelEncoder", rules::same, kernels::label_encoder},
    {"Scaler", rules::same, unary},
    {"Normalizer", rules::same, unary},
    {"Imputer", rules::same, unary},
    {"Binarizer", rules::same, unary},
    {"ArrayFeatureExtractor", rules::extracted, kernels::extracted},
    {"OneHotEncoder", rules::one_hot_encoded, reformat},
    {"LinearRegressor", rules::targets, kernels::linear_model},
    {"LinearClassifier", rules::labels, kernels::linear_model, rules::scores},
    {"TreeEnsembleRegressor", rules::targets, kernels::unknown},
    {"TreeEnsembleClassifier", rules::labels, kernels::unknown, rules::scores},
    {"SVMRegressor", rules::targets, kernels::unknown},
    {"SVMClassifier", rules::labels, kernels::unknown, rules::scores},
    {"Transpose", rules::transpose, transpose},
    {"Cast", rules::same, reformat},
    {"Identity", rules::same, reformat},
    {"Dropout", rules::same, reformat},
    {"Reshape", rules::reshape, reformat},
    {"Flatten", rules::flatten, reformat},
    {"Unsqueeze", rules::unsqueeze, reformat},
    {"Squeeze", rules::squeeze, reformat},
    {"Expand", rules::expand, expand},
    {"OneHot", rules::one_hot, reformat},
    {"Shape", rules::shape_of, reformat},
    {"Size", rules::scalar, reformat},
    {"ConstantOfShape", rules::filled, reformat},
    {"Range", rules::range, reformat},
    {"Trilu", rules::same, reformat},
    {"CumSum", rules::same, reformat},
    {"ScatterElements", rules::same, reformat},
    {"ScatterND", rules::same, reformat},
    {"ReduceSum", rules::reduce, reduce},
    {"ReduceMean", rules::reduce, reduce},
    {"ReduceMax", rules::reduce, reduce},
    {"ReduceMin", rules::reduce, reduce},
    {"ReduceProd", rules::reduce, reduce},
    {"ReduceL1", rules::reduce, reduce},
    {"ReduceL2", rules::reduce, reduce},
    {"ReduceLogSum", rules::reduce, reduce},
    {"ReduceLogSumExp", rules::reduce, reduce},
    {"ReduceSumSquare", rules::reduce, reduce},
    {"ArgMax", rules::arg_reduce, reduce},
    {"ArgMin", rules::arg_reduce, reduce},
    {"Split", rules::split, resized, rules::split_rest},
    {"Pad", rules::pad, resized},
    {"Tile", rules::tile, reformat},
    {"Conv", rules::conv, kernels::conv},
    {"FusedConv", rules::conv, kernels::conv},
    {"MaxPool", rules::pool, kernels::pool},
    {"AveragePool", rules::pool, kernels::pool},
    {"LpPool", rules::pool, kernels::pool},
    {"GlobalAveragePool", rules::global_pool, kernels::global_pool},
    {"GlobalMaxPool", rules::global_pool, kernels::global_pool},
    {"ReorderInput", rules::reorder_input, reformat},
    {"ReorderOutput", rules::reorder_output, reformat},
    {"LRN", rules::same, unary},
    {"BatchNormalization", rules::same, kernels::batch_norm},
    {"InstanceNormalization", rules::same, kernels::instance_norm},
    {"GroupNormalization", rules::same, kernels::group_norm},
    {"LayerNormalization", rules::same, kernels::layer_norm},
    {"SimplifiedLayerNormalization", rules::same, kernels::layer_norm},
    {"RMSNormalization", rules::same, kernels::layer_norm},
    {"SkipLayerNormalization", rules::same, kernels::layer_norm, rules::skip_rest},
    {"SkipSimplifiedLayerNormalization", rules::same, kernels::layer_norm, rules::skip_rest},
    {"QuantizeLinear", rules::same, reformat},
    {"DequantizeLinear", rules::same, reformat},
    {"DynamicQuantizeLinear", rules::same, reformat, rules::scale_and_zero_point},
    {"MatMulInteger", rules::quantized<rules::matmul>, kernels::quantized<kernels::matmul>},
    {"MatMulIntegerToFloat", rules::quantized<rules::matmul>, kernels::quantized<kernels::matmul>},
    {"DynamicQuantizeMatMul", rules::quantized<rules::matmul>, kernels::quantized<kernels::matmul>},
    {"QLinearMatMul", rules::quantized<rules::matmul>, kernels::quantized<kernels::matmul>},
    {"QGemm", rules::quantized<rules::gemm>, kernels::quantized<kernels::matmul>},
    {"ConvInteger", rules::quantized<rules::conv>, kernels::quantized<kernels::conv>},
    {"QLinearConv", rules::quantized<rules::conv>, kernels::quantized<kernels::conv>},
    {"QLinearAdd", rules::quantized<rules::broadcast>, kernels::quantized<kernels::elementwise>},
    {"QLinearMul", rules::quantized<rules::broadcast>, kernels::quantized<kernels::elementwise>},
    {"QLinearSigmoid", rules::same, unary},
    {"QLinearLeakyRelu", rules::same, unary},
    {"QLinearSoftmax", rules::same, softmax},
    {"QLinearConcat", rules::quantized<rules::concat>, kernels::quantized<kernels::concat>},
    {"NhwcMaxPool", rules::quantized<rules::pool>, kernels::quantized<kernels::pool>},
    {"QLinearAveragePool", rules::quantized<rules::pool>, kernels::quantized<kernels::pool>},
    {"QLinearGlobalAveragePool", rules::quantized<rules::global_pool>, kernels::quantized<kernels::global_pool>},
    {"LSTM", rules::recurrent, kernels::unknown, rules::recurrent_rest},
    {"GRU", rules::recurrent, kernels::unknown, rules::recurrent_rest},
    {"RNN", rules::recurrent, kernels::unknown, rules::recurrent_rest},
    {"Einsum", rules::einsum, kernels::einsum},
    {"Attention", rules::attention, kernels::attention, nullptr, kernels::attention_projection},
    {"MultiHeadAttention", rules::multi_head_attention, kernels::multi_head_attention},
};

std::unordered_map<std::string_view, const OperatorRule*> rules_by_name() {
  std::unordered_map<std::string_view, const OperatorRule*> table;
  for (const OperatorRule& rule : kRules) table.emplace(rule.op, &rule);
  return table;
}

}  // namespace

const OperatorRule* operator_rule(const Node& node) {
  static const std::unordered_map<std::string_view, const OperatorRule*> table = rules_by_name();
  static const std::set<std::string_view> domains = {"", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"};
  const auto found = table.find(node.op);
  return found != table.end() && domains.contains(node.domain) ? found->second : nullptr;
}

std::int64_t elements_of(const Shape& shape) {
  constexpr std::int64_t limit = std::int64_t{1} << 62;
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    if (dim < 0 || (dim > 0 && count > limit / dim)) fail_input("a tensor with a dimension of {} makes no sense", dim);
    count *= dim;
  }
  return count;
}

namespace {

bool has_channels_last(const Node& node, const Shape& shape) {
  return shape.size() > 2 && (node.op == "NhwcMaxPool" || node.integer("channels_last", 0) != 0);
}

}  // namespace

Shape channels_in_front(const Node& node, Shape shape) {
  if (has_channels_last(node, shape)) std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  return shape;
}

Shape channels_as_told(const Node& node, Shape shape) {
  if (has_channels_last(node, shape)) std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

std::string shown(const Node& node) {
  return fmt::format("\"{}\" ({})", one_line(node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name),
                     one_line(node.op));
}

std::size_t axis_of(const Node& node, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    fail_input("node {}: index or axis {} lies outside 0 .. {}", shown(node), axis, signed_rank - 1);
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

const TensorFact* OperatorCall::optional_input(std::size_t input) const {
  return input < inputs.size() ? inputs[input] : nullptr;
}

const Shape& OperatorCall::shape(std::size_t input) const {
  const TensorFact* fact = optional_input(input);
  if (fact == nullptr) fail_input("node {}: input {} is absent", shown(node), input);
  return fact->shape;
}

std::vector<std::int64_t> OperatorCall::integers(std::size_t input) const {
  const TensorFact* fact = optional_input(input);
  if (fact == nullptr || !fact->integers) {
    fail_input("node {}: its output's shape depends on values of input {}; export with a fixed shape", shown(node),
               input);
  }
  return *fact->integers;
}

std::optional<std::vector<std::int64_t>> OperatorCall::axes(const std::string& name, std::size_t input) const {
  const auto attribute = node.attributes.find(name);
  if (attribute != node.attributes.end()) {
    if (const auto* values = std::get_if<std::vector<std::int64_t>>(&attribute->second)) return *values;
  }
  if (optional_input(input) != nullptr) return integers(input);
  return {};
}

}  // namespace tabjoule
