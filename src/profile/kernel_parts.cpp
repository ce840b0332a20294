#include "profile/kernel_parts.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "profile/part_sizes.h"
#include "profile/quantized_parts.h"

namespace tabjoule {
namespace {

using Inputs = std::span<const BuiltTensor>;
using Attributes = std::map<std::string, Attribute>;

/// The parts of a fused kernel's variant: "relu+residual".
struct FusedInto {
  std::string activation;  ///< an operator, or empty
  bool residual = false;
};

FusedInto fused_into(const KernelKey& key) {
  static constexpr std::array kActivations = {"Relu",     "Sigmoid",   "Tanh",        "LeakyRelu",
                                              "Elu",      "Selu",      "HardSigmoid", "Softplus",
                                              "Softsign", "HardSwish", "Clip",        "ThresholdedRelu"};
  FusedInto fused;
  for (std::string_view left = key.variant; !left.empty();) {
    const std::string part(left.substr(0, left.find('+')));
    left.remove_prefix(std::min(left.size(), part.size() + 1));
    if (part == "residual") {
      fused.residual = true;
      continue;
    }
    const auto found =
        std::find_if(kActivations.begin(), kActivations.end(), [&](const char* op) { return lower(op) == part; });
    if (found == kActivations.end() || !fused.activation.empty() || fused.residual)
      fail_input("{}: a kernel with \"{}\" fused into it cannot be built alone; an activation, then residual, can",
                 key.text(), part);
    fused.activation = *found;
  }
  return fused;
}

BuiltTensor add_activation(ModelBuilder& model, const std::string& op, const BuiltTensor& input,
                           const std::string& output) {
  std::vector<std::string> names{input.name};
  if (op == "Clip") names = {input.name, model.scalar(output + ".low", 0), model.scalar(output + ".high", 6)};
  return model.add(op, names, output, input.dims);
}

// y = x W^T + b; W: (n, k). A residual is in the place of b, where every runtime adds it inside the kernel.
BuiltTensor add_linear(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const std::int64_t n = part_size(key, "n");
  const std::int64_t k = part_size(key, "k");
  const std::string weight = model.weight(output + ".weight", {n, k}, k);
  const FusedInto fused = fused_into(key);
  const std::string added = fused.residual ? inputs.back().name : model.weight(output + ".bias", {n}, k);
  const std::string name = fused.activation.empty() ? output : output + ".product";
  const BuiltTensor product =
      model.add("Gemm", {inputs[0].name, weight, added}, name, {part_size(key, "m"), n}, {{"transB", std::int64_t{1}}});
  return fused.activation.empty() ? product : add_activation(model, fused.activation, product, output);
}

/// "Einsum bmk,bnk->bmn": the operands' and the result's letters, each a size of the key.
struct EinsumLetters {
  std::string left, right, result;

