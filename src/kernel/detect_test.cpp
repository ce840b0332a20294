#include "kernel/detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"

namespace tabjoule::detect_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// x (batch, 6) goes through the nodes that a test adds; `w` (6, 4), `b` (4).
Graph frame(const std::string& output) {
  Graph graph;
  graph.opsets[""] = 17;
  graph.inputs = {{"x", ElementType::float32, {-1, 6}, {"batch", ""}}};
  graph.outputs = {{output, ElementType::float32, {}, {}}};
  Tensor weight, bias;
  weight.name = "w";
  weight.dims = {6, 4};
  bias.name = "b";
  bias.dims = {4};
  graph.constants = {weight, bias};
  return graph;
}

void add(Graph& graph, const std::string& op, std::vector<std::string> inputs, const std::string& output,
         std::map<std::string, Attribute> attributes = {}, const std::string& domain = "") {
  graph.nodes.push_back({op + "." + output, op, domain, std::move(inputs), {output}, std::move(attributes)});
}

void add_integers(Graph& graph, const std::string& name, std::vector<std::int64_t> values) {
  Tensor tensor{name, ElementType::int64, {static_cast<std::int64_t>(values.size())}, {}, {}, std::move(values), {}};
  graph.constants.push_back(std::move(tensor));
}

std::vector<std::string> texts(const Graph& graph, std::int64_t batch = 3) {
  std::vector<std::string> result;
  for (const Kernel& kernel : detect_kernels(graph, batch).kernels) result.push_back(kernel.key.text());
  return result;
}

std::string message_of(const Graph& graph) {
  try {
    static_cast<void>(detect_kernels(graph, 1));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    return error.what();
  }
  return "no error";
}

TEST(Detect, AnMlpIsDenseLayersWithTheirActivation) {
  const Graph graph = to_graph(example::mlp(10, {64, 32}, 3), nullptr);
  EXPECT_THAT(texts(graph, 256),
              ElementsAre("linear m=256 n=64 k=10 relu", "linear m=256 n=32 k=64 relu", "linear m=256 n=3 k=32"));
  EXPECT_THAT(detect_kernels(graph, 1).kernels[0].nodes, ElementsAre("block0.linear", "block0.relu"));
}

TEST(Detect, WorkAddsUpToTheNetworksOwnCounts) {
  const Network network = example::mlp(10, {64, 32}, 3);
  double flops = 0, parameters = 0;
  for (const Kernel& kernel : detect_kernels(to_graph(network, nullptr), 1).kernels) {
    flops += work_of(kernel.key).flops;
    parameters += work_of(kernel.key).parameters;
  }
  EXPECT_EQ(flops, static_cast<double>(network.flops()));
  EXPECT_EQ(parameters, static_cast<double>(network.parameter_count()));
}

TEST(Detect, TheSameLayerInItsThreeSpellings) {
  Graph gemm = frame("y"), fused = frame("y"), matmul = frame("y");
  add(gemm, "Gemm", {"x", "w", "b"}, "g");
  add(gemm, "Relu", {"g"}, "y");
  add(fused, "FusedGemm", {"x", "w", "b"}, "y", {{"activation", std::string("Relu")}}, "com.microsoft");
  add(matmul, "MatMul", {"x", "w"}, "m");
  add(matmul, "Add", {"b", "m"}, "a");
  add(matmul, "Relu", {"a"}, "y");
  for (const Graph& graph : {gemm, fused, matmul}) {
    EXPECT_THAT(texts(graph), ElementsAre("linear m=3 n=4 k=6 relu"));
  }
}

TEST(Detect, AnActivationWithASecondReaderBeforeItStaysOnItsOwn) {
  Graph graph = frame("y");
  add(graph, "Gemm", {"x", "w", "b"}, "g");
  add(graph, "Relu", {"g"}, "r");
  add(graph, "Add", {"g", "r"}, "y");
  EXPECT_THAT(texts(graph), ElementsAre("linear m=3 n=4 k=6", "elementwise elements=12 inputs=1 Relu",
                                        "elementwise elements=12 inputs=2 Add"));
}

TEST(Detect, AProductThatIsAnOutputKeepsItsActivationApart) {
  Graph graph = frame("y");
  graph.outputs.push_back({"g", ElementType::float32, {}, {}});
  add(graph, "Gemm", {"x", "w", "b"}, "g");
  add(graph, "Relu", {"g"}, "y");
  EXPECT_EQ(texts(graph).size(), 2U);
}

