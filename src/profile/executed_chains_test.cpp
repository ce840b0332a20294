// The rules of ONNX Runtime's CPU provider against the runtime itself: every operator behind every head, and a second
// one behind it, give the kernels of the graph that it says it executes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "graph/onnx/onnx_file.h"
#include "kernel/detect.h"
#include "profile/model_builder.h"
#include "runtime/runner.h"

namespace tabjoule::executed_chains_test {
namespace {

/// What an operator reads beside the kernel's tensor.
enum class Other { nothing, channel, single, tensor };

struct Step {
  std::string op;
  Other other = Other::nothing;
};

const std::vector<Step>& first_steps() {
  static const std::vector<Step> steps = [] {
    std::vector<Step> all;
    for (const char* op : {"Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu", "Selu", "Softplus", "Softsign", "HardSigmoid",
                           "HardSwish", "ThresholdedRelu", "Clip", "Erf", "BatchNormalization"})
      all.push_back({op});
    for (const char* op : {"Add", "Sub", "Mul", "Div"})
      for (const Other other : {Other::channel, Other::single, Other::tensor}) all.push_back({op, other});
    return all;
  }();
  return steps;
}

const std::vector<Step>& second_steps() {
  static const std::vector<Step> steps = {{""},
                                          {"Relu"},
                                          {"Clip"},
                                          {"BatchNormalization"},
                                          {"Add", Other::channel},
                                          {"Add", Other::tensor},
                                          {"Mul", Other::single}};
  return steps;
}

bool is_image(const BuiltTensor& tensor) { return tensor.dims.size() == 4; }

BuiltTensor behind(ModelBuilder& model, const Step& step, const BuiltTensor& input, const std::string& output) {
  const std::int64_t channels = is_image(input) ? input.dims[1] : input.dims.back();
  std::vector<std::string> inputs{input.name};
  if (step.op == "BatchNormalization")
    for (const char* part : {".scale", ".shift", ".mean", ".variance"})
      inputs.push_back(model.positive(output + part, {channels}));
  if (step.other == Other::tensor) inputs.push_back(model.input(input.dims).name);
  if (step.other == Other::single) inputs.push_back(model.positive(output + ".one", {1}));
  if (step.other == Other::channel)
    inputs.push_back(model.positive(output + ".each", is_image(input) ? Dims{1, channels, 1, 1} : Dims{channels}));
  return model.add(step.op, inputs, output, input.dims);
}

/// 64 rows of 64 columns, twice where `rank` is 3; of a convolution an image of 16 channels, which are whole blocks.
BuiltTensor head(ModelBuilder& model, const std::string& op, std::size_t rank) {
  const Dims dims = rank == 2 ? Dims{64, 64} : Dims{2, 64, 64}, narrow = rank == 2 ? Dims{64, 4} : Dims{2, 64, 4};
  if (op == "Conv")
    return model.add("Conv", {model.input({1, 4, 16, 16}).name, model.weight("w", {16, 4, 1, 1}, 4)}, "h",
                     {1, 16, 16, 16}, {{"kernel_shape", Dims{1, 1}}});
  if (op == "Gemm")
    return model.add("Gemm", {model.input(narrow).name, model.weight("w", {64, 4}, 4), model.weight("b", {64}, 4)}, "h",
                     dims, {{"transB", std::int64_t{1}}});
  if (op == "MatMul") return model.add("MatMul", {model.input(narrow).name, model.weight("w", {4, 64}, 4)}, "h", dims);
  if (op == "MatMul of tensors") {
    const std::string right = model.input(rank == 2 ? Dims{4, 64} : Dims{2, 4, 64}).name;
    return model.add("MatMul", {model.input(narrow).name, right}, "h", dims);
  }
  return behind(model, {op, op == "Add" ? Other::channel : Other::nothing}, model.input(dims), "h");
}

/// Sorted; without the kernels that bring blocks of channels back into order.
std::vector<std::string> texts(const KernelGraph& graph) {
  std::vector<std::string> result;
  for (const Kernel& kernel : graph.kernels)
    if (kernel.key.variant != "ReorderOutput") result.push_back(kernel.key.text());
  std::sort(result.begin(), result.end());
  return result;
}

/// Where rules are not written: the runtime adds a tensor inside a convolution only if it has it in blocks of channels,
/// as the output of another one; joins a bias to products of batches where no dimension is open, between two Reshapes;
/// folds a BatchNormalization into constant weights alone; and one Relu into another.
bool is_exception(const std::string& head, std::size_t rank, const Step& first, const Step& second) {
  const auto adds_tensor = [](const Step& step) { return step.op == "Add" && step.other == Other::tensor; };
  if (head == "Conv") {
    const bool folds = first.other == Other::channel && (first.op == "Add" || first.op == "Mul");
    return adds_tensor(first) || (adds_tensor(second) && (folds || first.op == "BatchNormalization"));
  }
  if (head == "MatMul" && rank == 3) return first.op == "Add" && first.other == Other::channel;
  if (head == "MatMul of tensors") return first.op == "BatchNormalization";
  return head == "Relu" && first.op == "Relu";
}

TEST(ExecutedChains, AreThoseOfTheRules) {
  const auto runner = make_cpu_runner({});
  int chains = 0;
  for (const char* name : {"Gemm", "MatMul", "MatMul of tensors", "Conv", "Relu", "Add"})
    for (const std::size_t rank : {2, 3}) {
      const std::string op = name;
      if (rank == 3 && (op == "Gemm" || op == "Conv")) continue;
      for (const Step& first : first_steps())
        for (const Step& second : second_steps()) {
          const bool normalises = first.op == "BatchNormalization" || second.op == "BatchNormalization";
          if ((rank == 3 && normalises) || is_exception(op, rank, first, second)) continue;
          ModelBuilder model;
          BuiltTensor last = behind(model, first, head(model, op, rank), "first");
          if (!second.op.empty()) last = behind(model, second, last, "second");
          model.output(last);
          const Graph graph = model.finish();
          const Graph executed = runner->load(to_onnx(graph))->executed_graph();
          EXPECT_EQ(texts(detect_kernels(graph, 1, onnxruntime_cpu_rules())), texts(detect_kernels(executed, 1, {})))
              << op << " of rank " << rank << ", " << first.op << ' ' << static_cast<int>(first.other) << ", "
              << second.op << ' ' << static_cast<int>(second.other);
          ++chains;
        }
    }
  EXPECT_GT(chains, 1000);
}

TEST(ExecutedChains, AreThoseOfTheRulesInLaterOpsets) {
  ModelBuilder model;
  model.output(behind(model, {"Mish"}, head(model, "Gemm", 2), "first"));
  Graph graph = model.finish();
  graph.opsets[""] = 18;  // the first with Mish
  const Graph executed = make_cpu_runner({})->load(to_onnx(graph))->executed_graph();
  EXPECT_EQ(texts(detect_kernels(graph, 1, onnxruntime_cpu_rules())), texts(detect_kernels(executed, 1, {})));
}

}  // namespace
}  // namespace tabjoule::executed_chains_test
