// Products of batches, normalisations, attention and recurrent layers: their shapes and kernels.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "kernel/kernel_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

/// "bhid,bhjd->bhij" over two inputs: the size of each letter, and where it appears.
struct Einsum {
  std::string left, right, output;
  std::map<char, std::int64_t> sizes;
};

/// Gives the dimensions behind "..." letters of their own, aligned at their end: digits, which no equation has.
void name_ellipses(Einsum& einsum, const OperatorCall& call) {
  const std::string digits = "0123456789";
  std::size_t most = 0;
  for (const std::size_t i : {0U, 1U}) {
    std::string& letters = i == 0 ? einsum.left : einsum.right;
    const auto dots = letters.find("...");
    if (dots == std::string::npos) continue;
    const std::size_t rank = call.shape(i).size(), named = letters.size() - 3;
    if (rank < named || rank - named > digits.size())
      fail_input("node {}: \"{}\" does not fit an input of {} dimensions", shown(call.node), letters, rank);
    letters.replace(dots, 3, digits.substr(digits.size() - (rank - named)));
    most = std::max(most, rank - named);
  }
  const auto dots = einsum.output.find("...");
  if (dots != std::string::npos) einsum.output.replace(dots, 3, digits.substr(digits.size() - most));
}

Einsum einsum_of(const OperatorCall& call) {
  std::string equation = call.node.text("equation", "");
  std::erase(equation, ' ');
  const auto comma = equation.find(','), arrow = equation.find("->");
  if (call.inputs.size() != 2 || comma == std::string::npos || arrow == std::string::npos || comma > arrow)
    fail_input("node {}: only an Einsum of two inputs with \"->\" is read, not \"{}\"", shown(call.node), equation);
  Einsum einsum{
      equation.substr(0, comma), equation.substr(comma + 1, arrow - comma - 1), equation.substr(arrow + 2), {}};
  name_ellipses(einsum, call);
  for (const std::size_t i : {0U, 1U}) {
    const std::string& letters = i == 0 ? einsum.left : einsum.right;
    if (letters.size() != call.shape(i).size())
      fail_input("node {}: \"{}\" does not fit its inputs", shown(call.node), equation);
    for (std::size_t at = 0; at < letters.size(); ++at) {
      const std::int64_t size = call.shape(i)[at];
      const auto [known, added] = einsum.sizes.emplace(letters[at], size);
      if (!added && known->second == 1) known->second = size;  // repeated along the other's
      if (known->second != size && size != 1)
        fail_input("node {}: \"{}\" does not fit its inputs", shown(call.node), equation);
    }
  }
  return einsum;
}

/// What the letter's dimension is in the product: summed over (k), of both factors (b), the first (m) or the second
/// (n).
char role_of(const Einsum& einsum, char letter) {
  if (einsum.output.find(letter) == std::string::npos) return 'k';
  const bool left = einsum.left.find(letter) != std::string::npos;
  const bool right = einsum.right.find(letter) != std::string::npos;
  return left && right ? 'b' : left ? 'm' : 'n';
}

/// "bhid,bhjd->bhij" as "bmk,bnk->bmn": the letters of one role as one, which they are where they stand together and in
/// one order wherever they stand. Empty where they are not.
std::string equation_of_roles(const Einsum& einsum) {
  std::map<char, std::string> letters;  // by role, as the first operand that has it has them
  std::string equation;
  for (const std::string* operand : {&einsum.left, &einsum.right, &einsum.output}) {
    std::map<char, std::string> here;
    std::string roles;
    for (const char letter : *operand) {
      const char role = role_of(einsum, letter);
      if (roles.empty() || roles.back() != role) roles += role;
      here[role] += letter;
    }
    if (roles.size() != here.size()) return "";  // something else stands between
    for (const auto& [role, text] : here)
      if (letters.emplace(role, text).first->second != text) return "";
    equation += (operand == &einsum.right ? "," : operand == &einsum.output ? "->" : "") + roles;
  }
  return equation;
}

std::int64_t heads_of(const OperatorCall& call) {
  const std::int64_t heads = call.node.integer("num_heads", 0);
  if (heads < 1) fail_input("node {}: \"num_heads\" must be at least 1", shown(call.node));
  return heads;
}

const Shape& tokens(const OperatorCall& call, std::size_t input) {
  const Shape& shape = call.shape(input);
  if (shape.size() != 3) fail_input("node {}: input {} must be (batch, tokens, width)", shown(call.node), input);
  return shape;
}

std::string causal(const Node& node) { return node.integer("unidirectional", 0) != 0 ? "causal" : ""; }

/// Steps or sequences, directions, batch, width of a recurrent layer; sequences come first where "layout" is 1.
struct Recurrent {
  std::int64_t steps, directions, batch, width;
  bool batch_first;
};

Recurrent recurrent_of(const OperatorCall& call) {
  const Shape &input = call.shape(0), &weights = call.shape(2);
  if (input.size() != 3 || weights.size() != 3)
    fail_input("node {}: its input and weights must have three dimensions", shown(call.node));
  const bool batch_first = call.node.integer("layout", 0) != 0;
  return {input[batch_first ? 1 : 0], weights[0], input[batch_first ? 0 : 1], weights[2], batch_first};
}

}  // namespace