TEST(Detect, ConstantAndUnusedNodesAreNotExecuted) {
  Graph graph = frame("y");
  add(graph, "Relu", {"b"}, "folded");
  add(graph, "Sigmoid", {"x"}, "unused");
  add(graph, "Gemm", {"x", "w", "folded"}, "g");
  add(graph, "Identity", {"g"}, "y");
  EXPECT_THAT(texts(graph), ElementsAre("linear m=3 n=4 k=6"));
}

TEST(Detect, NodesOutOfOrderAreExecutedInOrder) {
  Graph graph = frame("y");
  add(graph, "Sigmoid", {"s"}, "y");
  add(graph, "Softmax", {"x"}, "s");
  EXPECT_THAT(texts(graph), ElementsAre("softmax rows=3 cols=6", "elementwise elements=18 inputs=1 Sigmoid"));
}

TEST(Detect, OtherOperatorsHaveTheirOwnShapes) {
  Graph graph = frame("y");
  add_integers(graph, "columns", {0, 2, 4});
  add_integers(graph, "axis", {1});
  add(graph, "Gather", {"x", "columns"}, "picked", {{"axis", std::int64_t{1}}});
  add(graph, "Concat", {"x", "picked"}, "joined", {{"axis", std::int64_t{-1}}});
  add(graph, "Transpose", {"joined"}, "turned");
  add(graph, "Unsqueeze", {"turned", "axis"}, "deep");
  add(graph, "ReduceSum", {"deep", "axis"}, "sum", {{"keepdims", std::int64_t{0}}});
  add(graph, "Cast", {"sum"}, "y", {{"to", std::int64_t{11}}});
  EXPECT_THAT(texts(graph), ElementsAre("gather rows=3 cols=3 table_rows=6", "concat elements=27 inputs=2 run=9",
                                        "transpose elements=27", "reformat elements=27 Unsqueeze",
                                        "reduce elements=27 outputs=27 run=3 ReduceSum", "reformat elements=27 Cast"));
}

TEST(Detect, ShapesThatAGraphComputesItselfAreFollowed) {
  Graph graph = frame("y");
  add_integers(graph, "zero", {0});
  add_integers(graph, "rest", {-1, 2});
  add(graph, "Shape", {"x"}, "shape");
  add(graph, "Gather", {"shape", "zero"}, "first");
  add(graph, "Concat", {"first", "rest"}, "target", {{"axis", std::int64_t{0}}});
  add(graph, "Reshape", {"x", "target"}, "split");
  add(graph, "Softmax", {"split"}, "y");
  EXPECT_EQ(texts(graph).back(), "softmax rows=9 cols=2");
}

/// The way exporters expand a tensor to a shape that was computed: dimensions of -1 are those the tensor has.
TEST(Detect, ArithmeticOfShapesIsFollowed) {
  Graph graph = frame("y");
  add_integers(graph, "wanted", {-1, 6});
  add_integers(graph, "minus", {-1});
  add_integers(graph, "two", {2});
  add_integers(graph, "zero", {0});
  add_integers(graph, "end", {std::numeric_limits<std::int64_t>::min()});
  add(graph, "Shape", {"x"}, "shape");
  add(graph, "Equal", {"wanted", "minus"}, "open");
  add(graph, "Where", {"open", "shape", "wanted"}, "target");
  add(graph, "Expand", {"x", "target"}, "whole");
  add(graph, "Slice", {"shape", "zero", "end", "zero", "minus"}, "nothing");  // from 0 backwards: the first alone
  add(graph, "Mul", {"nothing", "two"}, "doubled");
  add(graph, "Sub", {"doubled", "minus"}, "odd");
  add(graph, "Div", {"odd", "two"}, "halved");
  add(graph, "Concat", {"halved", "two", "minus"}, "split", {{"axis", std::int64_t{0}}});
  add(graph, "Reshape", {"whole", "split"}, "blocks");
  add(graph, "Softmax", {"blocks"}, "y");
  EXPECT_EQ(texts(graph, 5).back(), "softmax rows=10 cols=3");
  EXPECT_EQ(texts(graph, 8).back(), "softmax rows=16 cols=3");
}

