#include "graph/graph_builder.h"

#include "base/error.h"

namespace tabjoule {

GraphBuilder::GraphBuilder(const std::string& name, std::int64_t opset) {
  graph.name = name;
  graph.opsets[""] = opset;
}

std::string GraphBuilder::unique(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; !names_.insert(name).second; ++i) name = fmt::format("{}~{}", wanted, i);
  return name;
}

void GraphBuilder::add_input(const ValueInfo& info) {
  if (info.name.empty() || !names_.insert(info.name).second) {
    fail_internal("input \"{}\" is empty or used twice", info.name);
  }
  graph.inputs.push_back(info);
}

std::string GraphBuilder::add(const std::string& op, const std::vector<std::string>& inputs, const std::string& wanted,
                              std::map<std::string, Attribute> attributes, const std::string& domain) {
  std::string name = unique(wanted);
  graph.nodes.push_back({name, op, domain, inputs, {name}, std::move(attributes)});
  return name;
}

std::string GraphBuilder::cast(const std::string& tensor, ElementType type, const std::string& wanted) {
  return add("Cast", {tensor}, wanted, {{"to", static_cast<std::int64_t>(type)}});
}

std::string GraphBuilder::pick(const std::string& matrix, const std::vector<std::int64_t>& columns, std::int64_t width,
                               const std::string& wanted) {
  bool all_in_order = static_cast<std::int64_t>(columns.size()) == width;
  for (std::size_t i = 0; i < columns.size(); ++i) all_in_order &= columns[i] == static_cast<std::int64_t>(i);
  if (all_in_order) return matrix;
  const std::string indices = constant(wanted + "/columns", {static_cast<std::int64_t>(columns.size())}, columns);
  return add("Gather", {matrix, indices}, wanted, {{"axis", std::int64_t{1}}});
}

std::string GraphBuilder::join(const std::vector<std::string>& matrices, const std::string& wanted) {
  if (matrices.size() == 1) return matrices[0];
  return add("Concat", matrices, wanted, {{"axis", std::int64_t{1}}});
}

std::string GraphBuilder::add_constant(Tensor tensor) {
  tensor.name = unique(tensor.name);
  graph.constants.push_back(std::move(tensor));
  return graph.constants.back().name;
}

std::string GraphBuilder::constant(const std::string& wanted, std::vector<std::int64_t> dims,
                                   std::vector<double> values) {
  return add_constant({wanted, ElementType::float64, std::move(dims), {}, std::move(values), {}, {}});
}

std::string GraphBuilder::constant(const std::string& wanted, std::vector<std::int64_t> dims,
                                   std::vector<float> values) {
  return add_constant({wanted, ElementType::float32, std::move(dims), std::move(values), {}, {}, {}});
}

std::string GraphBuilder::constant(const std::string& wanted, std::vector<std::int64_t> dims,
                                   std::vector<std::int64_t> values) {
  return add_constant({wanted, ElementType::int64, std::move(dims), {}, {}, std::move(values), {}});
}

std::string GraphBuilder::constant(const std::string& wanted, std::vector<std::int64_t> dims,
                                   std::vector<std::string> values) {
  return add_constant({wanted, ElementType::string, std::move(dims), {}, {}, {}, std::move(values)});
}

}  // namespace tabjoule
