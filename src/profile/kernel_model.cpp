// kernel_model and session_chain: models made to be measured.
#include "profile/kernel_model.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "profile/profile.h"

namespace tabjoule {
namespace {

using Dims = std::vector<std::int64_t>;

ValueInfo value(const std::string& name, const Dims& dims) {
  return {name, ElementType::float32, dims, std::vector<std::string>(dims.size())};
}

Graph empty_graph() {
  Graph graph;
  graph.name = "kernel";
  graph.opsets[""] = 17;
  return graph;
}

/// Uniform in +-1/sqrt(fan_in): no denormal and nothing that grows, whatever the depth.
Tensor random_constant(const std::string& name, const Dims& dims, std::int64_t fan_in, std::uint64_t seed) {
  Tensor tensor;
  tensor.name = name;
  tensor.dims = dims;
  std::int64_t count = 1;
  for (const std::int64_t dim : dims) count *= dim;
  Rng rng(seed);
  const double limit = 1 / std::sqrt(static_cast<double>(fan_in));
  tensor.floats.resize(static_cast<std::size_t>(count));
  for (float& number : tensor.floats) number = static_cast<float>(rng.uniform(-limit, limit));
  return tensor;
}

Node node(const std::string& op, const std::string& name, std::vector<std::string> inputs, const std::string& output) {
  Node result;
  result.name = name;
  result.op = op;
  result.inputs = std::move(inputs);
  result.outputs = {output};
  return result;
}

std::string activation_op(const std::string& variant) {
  if (variant == "relu") return "Relu";
  if (variant == "sigmoid") return "Sigmoid";
  if (variant == "tanh") return "Tanh";
  fail_input("a linear kernel with the activation \"{}\" cannot be built alone; relu, sigmoid and tanh can", variant);
}

/// y = x W^T + b, and its activation; W: (n, k).
void add_linear(Graph& graph, const std::string& input, const std::string& output, std::int64_t n, std::int64_t k,
                const std::string& variant, std::uint64_t seed) {
  graph.constants.push_back(random_constant(output + ".weight", {n, k}, k, seed));
  graph.constants.push_back(random_constant(output + ".bias", {n}, k, ~seed));
  const std::string product = variant.empty() ? output : output + ".product";
  Node gemm = node("Gemm", output + ".gemm", {input, output + ".weight", output + ".bias"}, product);
  gemm.attributes["transB"] = std::int64_t{1};
  graph.nodes.push_back(std::move(gemm));
  if (!variant.empty()) graph.nodes.push_back(node(activation_op(variant), output + ".activation", {product}, output));
}

/// Builds the copies of one kernel into a graph.
class Builder {
 public:
  explicit Builder(const KernelKey& key) : key_(key), graph_(empty_graph()) {}

  Graph build(int copies) {
    switch (key_.type) {
      case KernelType::linear:
        inputs(1, {size("m"), size("k")});
        break;
      case KernelType::elementwise:
        inputs(size("inputs"), {1, size("elements")});
        break;
      case KernelType::softmax:
        inputs(1, {size("rows"), size("cols")});
        break;
      case KernelType::concat:
        inputs(size("inputs"), {1, std::max<std::int64_t>(1, size("elements") / size("inputs"))});
        break;
      default:
        fail_input("{}: a {} kernel cannot be built alone", key_.text(), to_string(key_.type));
    }
    for (int copy = 0; copy < copies; ++copy) add(copy);
    return std::move(graph_);
  }

 private:
  [[nodiscard]] std::int64_t size(const std::string& column) const {
    const auto& columns = kernel_columns(key_.type);
    const auto place = std::find(columns.begin(), columns.end(), column);
    const auto index = static_cast<std::size_t>(place - columns.begin());
    if (place == columns.end() || index >= key_.shape.size())
      fail_input("{}: the kernel has no size \"{}\"", key_.text(), column);
    if (key_.shape[index] < 1) fail_input("{}: \"{}\" must be at least 1", key_.text(), column);
    return key_.shape[index];
  }