  explicit EinsumLetters(const KernelKey& key) {
    const std::string& variant = key.variant;
    const auto comma = variant.find(','), arrow = variant.find("->");
    const std::string_view prefix = "Einsum ";
    if (!variant.starts_with(prefix) || comma == std::string::npos || arrow == std::string::npos || comma > arrow)
      fail_input("{}: a product with \"{}\" cannot be built alone", key.text(), variant);
    left = variant.substr(prefix.size(), comma - prefix.size());
    right = variant.substr(comma + 1, arrow - comma - 1);
    result = variant.substr(arrow + 2);
  }
  [[nodiscard]] static Dims dims(const KernelKey& key, const std::string& letters) {
    Dims sizes;
    for (const char letter : letters) sizes.push_back(part_size(key, letter == 'b' ? "batch" : std::string(1, letter)));
    return sizes;
  }
};

BuiltTensor add_batch_matmul(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  if (!key.variant.empty()) {
    const EinsumLetters letters(key);
    return model.add("Einsum", {inputs[0].name, inputs[1].name}, output, EinsumLetters::dims(key, letters.result),
                     {{"equation", letters.left + "," + letters.right + "->" + letters.result}});
  }
  return model.add("MatMul", {inputs[0].name, inputs[1].name}, output,
                   {part_size(key, "batch"), part_size(key, "m"), part_size(key, "n")});
}

// softmax(q k / sqrt(d)) v; q: (B, H, T, D), k: (B, H, D, T'), v: (B, H, T', D)
BuiltTensor add_attention(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  if (!key.variant.empty()) fail_input("{}: attention with a mask cannot be built alone", key.text());
  if (part_size(key, "kv_heads") != part_size(key, "heads"))
    fail_input("{}: attention whose heads share keys cannot be built alone", key.text());
  const Dims map{part_size(key, "batch"), part_size(key, "heads"), part_size(key, "q_tokens"),
                 part_size(key, "kv_tokens")};
  const std::string scale = model.weight(output + ".scale", {1}, part_size(key, "head_dim"));
  const BuiltTensor scores = model.add("MatMul", {inputs[0].name, inputs[1].name}, output + ".scores", map);
  const BuiltTensor scaled = model.add("Mul", {scores.name, scale}, output + ".scaled", map);
  const BuiltTensor weights = model.add("Softmax", {scaled.name}, output + ".map", map, {{"axis", std::int64_t{-1}}});
  return model.add("MatMul", {weights.name, inputs[2].name}, output, inputs[0].dims);
}

BuiltTensor add_layernorm(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  if (!key.variant.empty() && key.variant != "residual")
    fail_input("{}: this normalisation cannot be built alone", key.text());
  const Dims cols{part_size(key, "cols")};
  const std::string scale = model.positive(output + ".scale", cols);
  const std::string shift = model.weight(output + ".shift", cols, 1);
  if (key.variant == "residual")
    return model.add("SkipLayerNormalization", {inputs[0].name, inputs[1].name, scale, shift}, output, inputs[0].dims);
  return model.add("LayerNormalization", {inputs[0].name, scale, shift}, output, inputs[0].dims,
                   {{"axis", std::int64_t{-1}}});
}

BuiltTensor add_batchnorm(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const Dims cols{part_size(key, "cols")};
  const std::string scale = model.positive(output + ".scale", cols);
  const std::string shift = model.weight(output + ".shift", cols, 1);
  const std::string mean = model.weight(output + ".mean", cols, 1);
  const std::string variance = model.positive(output + ".variance", cols);
  return model.add("BatchNormalization", {inputs[0].name, scale, shift, mean, variance}, output, inputs[0].dims);
}

BuiltTensor add_softmax(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  return model.add(key.variant.empty() ? "Softmax" : key.variant, {inputs[0].name}, output, inputs[0].dims,
                   {{"axis", std::int64_t{-1}}});
}

/// Operators that the runtime makes one kernel of, "Relu+Mul": each takes the result of the one before it, and those of
/// two operands the next input beside it.
BuiltTensor add_elementwise_chain(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  static constexpr std::array kOfTwo = {"Add", "Sub", "Mul", "Div", "Pow", "Max", "Min"};
  BuiltTensor result = inputs[0];
  std::size_t next = 1;
  std::size_t begin = 0;
  while (begin != std::string::npos) {
    const std::size_t end = key.variant.find('+', begin);
    const std::string op = key.variant.substr(begin, end == std::string::npos ? end : end - begin);
    begin = end == std::string::npos ? end : end + 1;
    std::vector<std::string> names{result.name};
    if (std::find(kOfTwo.begin(), kOfTwo.end(), op) != kOfTwo.end())
      names.push_back(inputs[next < inputs.size() ? next++ : 0].name);
    const bool last = begin == std::string::npos;
    result = model.add(op, names, last ? output : fmt::format("{}.{}", output, begin), inputs[0].dims);
  }
  return result;
}

BuiltTensor add_elementwise(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  static constexpr std::array kBoolean = {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "IsNaN", "IsInf",
                                          "And",   "Or",   "Xor",         "Not"};
  if (key.variant.empty())
    fail_input("{}: the operator of an elementwise kernel is its variant, none is given", key.text());
  if (key.variant.find('+') != std::string::npos) return add_elementwise_chain(model, key, inputs, output);
  std::vector<std::string> names;
  for (const BuiltTensor& input : inputs) names.push_back(input.name);
  if (key.variant == "BiasGelu") names.push_back(model.weight(output + ".bias", {part_size(key, "run")}, 1));
  const bool scaler = key.variant == "Scaler";
  BuiltTensor result = model.add(
      key.variant, names, output, inputs[0].dims,
      scaler ? Attributes{{"offset", std::vector<float>{0.5F}}, {"scale", std::vector<float>{2}}} : Attributes{});
  if (std::find(kBoolean.begin(), kBoolean.end(), key.variant) != kBoolean.end()) result.type = ElementType::boolean;
  return result;
}

// Seeded indices into a table that is an input, so that no runtime folds the result into a constant.
BuiltTensor add_gather(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  if (!key.variant.empty()) fail_input("{}: a look-up of texts cannot be built alone", key.text());
  std::vector<std::int64_t> rows(static_cast<std::size_t>(part_size(key, "rows")));
  std::int64_t next = 0;
  for (std::int64_t& row : rows)
    row = (next += 7919) % part_size(key, "table_rows");  // a prime stride: no order to profit from
  const std::string indices = model.integers(output + ".rows", {part_size(key, "rows")}, rows);
  return model.add("Gather", {inputs[0].name, indices}, output, {part_size(key, "rows"), part_size(key, "cols")},
                   {{"axis", std::int64_t{0}}});
}

BuiltTensor add_concat(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  std::vector<std::string> names;
  for (const BuiltTensor& input : inputs) names.push_back(input.name);
  return model.add("Concat", names, output, in_runs(key), {{"axis", std::int64_t{1}}});
}

BuiltTensor add_transpose(ModelBuilder& model, const KernelKey&, Inputs inputs, const std::string& output) {
  const Dims& dims = inputs[0].dims;
  return model.add("Transpose", {inputs[0].name}, output, {dims[1], dims[0], dims[2]}, {{"perm", Dims{1, 0, 2}}});
}

/// Of an Expand: rows of what is copied together, or, of single values, rows of at most 32 copies of one.
Dims expanded(const KernelKey& key) {
  Dims runs = in_runs(key);
  if (runs[1] > 1) return runs;
  std::int64_t copies = std::min<std::int64_t>(32, runs[0]);
  while (runs[0] % copies != 0) --copies;
  return {runs[0] / copies, copies};
}

/// The image that a reorder brings into blocks or back: of one block, or, back from blocks of which the last is not
/// full, of as many channels as divide its elements.
Dims reordered(const KernelKey& key) {
  const std::int64_t elements = part_size(key, "elements");
  std::int64_t channels = kWidestBlock;
  if (elements % kWidestBlock != 0) {
    if (key.variant != "ReorderOutput") fail_input("{}: no whole blocks of {} channels", key.text(), kWidestBlock);
    for (channels = std::min<std::int64_t>(elements, 1024); elements % channels != 0;) --channels;
  }
  return {1, channels, elements / channels, 1};
}

BuiltTensor add_reformat(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const Dims flat{part_size(key, "elements")};
  if (key.variant == "Cast") {
    BuiltTensor cast = model.add("Cast", {inputs[0].name}, output, inputs[0].dims,
                                 {{"to", static_cast<std::int64_t>(ElementType::float64)}});
    cast.type = ElementType::float64;
    return cast;
  }
  if (key.variant == "Slice") {
    const std::string from = model.integers(output + ".from", {1}, {0});
    const std::string to = model.integers(output + ".to", {1}, {part_size(key, "run")});
    const std::string axis = model.integers(output + ".axis", {1}, {1});
    return model.add("Slice", {inputs[0].name, from, to, axis}, output, in_runs(key));
  }
  if (key.variant == "Split") {  // in two halves, of which one is looked at
    const std::int64_t run = part_size(key, "run");
    const std::string parts = model.integers(output + ".parts", {2}, {run, run});
    return model.add("Split", {inputs[0].name, parts}, output, in_runs(key), {{"axis", std::int64_t{1}}},
                     {output + ".rest"});
  }
  if (key.variant == "Pad") {  // by one in front
    const std::string pads = model.integers(output + ".pads", {4}, {0, 1, 0, 0});
    return model.add("Pad", {inputs[0].name, pads}, output, in_runs(key));
  }
  if (key.variant == "Reshape")
    return model.add("Reshape", {inputs[0].name, model.integers(output + ".shape", {1}, flat)}, output, flat);
  if (key.variant == "Flatten" || key.variant == "Identity")
    return model.add(key.variant, {inputs[0].name}, output, inputs[0].dims);
  if (key.variant == "Squeeze" || key.variant == "Unsqueeze") {  // the input is a row
    const std::string axis = model.integers(output + ".axis", {1}, {0});
    return model.add(key.variant, {inputs[0].name, axis}, output,
                     key.variant == "Squeeze" ? flat : Dims{1, 1, part_size(key, "elements")});
  }
  if (key.variant == "Expand") {
    const Dims dims = expanded(key);
    return model.add("Expand", {inputs[0].name, model.integers(output + ".shape", {2}, dims)}, output, dims);
  }
  if (key.variant == "ReorderInput") return model.add(key.variant, {inputs[0].name}, output, inputs[0].dims);
  if (key.variant == "ReorderOutput")
    return model.add(key.variant, {inputs[0].name}, output, reordered(key), {{"channels", reordered(key)[1]}});
  fail_input("{}: a reformat by \"{}\" cannot be built alone", key.text(), key.variant);
}

BuiltTensor add_reduce(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const std::int64_t run = part_size(key, "run"), outputs = part_size(key, "outputs");
  const Dims dims = run == 1 ? Dims{outputs} : Dims{outputs / run, run};
  if (key.variant == "ReduceSum") {  // its axes are an input from opset 13 on, those of the others from 18
    const std::string axes = model.integers(output + ".axes", {1}, {1});
    return model.add(key.variant, {inputs[0].name, axes}, output, dims, {{"keepdims", std::int64_t{0}}});
  }
  Attributes attributes{{"keepdims", std::int64_t{0}}};
  const bool index = key.variant.starts_with("Arg");
  if (index)
    attributes["axis"] = std::int64_t{1};
  else
    attributes["axes"] = Dims{1};
  BuiltTensor reduced = model.add(key.variant, {inputs[0].name}, output, dims, attributes);
  if (index) reduced.type = ElementType::int64;
  return reduced;
}

BuiltTensor add_conv(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  Window over = part_window(key);
  const std::int64_t cin = part_size(key, "cin") / part_size(key, "groups");
  const std::int64_t cout = part_size(key, "cout");
  const std::int64_t kernel = part_size(key, "kernel_size");
  over.attributes["group"] = part_size(key, "groups");
  const std::string weight = model.weight(output + ".weight", {cout, cin, kernel, kernel}, cin * kernel * kernel);
  const std::string bias = model.weight(output + ".bias", {cout}, cin * kernel * kernel);
  const FusedInto fused = fused_into(key);
  // The other tensor is added before the activation, where runtimes add it.
  const auto name = [&](bool is_last, const char* part) { return is_last ? output : output + part; };
  BuiltTensor last = model.add("Conv", {inputs[0].name, weight, bias}, name(key.variant.empty(), ".product"),
                               {part_size(key, "batch"), cout, over.height, over.width}, over.attributes);
  if (fused.residual)
    last = model.add("Add", {last.name, inputs.back().name}, name(fused.activation.empty(), ".sum"), last.dims);
  if (!fused.activation.empty()) last = add_activation(model, fused.activation, last, output);
  return last;
}

BuiltTensor add_pool(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  const Window over = part_window(key);
  return model.add(key.variant.empty() ? "MaxPool" : key.variant, {inputs[0].name}, output,
                   {part_size(key, "batch"), part_size(key, "cin"), over.height, over.width}, over.attributes);
}

BuiltTensor add_global_pool(ModelBuilder& model, const KernelKey& key, Inputs inputs, const std::string& output) {
  return model.add(key.variant.empty() ? "GlobalAveragePool" : key.variant, {inputs[0].name}, output,
                   {part_size(key, "batch"), part_size(key, "cin"), 1, 1});
}

/// Widths that sum to `run`, as equal as they can be.
std::vector<Dims> concat_inputs(const KernelKey& key) {
  const Dims whole = in_runs(key);
  const std::int64_t count = part_size(key, "inputs");
  if (whole[1] < count) fail_input("{}: runs of fewer elements than inputs", key.text());
  std::vector<Dims> inputs;
  for (std::int64_t i = 0; i < count; ++i)
    inputs.push_back({whole[0], whole[1] / count + (i < whole[1] % count ? 1 : 0)});
  return inputs;
}

std::vector<Dims> reduce_inputs(const KernelKey& key) {
  const std::int64_t elements = part_size(key, "elements"), outputs = part_size(key, "outputs");
  const std::int64_t run = part_size(key, "run");
  if (elements % outputs != 0 || outputs % run != 0)
    fail_input("{}: elements is no multiple of outputs, or outputs none of run", key.text());
  if (run == 1) return {{outputs, elements / outputs}};
  return {{outputs / run, elements / outputs, run}};
}

/// As square as it can be: a transpose with a side of 1 moves nothing.
std::vector<Dims> transpose_inputs(const KernelKey& key) {
  const Dims whole = in_runs(key);
  auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(whole[0])));
  while (whole[0] % side != 0) --side;
  return {{whole[0] / side, side, whole[1]}};
}

