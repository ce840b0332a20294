#include "graph/network_graph.h"

#include <algorithm>

#include "base/error.h"
#include "graph/layer_writer.h"

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

ValueInfo matrix_info(const std::string& name, std::int64_t batch, int width) {
  return {name, ElementType::float32, {batch, width}, {batch < 0 ? "batch" : "", ""}};
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
    LayerWriter writer(graph_, network_, store_);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      const Layer& layer = network_.layers[i];
      if (layer.type == LayerType::input || layer.type == LayerType::dropout) continue;
      std::vector<std::string> inputs;
      for (const int input : layer.inputs) inputs.push_back(tensor_of(input));
      writer.write(layer, inputs, tensor_of(static_cast<int>(i)), read_by_reglu(static_cast<int>(i)));
    }
    if (network_.layers[static_cast<std::size_t>(producer_.back())].type == LayerType::input) {
      graph_.nodes.push_back({"identity", "Identity", "", {"features"}, {"output"}, {}});
    }
    return std::move(graph_);
  }

 private:
  [[nodiscard]] bool read_by_reglu(int index) const {
    return std::any_of(network_.layers.begin(), network_.layers.end(), [&](const Layer& reader) {
      return reader.type == LayerType::reglu && producer_[static_cast<std::size_t>(reader.inputs[0])] == index;
    });
  }

  /// The tensor that holds the output of layer `index`.
  std::string tensor_of(int index) const {
    const int made_by = producer_[static_cast<std::size_t>(index)];
    const Layer& layer = network_.layers[static_cast<std::size_t>(made_by)];
    if (layer.type == LayerType::input) return "features";
    return made_by == producer_.back() ? "output" : layer.name + ".output";
  }

  const Network& network_;
  const ParameterStore* store_;
  std::vector<int> producer_;
  Graph graph_;
};

}  // namespace

Graph to_graph(const Network& network, const ParameterStore* store, std::int64_t batch) {
  if (batch == 0 || batch < -1) fail_usage("batch {}: give -1 (any) or a number from 1", batch);
  validate(network);
  return NetworkWriter(network, store).write(batch);
}

}  // namespace tabjoule
