#include "profile/pair_model.h"

#include <algorithm>

#include "base/random.h"

namespace tabjoule {
namespace {

constexpr const char* kScale = "pairs.scale";
constexpr const char* kZero = "pairs.zero";

Node pair_node(const char* op, const std::string& from, const std::string& to) {
  return {to + ".pair", op, "", {from, kScale, kZero}, {to}, {}};
}

void make_whole(Tensor& tensor, Rng rng) {
  tensor.type = ElementType::int8;
  tensor.integers.resize(tensor.floats.size());
  for (std::int64_t& value : tensor.integers) value = static_cast<std::int64_t>(rng.uniform(-127, 128));
  tensor.floats.clear();
}

class PairBuilder {
 public:
  explicit PairBuilder(Graph real) : graph_(std::move(real)) {
    graph_.constants.push_back({kScale, ElementType::float32, {}, {0.02F}, {}, {}, {}});
    graph_.constants.push_back({kZero, ElementType::int8, {}, {}, {}, {0}, {}});
  }

  /// Every node becomes one that quantises or dequantises.
  Graph of_quantizers(const std::string& op) {
    for (Node& node : graph_.nodes) {
      node.op = op;
      node.inputs = {node.inputs.at(0), kScale, kZero};
    }
    for (ValueInfo& info : op == "QuantizeLinear" ? graph_.outputs : graph_.inputs) info.type = ElementType::int8;
    return std::move(graph_);
  }

  Graph surrounded() {
    for (ValueInfo& input : graph_.inputs) {
      input.type = ElementType::int8;
      dequantize(input.name);
    }
    for (Tensor& tensor : graph_.constants)
      if (is_weight(tensor.name)) {
        make_whole(tensor, Rng(before_.size()));
        dequantize(tensor.name);
      }
    for (ValueInfo& output : graph_.outputs) {
      output.type = ElementType::int8;
      quantize(output.name);
    }
    graph_.nodes.insert(graph_.nodes.begin(), before_.begin(), before_.end());
    return std::move(graph_);
  }

 private:
  [[nodiscard]] bool is_weight(const std::string& tensor) const {
    return std::any_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node& node) {
      const bool weighted = node.op == "Gemm" || node.op == "MatMul" || node.op == "Conv";
      return weighted && node.inputs.at(1) == tensor;
    });
  }

  void dequantize(const std::string& tensor) {
    const std::string real = tensor + ".real";
    for (Node& node : graph_.nodes) std::replace(node.inputs.begin(), node.inputs.end(), tensor, real);
    before_.push_back(pair_node("DequantizeLinear", tensor, real));
  }

  void quantize(const std::string& tensor) {
    const std::string real = tensor + ".real";
    for (Node& node : graph_.nodes) std::replace(node.outputs.begin(), node.outputs.end(), tensor, real);
    graph_.nodes.push_back(pair_node("QuantizeLinear", real, tensor));
  }

  Graph graph_;
  std::vector<Node> before_;  ///< what dequantises
};

}  // namespace

Graph pair_kernel_model(const KernelKey& key, int copies, CopyInputs inputs) {
  const bool quantizer = key.variant == "QuantizeLinear" || key.variant == "DequantizeLinear";
  KernelKey real = key;
  real.dtype = DataType::float32;
  if (quantizer) real.variant = "Identity";
  PairBuilder pairs(kernel_model(real, copies, inputs));
  return quantizer ? pairs.of_quantizers(key.variant) : pairs.surrounded();
}

}  // namespace tabjoule
