#include "graph/network_graph.h"

#include <set>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr int kOpset = 17;  // the newest that Debian 12's ONNX checker knows

/// Which layer's output a layer's reader reads: dropout is absent, so its readers read its input.
std::vector<int> resolve_dropout(const Network& network) {
  std::vector<int> producer;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    const bool absent = layer.type == LayerType::dropout;
    producer.push_back(absent ? producer[static_cast<std::size_t>(layer.inputs[0])] : static_cast<int>(i));
  }
  return producer;
}

/// dims of the written constant: a bias (1, D) is a vector there.
Tensor constant_of(const ParameterRef& ref, const ParameterStore* store, bool vector) {
  Tensor tensor;
  tensor.name = ref.name;
  tensor.dims = vector ? std::vector<std::int64_t>{ref.cols} : std::vector<std::int64_t>{ref.rows, ref.cols};
  if (store == nullptr) return tensor;
  const ConstBlock values = store->view(ref);
  tensor.floats.reserve(static_cast<std::size_t>(tensor.size()));
  for (int r = 0; r < values.rows; ++r) {
    tensor.floats.insert(tensor.floats.end(), values.row(r), values.row(r) + values.cols);
  }
  return tensor;
}

class NetworkWriter {
 public:
  NetworkWriter(const Network& network, const ParameterStore* store)
      : network_(network), store_(store), producer_(resolve_dropout(network)) {}

  Graph write(std::int64_t batch) {
    graph_.name = "network";
    graph_.opsets[""] = kOpset;
    graph_.inputs = {matrix_info("features", batch, network_.input_width())};
    graph_.outputs = {matrix_info("output", batch, network_.output_width())};
    for (std::size_t i = 0; i < network_.layers.size(); ++i) add_layer(static_cast<int>(i));
    if (network_.layers[static_cast<std::size_t>(producer_.back())].type == LayerType::input) {
      add_node("identity", "Identity", {"features"}, "output");
    }
    return std::move(graph_);
  }

 private:
  static ValueInfo matrix_info(const std::string& name, std::int64_t batch, int width) {
    return {name, ElementType::float32, {batch, width}, {batch < 0 ? "batch" : "", ""}};
  }

  /// The tensor that holds the output of layer `index`.
  std::string tensor_of(int index) const {
    const int made_by = producer_[static_cast<std::size_t>(index)];
    const Layer& layer = network_.layers[static_cast<std::size_t>(made_by)];
    if (layer.type == LayerType::input) return "features";
    return made_by == producer_.back() ? "output" : layer.name + ".output";
  }

  Node& add_node(const std::string& name, const std::string& op, std::vector<std::string> inputs,
                 const std::string& output) {
    return graph_.nodes.emplace_back(Node{name, op, "", std::move(inputs), {output}, {}});
  }

  /// Parameters that layers share are written once.
  void add_constant(const ParameterRef& ref, bool vector) {
    if (constants_.insert(ref.name).second) graph_.constants.push_back(constant_of(ref, store_, vector));
  }

  void add_layer(int index) {
    const Layer& layer = network_.layers[static_cast<std::size_t>(index)];
    switch (layer.type) {
      case LayerType::input:
      case LayerType::dropout:
        return;
      case LayerType::relu:
        add_node(layer.name, "Relu", {tensor_of(layer.inputs[0])}, tensor_of(index));
        return;
      case LayerType::linear:
        return add_linear(layer, index);
    }
    fail_internal("layer \"{}\": its type has no ONNX operator in network_graph.cpp", layer.name);
  }

  // y = x W^T + b: Gemm takes W as it is stored, (D_out, D_in).
  void add_linear(const Layer& layer, int index) {
    const ParameterRef& weight = layer.parameters[0];
    const ParameterRef& bias = layer.parameters[1];
    add_constant(weight, false);
    add_constant(bias, true);
    Node& node = add_node(layer.name, "Gemm", {tensor_of(layer.inputs[0]), weight.name, bias.name}, tensor_of(index));
    node.attributes["transB"] = std::int64_t{1};
  }

  const Network& network_;
  const ParameterStore* store_;
  std::vector<int> producer_;
  std::set<std::string> constants_;
  Graph graph_;
};

}  // namespace

Graph to_graph(const Network& network, const ParameterStore* store, std::int64_t batch) {
  if (batch == 0 || batch < -1) fail_usage("batch {}: give -1 (any) or a number from 1", batch);
  validate(network);
  return NetworkWriter(network, store).write(batch);
}

}  // namespace tabjoule
