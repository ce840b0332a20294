// A network is described once: for sampled architectures of every space, our forward pass and the runtime's of the
// exported file agree, and so do parameters and operations counted from the Network and from the graph.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "kernel/facts.h"
#include "nn/training.h"
#include "runtime/runner.h"
#include "space/search_space.h"

namespace tabjoule::spaces_test {
namespace {

constexpr int kRows = 5;
constexpr int kArchitectures = 50;

NetworkShape shape_for(const SearchSpace& space) {
  NetworkShape shape{7, 3, 0.1F};
  if (category_encoding(space) == CategoryEncoding::codes) shape.cardinalities = {4, 2};
  return shape;
}

Matrix rows_for(const NetworkShape& shape, Rng& rng) {
  Matrix x(kRows, shape.inputs);
  const int numeric = shape.inputs - static_cast<int>(shape.cardinalities.size());
  for (int r = 0; r < kRows; ++r)
    for (int c = 0; c < shape.inputs; ++c)
      x(r, c) = c < numeric ? static_cast<float>(rng.normal())
                            : static_cast<float>(rng.below(static_cast<std::uint64_t>(
                                  shape.cardinalities[static_cast<std::size_t>(c - numeric)])));
  return x;
}

/// Norms, biases and bins off their initial zeros and ones, so that none can be forgotten or exchanged unseen.
void shake(ParameterStore& store, Rng& rng) {
  for (auto& [name, p] : store.all())
    for (Eigen::Index i = 0; i < p.value.size() && (p.value.rows() == 1 || name.ends_with(".bins")); ++i)
      p.value.data()[i] += static_cast<float>(rng.uniform(0, 0.2));
}

double largest_difference(const Network& network, const ParameterStore& store, const Graph& graph, const Matrix& x) {
  ThreadPool pool(1);
  const Matrix ours = Evaluator(pool).outputs(network, store, x);
  const RuntimeTensor input{"features", {x.rows(), x.cols()}, std::vector<float>(x.data(), x.data() + x.size())};
  const auto outputs = make_cpu_runner({})->load(to_onnx(graph))->run({input});
  const auto& theirs = std::get<std::vector<float>>(outputs.front().data);
  EXPECT_EQ(theirs.size(), static_cast<std::size_t>(ours.size()));
  double largest = 0;
  for (std::size_t i = 0; i < theirs.size(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(theirs[i]) - ours.data()[i]));
  return largest / std::max(1.0, static_cast<double>(ours.cwiseAbs().maxCoeff()));
}

/// A CLS token stands among others whose factors or biases it does not have: zeros.
std::int64_t zeros_of_cls(const Tensor& tensor) {
  const std::size_t row = tensor.dims.size() == 2 ? static_cast<std::size_t>(tensor.dims[1]) : 0;
  const auto is_zero = [](float value) { return value == 0; };
  const bool all =
      row > 0 && std::all_of(tensor.floats.begin(), tensor.floats.begin() + static_cast<int>(row), is_zero);
  return all ? tensor.dims[1] : 0;
}

/// Elements of the constants that training sets: not shapes, the scale of attention, or BatchNorm's statistics.
std::int64_t parameters_of(const Graph& graph) {
  std::set<std::string> statistics;
  for (const Node& node : graph.nodes)
    if (node.op == "BatchNormalization") statistics.insert({node.inputs[3], node.inputs[4]});
  std::int64_t count = 0;
  for (const Tensor& tensor : graph.constants)
    if (tensor.type == ElementType::float32 && !tensor.dims.empty() && !statistics.contains(tensor.name))
      count += tensor.size() - zeros_of_cls(tensor);
  return count;
}

/// Operations on floats for one element of the batch.
std::int64_t flops_of(const Graph& graph) {
  static const std::map<std::string, std::int64_t> per_output{{"Add", 1},
                                                              {"Sub", 1},
                                                              {"Mul", 1},
                                                              {"Div", 1},
                                                              {"Max", 1},
                                                              {"Min", 1},
                                                              {"Relu", 1},
                                                              {"Softmax", 5},
                                                              {"LayerNormalization", 7},
                                                              {"BatchNormalization", 2}};
  GraphFacts facts(graph, 1);
  std::int64_t count = 0;
  for (const Node& node : graph.nodes) {
    const OperatorRule* rule = operator_rule(node);
    if (rule == nullptr) {
      ADD_FAILURE() << node.op << " is not known";
      continue;
    }
    const OperatorCall call = facts.call(node);
    const std::int64_t outputs = elements_of(facts.infer(call, *rule).shape);
    const Tensor* constant = node.inputs.size() > 1 ? graph.constant(node.inputs[1]) : nullptr;
    if (constant != nullptr && constant->type == ElementType::int64) continue;  // places in a table
    if (node.op == "Gemm") count += outputs * (2 * call.shape(0)[1] + 1);
    if (node.op == "MatMul") count += outputs * 2 * call.shape(0).back();
    if (const auto known = per_output.find(node.op); known != per_output.end()) count += outputs * known->second;
  }
  return count;
}

class EverySpace : public testing::TestWithParam<std::string> {};

void expect_same_from_network_and_graph(const SearchSpace& space, const Architecture& architecture,
                                        const NetworkShape& shape, Rng& rng, std::uint64_t seed) {
  const Network network = to_network(space, architecture, shape);
  ParameterStore store;
  store.add(network, rng.split(seed));
  shake(store, rng);
  const Graph graph = to_graph(network, &store);
  EXPECT_LT(largest_difference(network, store, graph, rows_for(shape, rng)), 1e-4) << to_text(space, architecture);
  EXPECT_EQ(parameters_of(graph), network.parameter_count()) << to_text(space, architecture);
  EXPECT_EQ(flops_of(graph), network.flops()) << to_text(space, architecture);
}

TEST_P(EverySpace, SampledArchitecturesRunAndCountTheSameFromNetworkAndGraph) {
  const SearchSpace space = load_space(GetParam());
  const NetworkShape shape = shape_for(space);
  Rng rng(11);
  for (int i = 0; i < kArchitectures; ++i)
    expect_same_from_network_and_graph(space, i == 0 ? smallest(space) : random_architecture(space, rng), shape, rng,
                                       static_cast<std::uint64_t>(i));
}

TEST(Spaces, ATransformerOfCategoriesAloneRunsAndCountsTheSame) {
  const SearchSpace space = load_space("ft");
  NetworkShape shape{2, 3, 0.1F};
  shape.cardinalities = {4, 2};
  Rng rng(7);
  for (std::uint64_t i = 0; i < 5; ++i)
    expect_same_from_network_and_graph(space, random_architecture(space, rng), shape, rng, i);
}

TEST_P(EverySpace, AFixedBatchRunsTheSame) {
  const SearchSpace space = load_space(GetParam());
  const NetworkShape shape = shape_for(space);
  Rng rng(3);
  const Network network = to_network(space, random_architecture(space, rng), shape);
  ParameterStore store;
  store.add(network, rng);
  EXPECT_LT(largest_difference(network, store, to_graph(network, &store, kRows), rows_for(shape, rng)), 1e-4);
}

TEST_P(EverySpace, NumericEmbeddingsRunTheSameInEveryFamily) {
  const SearchSpace space = load_space(GetParam());
  NetworkShape shape = shape_for(space);
  Rng rng(5);
  Matrix train(200, shape.inputs);
  for (Eigen::Index i = 0; i < train.size(); ++i) train.data()[i] = static_cast<float>(rng.normal());
  for (int r = 0; r < 200; ++r) train(r, 1) = static_cast<float>(r % 3);  // fewer values than bins
  train.col(2).setConstant(0.25F);
  NumericEmbedding embedding;
  embedding.edges = quantile_edges(train, 5, 8);
  embedding.width = 6;
  shape.embedding = std::make_shared<const NumericEmbedding>(embedding);
  for (int i = 0; i < 5; ++i) {
    const Network network = to_network(space, random_architecture(space, rng), shape);
    ParameterStore store;
    store.add(network, rng);
    shake(store, rng);
    const Graph graph = to_graph(network, &store);
    Matrix x = 2 * rows_for(shape, rng);  // beyond the outer edges too
    for (std::size_t c = 0; c < shape.cardinalities.size(); ++c) x.col(5 + static_cast<Eigen::Index>(c)) /= 2;
    EXPECT_LT(largest_difference(network, store, graph, x), 1e-4);
    EXPECT_EQ(flops_of(graph), network.flops());
  }
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, EverySpace, testing::ValuesIn(built_in_spaces()), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace tabjoule::spaces_test
