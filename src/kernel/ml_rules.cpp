// Operators of ai.onnx.ml, as scikit-learn's exporter writes them: their shapes and kernels.
#include <algorithm>

#include "base/error.h"
#include "kernel/kernel_rules.h"
#include "kernel/shape_rules.h"

namespace tabjoule {
namespace {

/// How many values attribute `name` lists.
std::int64_t count_of(const Node& node, const std::string& name) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return 0;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&found->second))
    return static_cast<std::int64_t>(integers->size());
  if (const auto* reals = std::get_if<std::vector<float>>(&found->second))
    return static_cast<std::int64_t>(reals->size());
  if (const auto* texts = std::get_if<std::vector<std::string>>(&found->second))
    return static_cast<std::int64_t>(texts->size());
  return 0;
}

/// The same of whichever of the attributes is there.
std::int64_t count_of(const Node& node, std::initializer_list<const char*> names) {
  std::int64_t count = 0;
  for (const char* name : names) count = std::max(count, count_of(node, std::string(name)));
  return count;
}

/// Rows of a table (rows, columns), or of one row alone.
std::int64_t rows_of(const OperatorCall& call) {
  const Shape& table = call.shape(0);
  if (table.size() > 2) fail_input("node {}: takes a table, not {} dimensions", shown(call.node), table.size());
  return table.size() == 2 ? table[0] : 1;
}

}  // namespace

namespace shape_rules {

Shape labels(const OperatorCall& call) { return {rows_of(call)}; }

std::vector<Shape> scores(const OperatorCall& call) {
  return {{rows_of(call), count_of(call.node, {"classlabels_ints", "classlabels_int64s", "classlabels_strings"})}};
}

Shape targets(const OperatorCall& call) {
  const std::string attribute = call.node.op == "LinearRegressor" ? "targets" : "n_targets";
  return {rows_of(call), std::max<std::int64_t>(call.node.integer(attribute, 1), 1)};
}

Shape extracted(const OperatorCall& call) {
  Shape result = call.shape(0);
  if (result.size() < 2) result.insert(result.begin(), 1);
  result.back() = elements_of(call.shape(1));
  return result;
}

Shape one_hot_encoded(const OperatorCall& call) {
  Shape result = call.shape(0);
  result.push_back(count_of(call.node, {"cats_int64s", "cats_strings"}));
  return result;
}

}  // namespace shape_rules

namespace kernel_rules {

KernelKey linear_model(const OperatorCall& call, const Shape&) {
  const std::int64_t columns = std::max<std::int64_t>(call.shape(0).empty() ? 1 : call.shape(0).back(), 1);
  const std::int64_t outputs = std::max<std::int64_t>(count_of(call.node, "coefficients") / columns, 1);
  return {KernelType::linear, {std::max<std::int64_t>(rows_of(call), 1), outputs, columns}, ""};
}

/// A look-up of one value in a table of as many rows as there are keys.
KernelKey label_encoder(const OperatorCall& call, const Shape& output) {
  const std::int64_t keys = count_of(call.node, {"keys_strings", "keys_int64s", "keys_floats"});
  return {KernelType::gather, {elements_of(output), 1, keys}, call.node.op};
}

KernelKey extracted(const OperatorCall& call, const Shape& output) {
  return {KernelType::gather,
          {std::max<std::int64_t>(elements_of(output), 1), 1, std::max<std::int64_t>(elements_of(call.shape(0)), 1)},
          call.node.op};
}

}  // namespace kernel_rules
}  // namespace tabjoule