std::vector<Dims> conv_inputs(const KernelKey& key) {
  const std::int64_t groups = part_size(key, "groups");
  if (part_size(key, "cin") % groups != 0 || part_size(key, "cout") % groups != 0)
    fail_input("{}: cin and cout must be multiples of groups", key.text());
  std::vector<Dims> inputs{
      {part_size(key, "batch"), part_size(key, "cin"), part_size(key, "height"), part_size(key, "width")}};
  const Window over = part_window(key);
  if (fused_into(key).residual)
    inputs.push_back({part_size(key, "batch"), part_size(key, "cout"), over.height, over.width});
  return inputs;
}

std::vector<Dims> linear_inputs(const KernelKey& key) {
  std::vector<Dims> inputs{{part_size(key, "m"), part_size(key, "k")}};
  if (fused_into(key).residual) inputs.push_back({part_size(key, "m"), part_size(key, "n")});
  return inputs;
}

std::vector<Dims> attention_inputs(const KernelKey& key) {
  const std::int64_t batch = part_size(key, "batch"), heads = part_size(key, "heads"),
                     width = part_size(key, "head_dim");
  const std::int64_t queries = part_size(key, "q_tokens"), keys = part_size(key, "kv_tokens");
  return {{batch, heads, queries, width}, {batch, heads, width, keys}, {batch, heads, keys, width}};
}

