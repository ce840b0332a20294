#include "profile/block_model.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "base/random.h"

namespace tabjoule {
namespace {

using Dims = std::vector<std::int64_t>;

constexpr const char* kDomain = "com.microsoft.nchwc";
constexpr std::size_t kSum = 3;  // the place of the tensor that a convolution in blocks adds

ValueInfo real_tensor(const std::string& name, const Dims& dims) {
  return {name, ElementType::float32, dims, std::vector<std::string>(dims.size())};
}

/// Reading a model leaves out what its larger constants hold.
void fill(Tensor& tensor, Rng rng) {
  if (tensor.type != ElementType::float32 || !tensor.floats.empty() || tensor.dims.empty()) return;
  const double limit =
      std::sqrt(static_cast<double>(tensor.dims[0]) / static_cast<double>(std::max<std::int64_t>(tensor.size(), 1)));
  tensor.floats.resize(static_cast<std::size_t>(tensor.size()));
  for (float& value : tensor.floats) value = static_cast<float>(rng.uniform(-limit, limit));
}

const ValueInfo* find(const std::vector<ValueInfo>& infos, const std::string& name) {
  const auto found = std::find_if(infos.begin(), infos.end(), [&](const ValueInfo& info) { return info.name == name; });
  return found == infos.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Graph> convolutions_in_blocks(const Graph& executed, bool residual) {
  std::map<std::string, const ValueInfo*> images, results;  // by the tensor in blocks
  Graph graph = executed;
  graph.nodes.clear();
  for (const Node& node : executed.nodes) {
    if (node.domain != kDomain) return {};
    if (node.op == "ReorderInput")
      images[node.outputs.at(0)] = find(executed.inputs, node.inputs.at(0));
    else if (node.op == "ReorderOutput")
      results[node.inputs.at(0)] = find(executed.outputs, node.outputs.at(0));
    else
      graph.nodes.push_back(node);
  }
  graph.outputs.clear();
  std::map<std::string, Dims> inputs;
  for (Node& node : graph.nodes) {
    const Tensor* weight = node.inputs.size() > 1 ? graph.constant(node.inputs[1]) : nullptr;
    const auto result = results.find(node.outputs.at(0));
    if (node.op != "Conv" || weight == nullptr || weight->dims.size() != 4 || result == results.end() ||
        result->second == nullptr)
      return {};
    const auto image = images.find(node.inputs[0]);
    const ValueInfo* given = image == images.end() ? find(executed.inputs, node.inputs[0]) : image->second;
    if (given == nullptr || given->dims.size() != 4) return {};
    Dims dims = given->dims;
    if (image != images.end()) dims[1] = weight->dims[1] * node.integer("group", 1);  // whole blocks
    inputs[node.inputs[0]] = dims;
    Dims made = result->second->dims;
    made.at(1) = weight->dims[0];
    if (residual) {
      node.inputs.resize(kSum + 1);
      node.inputs[kSum] = "sum";
      inputs["sum"] = made;
    }
    graph.outputs.push_back(real_tensor(node.outputs[0], made));
  }
  graph.inputs.clear();
  for (const auto& [name, dims] : inputs) graph.inputs.push_back(real_tensor(name, dims));
  graph.values.clear();
  for (std::size_t i = 0; i < graph.constants.size(); ++i) fill(graph.constants[i], Rng(i));
  if (graph.nodes.empty()) return {};
  return graph;
}

Graph pools_in_blocks(Graph pools) {
  for (Node& node : pools.nodes) node.domain = kDomain;
  pools.opsets[kDomain] = 1;
  return pools;
}

}  // namespace tabjoule
