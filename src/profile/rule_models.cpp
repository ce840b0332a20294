#include "profile/rule_models.h"

#include <algorithm>

#include "base/error.h"

namespace tabjoule {
namespace {

constexpr std::int64_t kRows = 64;
constexpr std::int64_t kWidth = 64;
constexpr std::int64_t kInputs = 4;  // of a product or convolution: it costs about what its followers do
constexpr std::int64_t kSide = 16;   // of an image of 16 channels
constexpr std::int64_t kChannels = 16;

const std::vector<std::string> kProducts = {"Gemm", "MatMul", "Conv"};
const std::vector<std::string> kUnary = {"Relu",     "Sigmoid",  "Tanh",        "LeakyRelu", "Elu",        "Selu",
                                         "Softplus", "Softsign", "HardSigmoid", "HardSwish", "Clip",       "Neg",
                                         "Abs",      "Exp",      "Log",         "Sqrt",      "Reciprocal", "Erf"};
const std::vector<std::string> kBinary = {"Add", "Sub", "Mul", "Div", "Pow", "Min", "Max"};

bool one_of(const std::vector<std::string>& list, const std::string& op) {
  return std::find(list.begin(), list.end(), op) != list.end();
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Dims input_of(const std::string& op) {
  if (op == "Conv") return {1, kInputs, kSide, kSide};
  return {kRows, one_of(kProducts, op) ? kInputs : kWidth};
}

BuiltTensor product(ModelBuilder& model, const std::string& op, const BuiltTensor& input, std::int64_t width,
                    const std::string& output) {
  if (op == "Conv") {
    const std::string weight = model.weight(output + ".weight", {width, kInputs, 1, 1}, kInputs);
    return model.add("Conv", {input.name, weight}, output, {1, width, kSide, kSide}, {{"kernel_shape", Dims{1, 1}}});
  }
  if (op == "MatMul")
    return model.add("MatMul", {input.name, model.weight(output + ".weight", {kInputs, width}, kInputs)}, output,
                     {kRows, width});
  const std::string weight = model.weight(output + ".weight", {width, kInputs}, kInputs);
  const std::string bias = model.weight(output + ".bias", {width}, kInputs);
  return model.add("Gemm", {input.name, weight, bias}, output, {kRows, width}, {{"transB", std::int64_t{1}}});
}

/// A value a channel, shaped to be added to `like`.
Dims channels_of(const BuiltTensor& like) {
  return like.dims.size() == 4 ? Dims{1, like.dims[1], 1, 1} : Dims{like.dims[1]};
}

BuiltTensor follower(ModelBuilder& model, const std::string& op, Operand other, const BuiltTensor& input,
                     const std::string& output) {
  if (op == "BatchNormalization") {
    const Dims channels{input.dims[1]};
    std::vector<std::string> inputs{input.name};
    for (const char* part : {".scale", ".shift", ".mean", ".variance"})
      inputs.push_back(model.positive(output + part, channels));
    return model.add(op, inputs, output, input.dims);
  }
  if (!is_binary(op)) return model.add(op, {input.name}, output, input.dims);
  const std::string second =
      other == Operand::tensor ? model.input(input.dims).name : model.positive(output + ".other", channels_of(input));
  return model.add(op, {input.name, second}, output, input.dims);
}

BuiltTensor head(ModelBuilder& model, const std::string& op, const BuiltTensor& input, const std::string& output) {
  if (op == "Conv") return product(model, op, input, kChannels, output);
  if (one_of(kProducts, op)) return product(model, op, input, kWidth, output);
  return follower(model, op, Operand::tensor, input, output);
}

Dims output_of(const std::string& op) { return op == "Conv" ? Dims{1, kChannels, kSide, kSide} : Dims{kRows, kWidth}; }

void check(const FusionFacts::Pair& pair) {
  if (!one_of(testable_heads(), pair.first) || !one_of(testable_followers(), pair.second))
    fail_usage("no experiment can tell whether {} + {} fuses", pair.first, pair.second);
  if (pair.other == Operand::tensor && !is_binary(pair.second))
    fail_usage("{} does not read a second tensor", pair.second);
}

}  // namespace

const std::vector<std::string>& testable_heads() {
  static const std::vector<std::string> heads = joined(kProducts, joined(kUnary, kBinary));
  return heads;
}

const std::vector<std::string>& testable_followers() {
  static const std::vector<std::string> followers = joined(joined(kUnary, kBinary), {"BatchNormalization"});
  return followers;
}

bool is_binary(const std::string& op) { return one_of(kBinary, op); }

Graph pair_model(const FusionFacts::Pair& pair, PairForm form, int copies) {
  check(pair);
  ModelBuilder model;
  for (int copy = 0; copy < copies; ++copy) {
    const std::string name = "y" + std::to_string(copy);
    const bool second_only = form == PairForm::second;
    BuiltTensor last = model.input(second_only ? output_of(pair.first) : input_of(pair.first));
    if (!second_only) last = head(model, pair.first, last, form == PairForm::first ? name : name + ".first");
    if (form == PairForm::both_and_first_is_output) model.output(last);
    if (form != PairForm::first) last = follower(model, pair.second, pair.other, last, name);
    model.output(last);
  }
  return model.finish();
}

Graph branch_model(const std::string& op, BranchForm form, int branches, int copies) {
  if (!one_of(kProducts, op)) fail_usage("no experiment can tell whether siblings of {} merge", op);
  const std::int64_t width = op == "Conv" ? kChannels : kWidth;
  ModelBuilder model;
  for (int copy = 0; copy < copies; ++copy) {
    const std::string name = "y" + std::to_string(copy);
    BuiltTensor input = model.input(input_of(op));
    if (form == BranchForm::single) {
      model.output(product(model, op, input, branches * width, name));
      continue;
    }
    for (int branch = 0; branch < branches; ++branch) {
      if (branch > 0 && form == BranchForm::apart) input = model.input(input_of(op));
      model.output(product(model, op, input, width, name + "." + std::to_string(branch)));
    }
  }
  return model.finish();
}

Graph concat_model(ConcatForm form, int branches, int copies) {
  ModelBuilder model;
  for (int copy = 0; copy < copies; ++copy) {
    const std::string name = "y" + std::to_string(copy);
    std::vector<std::string> parts;
    for (int branch = 0; branch < branches; ++branch) {
      BuiltTensor part = model.input(form == ConcatForm::concat ? output_of("Gemm") : input_of("Gemm"));
      if (form != ConcatForm::concat) part = product(model, "Gemm", part, kWidth, name + "." + std::to_string(branch));
      if (form == ConcatForm::branches) model.output(part);
      parts.push_back(part.name);
    }
    if (form != ConcatForm::branches)
      model.output(model.add("Concat", parts, name, {kRows, branches * kWidth}, {{"axis", std::int64_t{1}}}));
  }
  return model.finish();
}

}  // namespace tabjoule