std::vector<Dims> matrix_inputs(const KernelKey& key) { return {{part_size(key, "rows"), part_size(key, "cols")}}; }
std::vector<Dims> layernorm_inputs(const KernelKey& key) {
  if (key.variant != "residual") return matrix_inputs(key);
  return std::vector<Dims>(
      2, {1, part_size(key, "rows"), part_size(key, "cols")});  // SkipLayerNormalization's three dimensions
}
std::vector<Dims> image_inputs(const KernelKey& key) {
  return {{part_size(key, "batch"), part_size(key, "cin"), part_size(key, "height"), part_size(key, "width")}};
}
std::vector<Dims> gather_inputs(const KernelKey& key) {
  return {{part_size(key, "table_rows"), part_size(key, "cols")}};
}
/// Where the operands are not of one size, the last is one run, repeated for each of the others'.
std::vector<Dims> elementwise_inputs(const KernelKey& key) {
  std::vector<Dims> inputs(static_cast<std::size_t>(part_size(key, "inputs")), in_runs(key));
  if (inputs.size() > 1) inputs.back()[0] = 1;
  return inputs;
}
std::vector<Dims> reformat_inputs(const KernelKey& key) {
  const bool half = key.variant == "Slice" || key.variant == "Split";
  const Dims whole = in_runs(key);
  if (key.variant == "Expand") return {whole[1] > 1 ? Dims{1, whole[1]} : Dims{expanded(key)[0], 1}};
  if (key.variant.starts_with("Reorder")) {
    Dims image = reordered(key);
    image[1] = (image[1] + kWidestBlock - 1) / kWidestBlock * kWidestBlock;
    return {image};
  }
  if (key.variant == "Pad") {
    if (whole[1] < 2) fail_input("{}: runs of one element, all of it padding", key.text());
    return {{whole[0], whole[1] - 1}};
  }
  return {{whole[0], (half ? 2 : 1) * whole[1]}};
}
std::vector<Dims> batch_matmul_inputs(const KernelKey& key) {
  if (!key.variant.empty()) {
    const EinsumLetters letters(key);
    return {EinsumLetters::dims(key, letters.left), EinsumLetters::dims(key, letters.right)};
  }
  return {{part_size(key, "batch"), part_size(key, "m"), part_size(key, "k")},
          {part_size(key, "batch"), part_size(key, "k"), part_size(key, "n")}};
}