  void inputs(std::int64_t count, const Dims& dims) {
    for (std::int64_t i = 0; i < count; ++i) {
      names_.push_back("x" + std::to_string(i));
      graph_.inputs.push_back(value(names_.back(), dims));
    }
    dims_ = dims;
  }

  void add(int copy) {
    const std::string output = "y" + std::to_string(copy);
    Dims dims = dims_;
    if (key_.type == KernelType::linear) {
      add_linear(graph_, names_.front(), output, size("n"), size("k"), key_.variant, static_cast<std::uint64_t>(copy));
      dims[1] = size("n");
    } else if (key_.type == KernelType::concat) {
      graph_.nodes.push_back(node("Concat", output + ".concat", names_, output));
      graph_.nodes.back().attributes["axis"] = std::int64_t{1};
      dims[1] *= static_cast<std::int64_t>(names_.size());
    } else {
      const std::string op = key_.type == KernelType::softmax && key_.variant.empty() ? "Softmax" : key_.variant;
      if (op.empty())
        fail_input("{}: the operator of an elementwise kernel is its variant, none is given", key_.text());
      graph_.nodes.push_back(node(op, output + ".op", names_, output));
    }
    graph_.outputs.push_back(value(output, dims));
  }

  const KernelKey& key_;
  Graph graph_;
  std::vector<std::string> names_;  ///< of the inputs
  Dims dims_;
};

}  // namespace

Graph kernel_model(const KernelKey& key, int copies) {
  if (copies < 1) fail_usage("a kernel's model needs at least one copy, got {}", copies);
  return Builder(key).build(copies);
}

Graph session_model(int links, bool chained) {
  Graph graph = empty_graph();
  graph.inputs.push_back(value("x0", {1, 1}));
  std::string input = "x0";
  for (int link = 0; link < links; ++link) {
    const std::string output = "y" + std::to_string(link);
    add_linear(graph, input, output, 1, 1, "", static_cast<std::uint64_t>(link));
    if (!chained || link + 1 == links) graph.outputs.push_back(value(output, {1, 1}));
    if (chained) input = output;
  }
  return graph;
}

KernelKey session_key() {
  return {KernelType::session, std::vector<std::int64_t>(kernel_columns(KernelType::session).size(), 1), ""};
}

int copies_to_measure(const KernelKey& key) {
  constexpr double kWeightBytes = 256 << 10;
  constexpr double kLargeBytes = 512 << 10;
  constexpr int kMost = 32;
  const KernelWork work = work_of(key);
  const double bytes = 4 * work.parameters + work.bytes_written;
  if (bytes > kLargeBytes) return 2;
  return static_cast<int>(std::clamp(kWeightBytes / std::max(1.0, bytes), 4.0, double{kMost}));
}

std::vector<MeasuringTask> crowding_tasks(std::span<const KernelKey> wanted, double most_weight_bytes) {
  constexpr std::int64_t kWidth = 256;  // 256 KB of weights a copy
  constexpr double kMostFlops = 1.5e9;  // some tens of milliseconds a run
  std::set<std::int64_t> rows;
  for (const KernelKey& key : wanted)
    if (key.type == KernelType::linear && !key.shape.empty()) rows.insert(key.shape[0]);
  std::vector<std::int64_t> chosen(rows.begin(), rows.end());
  if (chosen.size() > 3) chosen = {chosen.front(), chosen[chosen.size() / 2], chosen.back()};
  std::vector<MeasuringTask> tasks;
  for (const std::int64_t m : chosen) {
    const KernelKey key{KernelType::linear, {m, kWidth, kWidth}, "relu"};
    const KernelWork work = work_of(key);
    const double most = std::min(most_weight_bytes / (4 * work.parameters), kMostFlops / work.flops);
    for (int copies = 1; copies <= most; copies *= 2) tasks.push_back({key, copies, true});
  }
  return tasks;
}

}  // namespace tabjoule