/// Real numbers that are computed from sizes are none: what is divided may not be whole.
TEST(Detect, RealNumbersAreNoSizes) {
  Graph graph = frame("y");
  add_integers(graph, "four", {4});
  add(graph, "Shape", {"x"}, "shape");
  add(graph, "Cast", {"shape"}, "real", {{"to", std::int64_t{1}}});
  add(graph, "Cast", {"four"}, "divisor", {{"to", std::int64_t{1}}});
  add(graph, "Div", {"real", "divisor"}, "ratio");
  add(graph, "Cast", {"ratio"}, "whole", {{"to", std::int64_t{7}}});
  add(graph, "Reshape", {"x", "whole"}, "y");
  EXPECT_THAT(message_of(graph), HasSubstr("depends on values of input 1"));
}

TEST(Detect, SlicesMayStepBackwards) {
  const auto elements = [](std::int64_t from, std::int64_t to, std::int64_t step) {
    Graph graph = frame("y");
    add_integers(graph, "from", {from});
    add_integers(graph, "to", {to});
    add_integers(graph, "axis", {1});
    add_integers(graph, "step", {step});
    add(graph, "Slice", {"x", "from", "to", "axis", "step"}, "y");
    return detect_kernels(graph, 1).kernels.at(0).key.shape.at(0);
  };
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min(), kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(elements(-1, kLeast, -1), 6);
  EXPECT_EQ(elements(4, 0, -2), 2);
  EXPECT_EQ(elements(kMost, kLeast, kLeast), 1);
  EXPECT_EQ(elements(0, kMost, 4), 2);
  EXPECT_EQ(elements(0, kMost, kMost), 1);
  EXPECT_EQ(elements(3, 3, 1), 0);
}

TEST(Detect, MoreOperatorsOfExporters) {
  Graph graph = frame("y");
  add_integers(graph, "picked", {1, 0, 2});
  add_integers(graph, "pairs", {0, 1, 2, 3});
  graph.constants.back().dims = {2, 2};
  add(graph, "GatherND", {"x", "pairs"}, "two");  // two single elements
  add(graph, "MatMul", {"x", "row"}, "scalars");
  graph.constants.push_back({"row", ElementType::float32, {6}, {}, {}, {}, {}});
  add(graph, "Einsum", {"x", "w"}, "e", {{"equation", std::string("...k,kn->...n")}});
  add(graph, "ReduceL1", {"e"}, "norm", {{"axes", std::vector<std::int64_t>{1}}});
  add(graph, "Expand", {"norm", "wide"}, "spread");
  add_integers(graph, "wide", {1, 4});
  graph.outputs = {{"two", ElementType::float32, {}, {}},
                   {"scalars", ElementType::float32, {}, {}},
                   {"spread", ElementType::float32, {}, {}}};
  EXPECT_THAT(texts(graph), ElementsAre("gather rows=2 cols=1 table_rows=18", "linear m=3 n=1 k=6",
                                        "batch_matmul batch=1 m=3 n=4 k=6 Einsum mk,kn->mn",
                                        "reduce elements=12 outputs=3 ReduceL1", "reformat elements=12 run=1 Expand"));
}

/// Rows that look at each other are no batch of products, whatever their operators look like.
TEST(Detect, AttentionIsOfBatches) {
  for (const bool batches : {true, false}) {
    Graph graph = frame("y");
    const std::vector<std::int64_t> rows = {4, 8}, columns = {8, 4}, many_rows = {2, 4, 8}, many_columns = {2, 8, 4};
    const auto& q = batches ? many_rows : rows;
    const auto& k = batches ? many_columns : columns;
    const std::vector<std::string> names(q.size());
    graph.inputs = {{"q", ElementType::float32, q, names},
                    {"k", ElementType::float32, k, names},
                    {"v", ElementType::float32, q, names}};
    add(graph, "MatMul", {"q", "k"}, "scores");
    add(graph, "Softmax", {"scores"}, "map");
    add(graph, "MatMul", {"map", "v"}, "y");
    std::vector<std::string> found;
    for (const Kernel& kernel : detect_kernels(graph, 1, load_fusion_rules("tensorrt")).kernels)
      found.push_back(kernel.key.text());
    if (batches)
      EXPECT_THAT(found, ElementsAre("attention batch=2 heads=1 q_tokens=4 kv_tokens=4 head_dim=8"));
    else
      EXPECT_THAT(found, ElementsAre("linear m=4 n=4 k=8", "softmax rows=4 cols=4", "linear m=4 n=8 k=4"));
  }
}