struct PartRow {
  KernelType type;
  std::vector<Dims> (*inputs)(const KernelKey&);
  BuiltTensor (*add)(ModelBuilder&, const KernelKey&, Inputs, const std::string&);
};

constexpr PartRow kParts[] = {
    {KernelType::linear, linear_inputs, add_linear},
    {KernelType::batch_matmul, batch_matmul_inputs, add_batch_matmul},
    {KernelType::attention, attention_inputs, add_attention},
    {KernelType::layernorm, layernorm_inputs, add_layernorm},
    {KernelType::batchnorm, matrix_inputs, add_batchnorm},
    {KernelType::softmax, matrix_inputs, add_softmax},
    {KernelType::elementwise, elementwise_inputs, add_elementwise},
    {KernelType::gather, gather_inputs, add_gather},
    {KernelType::concat, concat_inputs, add_concat},
    {KernelType::reformat, reformat_inputs, add_reformat},
    {KernelType::transpose, transpose_inputs, add_transpose},
    {KernelType::reduce, reduce_inputs, add_reduce},
    {KernelType::conv, conv_inputs, add_conv},
    {KernelType::dwconv, conv_inputs, add_conv},
    {KernelType::pool, image_inputs, add_pool},
    {KernelType::global_pool, image_inputs, add_global_pool},
};