namespace shape_rules {

Shape einsum(const OperatorCall& call) {
  const Einsum einsum = einsum_of(call);
  Shape result;
  for (const char letter : einsum.output) {
    const auto size = einsum.sizes.find(letter);
    if (size == einsum.sizes.end()) fail_input("node {}: its output names '{}'", shown(call.node), letter);
    result.push_back(size->second);
  }
  return result;
}

// weights: (width, queries + keys + values), all as wide unless "qkv_hidden_sizes" tells.
Shape attention(const OperatorCall& call) {
  Shape result = tokens(call, 0);
  const auto sizes = call.axes("qkv_hidden_sizes", 99);
  if (call.shape(1).size() != 2) fail_input("node {}: its weights must be a matrix", shown(call.node));
  result[2] = sizes && sizes->size() == 3 ? sizes->at(2) : call.shape(1)[1] / 3;
  return result;
}

Shape multi_head_attention(const OperatorCall& call) {
  Shape result = tokens(call, 0);
  if (call.optional_input(2) != nullptr) result[2] = tokens(call, 2)[2];
  return result;
}

Shape recurrent(const OperatorCall& call) {
  const Recurrent r = recurrent_of(call);
  if (r.batch_first) return {r.batch, r.steps, r.directions, r.width};
  return {r.steps, r.directions, r.batch, r.width};
}

std::vector<Shape> recurrent_rest(const OperatorCall& call) {
  const Recurrent r = recurrent_of(call);
  const Shape last = r.batch_first ? Shape{r.batch, r.directions, r.width} : Shape{r.directions, r.batch, r.width};
  return {last, last};
}

}  // namespace shape_rules

namespace kernel_rules {

KernelKey unknown(const OperatorCall& call, const Shape&) { return {KernelType::unknown, {}, call.node.op}; }

KernelKey batch_norm(const OperatorCall&, const Shape& output) {
  const std::int64_t channels = std::max<std::int64_t>(output.size() < 2 ? 1 : output[1], 1);
  return {KernelType::batchnorm, {elements_of(output) / channels, channels}, ""};
}

KernelKey layer_norm(const OperatorCall& call, const Shape& output) {
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", -1), output.size());
  const Shape normalised(output.begin() + static_cast<std::ptrdiff_t>(axis), output.end());
  const std::int64_t cols = std::max<std::int64_t>(elements_of(normalised), 1);
  const std::string& op = call.node.op;
  std::string variant = op == "RMSNormalization" || op.ends_with("SimplifiedLayerNormalization") ? "rms" : "";
  if (op.starts_with("Skip")) variant = with_residual(variant);
  return {KernelType::layernorm, {elements_of(output) / cols, cols}, std::move(variant)};
}

KernelKey instance_norm(const OperatorCall&, const Shape& output) {
  const std::int64_t rows = std::max<std::int64_t>(output.size() < 2 ? 1 : elements_of({output[0], output[1]}), 1);
  return {KernelType::layernorm, {rows, elements_of(output) / rows}, ""};
}

KernelKey group_norm(const OperatorCall& call, const Shape& output) {
  const std::int64_t groups = call.node.integer("num_groups", 0);
  if (output.size() < 2 || groups < 1 || output[1] % groups != 0) {
    fail_input("node {}: its channels cannot be normalised in {} groups", shown(call.node), groups);
  }
  const std::int64_t rows = std::max<std::int64_t>(elements_of({output[0], groups}), 1);
  return {KernelType::layernorm, {rows, elements_of(output) / rows}, ""};
}

KernelKey matmul(const OperatorCall& call, const Shape& output) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  if (b.size() == 1) return {KernelType::linear, {elements_of(output), 1, b[0]}, ""};
  const std::int64_t n = std::max<std::int64_t>(output.back(), 1);
  const bool turned = call.node.integer("transB", 0) != 0;
  const std::int64_t k = b[b.size() - (turned ? 1 : 2)];
  if (b.size() == 2) {
    std::string variant = lower(call.node.text("activation", ""));
    const TensorFact* added = call.optional_input(2);
    if (added != nullptr && !added->constant && elements_of(added->shape) == elements_of(output))
      variant = with_residual(variant);
    return {KernelType::linear, {elements_of(output) / n, n, k}, std::move(variant)};
  }
  const std::int64_t m = a.size() < 2 ? 1 : std::max<std::int64_t>(output[output.size() - 2], 1);
  return {KernelType::batch_matmul, {elements_of(output) / (m * n), m, n, k}, ""};
}

KernelKey einsum(const OperatorCall& call, const Shape&) {
  const Einsum einsum = einsum_of(call);
  std::int64_t batch = 1, m = 1, n = 1, k = 1;
  for (const auto& [letter, size] : einsum.sizes) {
    const char role = role_of(einsum, letter);
    std::int64_t& factor = role == 'k' ? k : role == 'b' ? batch : role == 'm' ? m : n;
    factor = elements_of({factor, size});
  }
  const std::string equation = equation_of_roles(einsum);
  return {KernelType::batch_matmul, {batch, m, n, k}, equation.empty() ? "Einsum" : "Einsum " + equation};
}

KernelKey attention(const OperatorCall& call, const Shape& output) {
  const std::int64_t heads = heads_of(call);
  return {KernelType::attention, {output[0], heads, output[1], output[1], output[2] / heads, heads}, causal(call.node)};
}

KernelKey multi_head_attention(const OperatorCall& call, const Shape& output) {
  const std::int64_t heads = heads_of(call);
  const std::int64_t keys = call.optional_input(1) != nullptr ? tokens(call, 1)[1] : output[1];
  return {KernelType::attention, {output[0], heads, output[1], keys, output[2] / heads, heads}, causal(call.node)};
}

KernelKey attention_projection(const OperatorCall& call, const Shape& output) {
  const Shape& weight = call.shape(1);
  return {KernelType::linear, {elements_of({output[0], output[1]}), weight[1], weight[0]}, ""};
}

}  // namespace kernel_rules
}  // namespace tabjoule