TEST(Detect, EquationsAreToldByTheRolesOfTheirLetters) {
  const auto variant = [](const std::string& equation, const std::vector<std::int64_t>& a,
                          const std::vector<std::int64_t>& b) {
    Graph graph = frame("y");
    graph.inputs = {{"left", ElementType::float32, a, std::vector<std::string>(a.size())},
                    {"right", ElementType::float32, b, std::vector<std::string>(b.size())}};
    add(graph, "Einsum", {"left", "right"}, "y", {{"equation", equation}});
    return texts(graph).at(0);
  };
  EXPECT_EQ(variant("b h i d, b h j d -> b h i j", {2, 3, 4, 5}, {2, 3, 7, 5}),
            "batch_matmul batch=6 m=4 n=7 k=5 Einsum bmk,bnk->bmn");
  EXPECT_EQ(variant("...ij,...jk->...ik", {2, 3, 4, 5}, {2, 3, 5, 7}),
            "batch_matmul batch=6 m=4 n=7 k=5 Einsum bmk,bkn->bmn");
  EXPECT_EQ(variant("bihd,bjhd->bhij", {2, 4, 3, 5}, {2, 7, 3, 5}), "batch_matmul batch=6 m=4 n=7 k=5 Einsum");
  EXPECT_EQ(variant("xij,yij->xy", {2, 4, 3}, {5, 4, 3}), "batch_matmul batch=1 m=2 n=5 k=12 Einsum mk,nk->mn");
  EXPECT_EQ(variant("xij,yji->xy", {2, 4, 3}, {5, 3, 4}), "batch_matmul batch=1 m=2 n=5 k=12 Einsum");
}

TEST(Detect, RecurrentLayersAreCountedAndFollowed) {
  Graph graph = frame("y");
  graph.inputs[0] = {"x", ElementType::float32, {7, -1, 6}, {"", "batch", ""}};
  for (const auto& [name, dims] : {std::pair("W", std::vector<std::int64_t>{2, 20, 6}), {"R", {2, 20, 5}}})
    graph.constants.push_back({name, ElementType::float32, dims, {}, {}, {}, {}});
  graph.nodes = {{"lstm", "LSTM", "", {"x", "W", "R"}, {"all", "last"}, {}}};
  add(graph, "Softmax", {"last"}, "z");
  add(graph, "Relu", {"all"}, "y");
  graph.outputs.push_back({"z", ElementType::float32, {}, {}});
  EXPECT_THAT(texts(graph),
              ElementsAre("unknown LSTM", "softmax rows=6 cols=5", "elementwise elements=210 inputs=1 Relu"));
  EXPECT_EQ(detect_kernels(graph, 3).unknown, 1);
}

/// scikit-learn's exporter: a scaled table goes into a network, a linear model and a forest.
TEST(Detect, OperatorsOfClassicalModels) {
  Graph graph = frame("labels");
  const std::vector<std::int64_t> classes{0, 1, 2};
  const auto add_ml = [&](const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
                          std::map<std::string, Attribute> attributes) {
    graph.nodes.push_back({op, op, "ai.onnx.ml", std::move(inputs), std::move(outputs), std::move(attributes)});
  };
  add_ml("Scaler", {"x"}, {"scaled"}, {{"scale", std::vector<float>(6, 2)}});
  add_ml("LinearClassifier", {"scaled"}, {"class", "scores"},
         {{"coefficients", std::vector<float>(18, 1)}, {"classlabels_ints", classes}});
  add_ml("LinearRegressor", {"scaled"}, {"value"}, {{"coefficients", std::vector<float>(6, 1)}});
  add_ml("TreeEnsembleClassifier", {"scaled"}, {"tree", "votes"}, {{"classlabels_int64s", classes}});
  add(graph, "Add", {"scores", "votes"}, "sum");
  add(graph, "Mul", {"sum", "value"}, "weighted");
  add(graph, "ArgMax", {"weighted"}, "place", {{"axis", std::int64_t{1}}});
  add_integers(graph, "names", {5, 6, 7});
  add_ml("ArrayFeatureExtractor", {"names", "place"}, {"named"}, {});
  add_integers(graph, "flat", {-1});
  add(graph, "Reshape", {"named", "flat"}, "labels");
  EXPECT_THAT(texts(graph, 4),
              ElementsAre("elementwise elements=24 inputs=1 Scaler", "linear m=4 n=3 k=6", "linear m=4 n=1 k=6",
                          "unknown TreeEnsembleClassifier", "elementwise elements=12 inputs=2 Add",
                          "elementwise elements=12 inputs=2 run=3 Mul", "reduce elements=12 outputs=4 ArgMax",
                          "gather rows=4 cols=1 table_rows=3 ArrayFeatureExtractor", "reformat elements=4 Reshape"));
  EXPECT_EQ(detect_kernels(graph, 4).unknown, 1);
}