const PartRow& part_of(const KernelKey& key) {
  const auto* found =
      std::find_if(std::begin(kParts), std::end(kParts), [&](const PartRow& row) { return row.type == key.type; });
  if (found == std::end(kParts)) fail_input("{}: a {} kernel cannot be built alone", key.text(), to_string(key.type));
  return *found;
}

}  // namespace

std::vector<Dims> kernel_inputs(const KernelKey& key) {
  const QuantizedPart* quantized = quantized_part(key);
  if (quantized == nullptr) return part_of(key).inputs(key);
  KernelKey plain = key;
  plain.variant.clear();
  std::vector<Dims> inputs = part_of(plain).inputs(plain);
  if (quantized->channels_last)
    for (Dims& image : inputs) std::rotate(image.begin() + 1, image.begin() + 2, image.end());
  return inputs;
}

ElementType kernel_input_type(const KernelKey& key, std::size_t index) {
  const QuantizedPart* quantized = quantized_part(key);
  if (quantized != nullptr && quantized->real_inputs) return ElementType::float32;
  if (key.dtype == DataType::int8) return quantized_input_type(key, index);
  static constexpr std::array kLogical = {"And", "Or", "Xor", "Not"};
  const bool logical = std::find(kLogical.begin(), kLogical.end(), key.variant) != kLogical.end();
  const bool condition = key.variant == "Where" && index == 0;
  return key.type == KernelType::elementwise && (logical || condition) ? ElementType::boolean : ElementType::float32;
}

BuiltTensor add_kernel(ModelBuilder& model, const KernelKey& key, std::span<const BuiltTensor> inputs,
                       const std::string& output) {
  if (const QuantizedPart* quantized = quantized_part(key)) return quantized->add(model, key, inputs, output);
  BuiltTensor result = part_of(key).add(model, key, inputs, output);
  if (key.dtype == DataType::int8) result.type = ElementType::uint8;  // moved as it was
  return result;
}

}  // namespace tabjoule