TEST(Detect, QuantisedOperatorsComputeInIntegers) {
  Graph graph = frame("y");
  const auto with_scale = [](const std::string& name) { return std::vector<std::string>{name, "s", "z"}; };
  const auto joined = [](std::vector<std::string> all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  graph.constants.push_back({"s", ElementType::float32, {}, {0.1F}, {}, {}, {}});
  graph.constants.push_back({"z", ElementType::uint8, {}, {}, {}, {0}, {}});
  graph.constants.push_back({"w8", ElementType::int8, {6, 4}, {}, {}, {}, {}});
  graph.constants.push_back({"v8", ElementType::int8, {5, 4}, {}, {}, {}, {}});
  graph.constants.push_back({"u8", ElementType::int8, {3, 2}, {}, {}, {}, {}});
  graph.constants.push_back({"d8", ElementType::int8, {10, 10}, {}, {}, {}, {}});
  graph.nodes = {{"dynamic", "DynamicQuantizeLinear", "", {"x"}, {"q", "qs", "qz"}, {}},
                 {"integers", "MatMulInteger", "", {"q", "w8", "qz"}, {"sums"}, {}},
                 {"scale", "Mul", "", {"qs", "s"}, {"scale"}, {}},
                 {"cast", "Cast", "", {"sums"}, {"real"}, {{"to", std::int64_t{1}}}},
                 {"scaled", "Mul", "", {"real", "scale"}, {"r"}, {}}};
  add(graph, "QuantizeLinear", with_scale("r"), "r8");
  graph.nodes.push_back({"gemm",
                         "QGemm",
                         "com.microsoft",
                         joined(joined(with_scale("r8"), with_scale("v8")), with_scale("")),
                         {"g8"},
                         {{"transB", std::int64_t{1}}}});
  graph.nodes.push_back(
      {"twice", "QLinearAdd", "com.microsoft", joined(with_scale("g8"), with_scale("g8")), {"t8"}, {}});
  graph.nodes.push_back({"pair",
                         "QLinearConcat",
                         "com.microsoft",
                         joined({"s", "z"}, joined(with_scale("g8"), with_scale("t8"))),
                         {"p8"},
                         {{"axis", std::int64_t{1}}}});
  add(graph, "Transpose", {"p8"}, "turned8", {{"perm", std::vector<std::int64_t>{1, 0}}});
  graph.nodes.push_back({"real", "QGemm", "com.microsoft", joined(with_scale("turned8"), with_scale("u8")), {"f"}, {}});
  add(graph, "DequantizeLinear", with_scale("p8"), "d");
  graph.nodes.push_back({"all", "DynamicQuantizeMatMul", "com.microsoft", {"d", "d8", "s", "z"}, {"e"}, {}});
  graph.nodes.push_back({"both", "Gemm", "", {"e", "f"}, {"y"}, {{"transA", std::int64_t{0}}}});
  EXPECT_THAT(texts(graph),
              ElementsAre("reformat elements=18 DynamicQuantizeLinear int8", "linear m=3 n=4 k=6 int32 int8",
                          "elementwise elements=1 inputs=2 Mul", "reformat elements=12 Cast",
                          "elementwise elements=12 inputs=2 Mul", "reformat elements=12 QuantizeLinear int8",
                          "linear m=3 n=5 k=4 int8", "elementwise elements=15 inputs=2 QLinearAdd int8",
                          "concat elements=30 inputs=2 run=10 requantize int8", "transpose elements=30 int8",
                          "linear m=10 n=2 k=3 dequantize int8", "reformat elements=30 DequantizeLinear int8",
                          "linear m=3 n=10 k=10 dynamic int8", "linear m=3 n=2 k=10"));
}

/// On x86-64 ONNX Runtime convolves integers with channels last.
TEST(Detect, QuantisedConvolutionsMayHaveTheirChannelsLast) {
  for (const bool last : {true, false}) {
    Graph graph = frame("y");
    graph.inputs[0] = {"x",
                       ElementType::uint8,
                       last ? std::vector<std::int64_t>{-1, 9, 7, 4} : std::vector<std::int64_t>{-1, 4, 9, 7},
                       {"batch", "", "", ""}};
    graph.constants.push_back({"s", ElementType::float32, {}, {0.1F}, {}, {}, {}});
    graph.constants.push_back({"z", ElementType::uint8, {}, {}, {}, {0}, {}});
    graph.constants.push_back({"k", ElementType::int8, {6, 4, 3, 3}, {}, {}, {}, {}});
    graph.nodes = {{"conv",
                    "QLinearConv",
                    last ? "com.microsoft" : "",
                    {"x", "s", "z", "k", "s", "z", "s", "z"},
                    {"c"},
                    {{"channels_last", std::int64_t{last}}}}};
    add(graph, "Softmax", {"c"}, "y");
    EXPECT_THAT(texts(graph, 2),
                ElementsAre("conv batch=2 cin=4 cout=6 height=9 width=7 kernel_size=3 stride=1 groups=1 int8",
                            last ? "softmax rows=70 cols=6 int8" : "softmax rows=84 cols=5 int8"));
  }
}

/// ONNX Runtime takes a transpose into a reorder: its blocks come from images whose channels are last, or go there.
TEST(Detect, ReordersMayTurnAnImage) {
  Graph graph = frame("y");
  graph.inputs[0] = {"x", ElementType::float32, {-1, 5, 7, 12}, {"batch", "", "", ""}};
  const std::map<std::string, Attribute> last = {{"channels_last", std::int64_t{1}}, {"channels", std::int64_t{10}}};
  add(graph, "ReorderInput", {"x"}, "blocks", last, "com.microsoft.nchwc");
  add(graph, "GlobalAveragePool", {"blocks"}, "means", {}, "com.microsoft.nchwc");
  add(graph, "ReorderOutput", {"blocks"}, "image", last, "com.microsoft.nchwc");
  add(graph, "Softmax", {"image"}, "y");
  graph.outputs.push_back({"means", ElementType::float32, {}, {}});
  const auto kernels = texts(graph, 1);
  EXPECT_THAT(kernels, ::testing::Contains("softmax rows=35 cols=10"));
  EXPECT_THAT(kernels, ::testing::Contains(HasSubstr("global_pool batch=1 cin=12 height=5 width=7")));
}

/// Axes are attributes in older opsets and inputs in newer ones; Split learned to count its parts in 18.
TEST(Detect, TheSameModelInItsOpsets) {
  const auto model = [](std::int64_t opset) {
    Graph graph = frame("y");
    graph.opsets[""] = opset;
    const std::vector<std::int64_t> last = {1}, halves = {3, 3};
    add_integers(graph, "axis", last);
    add_integers(graph, "halves", halves);
    const auto with_axes = [&](const char* op, const char* from, const char* to, std::int64_t since) {
      opset < since ? add(graph, op, {from}, to, {{"axes", last}}) : add(graph, op, {from, "axis"}, to);
    };
    if (opset < 13) add(graph, "Split", {"x"}, "left", {{"axis", std::int64_t{1}}, {"split", halves}});
    if (opset >= 13 && opset < 18) add(graph, "Split", {"x", "halves"}, "left", {{"axis", std::int64_t{1}}});
    if (opset >= 18) add(graph, "Split", {"x"}, "left", {{"axis", std::int64_t{1}}, {"num_outputs", std::int64_t{2}}});
    graph.nodes.back().outputs.emplace_back("right");
    add(graph, "Mul", {"left", "right"}, "gated");
    with_axes("Unsqueeze", "gated", "deep", 13);
    with_axes("Squeeze", "deep", "flat", 13);
    with_axes("ReduceMax", "flat", "y", 18);
    return graph;
  };
  const std::vector<std::string> expected = texts(model(11));
  EXPECT_EQ(expected.back(), "reduce elements=9 outputs=3 ReduceMax");
  for (const std::int64_t opset : {12, 13, 17, 18, 20, 21}) EXPECT_EQ(texts(model(opset)), expected) << opset;
}

TEST(Detect, APadGrowsEveryAxisOrTheNamedOnes) {
  Graph graph = frame("y");
  add_integers(graph, "each", {0, 1, 2, -3});
  add_integers(graph, "of_one", {1, 2});
  add_integers(graph, "axis", {1});
  add(graph, "Pad", {"x", "each"}, "a");
  add(graph, "Pad", {"a", "of_one", "", "axis"}, "y");
  EXPECT_THAT(texts(graph), ElementsAre("reformat elements=20 run=4 Pad", "reformat elements=35 run=7 Pad"));
}

TEST(Detect, OperatorsNewerThanOpset17AreKnown) {
  Graph graph = frame("y");
  graph.opsets[""] = 21;
  graph.inputs[0].dims = {-1, 6, 2};
  graph.inputs[0].dim_names = {"batch", "", ""};
  add(graph, "GroupNormalization", {"x", "six", "six"}, "n", {{"num_groups", std::int64_t{3}}});
  add_integers(graph, "six", std::vector<std::int64_t>(6, 1));
  add(graph, "Gelu", {"n"}, "g");
  add(graph, "Mish", {"g"}, "y");
  const KernelGraph kernels = detect_kernels(graph, 3);
  EXPECT_EQ(kernels.unknown, 0);
  EXPECT_EQ(kernels.kernels.at(0).key.text(), "layernorm rows=9 cols=4");
  graph.nodes[0].attributes["num_groups"] = std::int64_t{4};
  EXPECT_THAT(message_of(graph), HasSubstr("4 groups"));
}

TEST(Detect, UnknownOperatorsAreCounted) {
  Graph graph = frame("y");
  add(graph, "Mystery", {"x"}, "m", {}, "my.domain");
  add(graph, "Relu", {"m"}, "y");
  EXPECT_THAT(message_of(graph), HasSubstr("Relu.y\" (Relu): the shape of its input \"m\" cannot be known"));
  graph.values = {{"m", ElementType::float32, {-1, 8}, {"batch", ""}}};
  const KernelGraph kernels = detect_kernels(graph, 2);
  EXPECT_EQ(kernels.unknown, 1);
  EXPECT_EQ(kernels.kernels[0].key.variant, "Mystery");
  EXPECT_EQ(kernels.kernels[1].key.shape[0], 16);
}

TEST(Detect, WhatCannotBeIsNamed) {
  Graph cycle = frame("y");
  add(cycle, "Add", {"x", "y"}, "a");
  add(cycle, "Relu", {"a"}, "y");
  EXPECT_THAT(message_of(cycle), HasSubstr("cycle"));
  Graph absent = frame("y");
  add(absent, "Relu", {"nobody"}, "y");
  EXPECT_THAT(message_of(absent), HasSubstr("nothing makes its input \"nobody\""));
  Graph sizes = frame("y");
  add(sizes, "Gemm", {"x", "b"}, "y");
  EXPECT_THAT(message_of(sizes), HasSubstr("must be a matrix"));
  Graph open = frame("y");
  open.inputs[0].dims[1] = -1;
  EXPECT_THAT(message_of(open), HasSubstr("not fixed"));
  EXPECT_THROW(static_cast<void>(detect_kernels(frame("y"), 0)), Error);
}

/// A damaged file that can still be read has kernels or an Error, nothing else.
TEST(Detect, DamagedModelsAreDetectedOrRefused) {
  Graph graph = frame("y");
  add_integers(graph, "target", {-1, 2});
  graph.constants[0].floats.assign(24, 0.5F);
  graph.constants[1].floats.assign(4, 0.5F);
  add(graph, "Gemm", {"x", "w", "b"}, "g");
  add(graph, "Reshape", {"g", "target"}, "r");
  add(graph, "Softmax", {"r"}, "s", {{"axis", std::int64_t{-1}}});
  add(graph, "Transpose", {"s"}, "t", {{"perm", std::vector<std::int64_t>{1, 0}}});
  add(graph, "Concat", {"t", "t"}, "y", {{"axis", std::int64_t{0}}});
  const std::string original = to_onnx(graph);
  Rng rng(5);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes = original;
    for (auto i = rng.below(3) + 1; i > 0; --i) bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    try {
      static_cast<void>(detect_kernels(from_onnx(bytes, "damaged"), 2));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
    }
  }
}

}  // namespace
}  // namespace tabjoule::detect_test
