#include "graph/pipeline_graph.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/json.h"
#include "graph/pipeline_parts.h"

namespace tabjoule {
namespace {

using pipeline_parts::FeatureBlock;

void validate(const Preprocessor& preprocessor, const Graph& network, const PredictionHead& head) {
  if (network.inputs.size() != 1 || network.outputs.size() != 1 || network.inputs[0].dims.size() != 2) {
    fail_internal("a pipeline needs a network with one matrix as input and one output");
  }
  if (network.inputs[0].dims[1] != preprocessor.width()) {
    fail_internal("the network takes {} features, the preprocessor gives {}", network.inputs[0].dims[1],
                  preprocessor.width());
  }
  if (preprocessor.width() < 1 || !network.opsets.contains("")) {
    fail_internal("a pipeline needs one feature at least, and a network of a known opset");
  }
  const bool regression = head.task == Task::regression;
  const auto outputs = regression ? std::int64_t{1} : static_cast<std::int64_t>(head.classes.size());
  if (network.outputs[0].dims.size() != 2 || network.outputs[0].dims[1] != outputs || outputs == 0) {
    fail_internal("the network's output must be (batch, {}) for this task", outputs);
  }
  if (regression && !(std::isfinite(head.target_mean) && std::isfinite(head.target_std))) {
    fail_internal("the target's mean and standard deviation must be finite");
  }
}

/// What a reader in Python needs to know to feed a column.
Json input_note(const std::string& name, ColumnKind kind) {
  Json note = {{"name", name}, {"kind", to_string(kind)}};
  const bool text = kind == ColumnKind::categorical;
  note["type"] = text ? "string" : "float64";
  note["missing"] = text ? "" : "NaN";
  if (kind == ColumnKind::datetime) note["unit"] = "seconds since 1970-01-01 00:00:00 UTC";
  if (kind == ColumnKind::boolean) note["unit"] = "0 or 1";
  return note;
}

class PipelineWriter {
 public:
  PipelineWriter(const Preprocessor& preprocessor, const Graph& network, const PredictionHead& head)
      : preprocessor_(preprocessor),
        network_(network),
        head_(head),
        builder_("pipeline", network.opsets.at("")),
        batch_(network.inputs[0]) {}

  Graph write() {
    add_inputs();
    reserve_outputs();
    add_head(add_network(add_features()));
    builder_.graph.metadata["producer"] = "tabjoule";
    builder_.graph.metadata["task"] = to_string(head_.task);
    if (head_.task != Task::regression) builder_.graph.metadata["classes"] = to_text(Json(head_.classes));
    return std::move(builder_.graph);
  }

 private:
  ValueInfo info(const std::string& name, ElementType type, std::vector<std::int64_t> further_dims) const {
    ValueInfo result{name, type, {batch_.dims[0]}, {batch_.dim_names.empty() ? "" : batch_.dim_names[0]}};
    result.dims.insert(result.dims.end(), further_dims.begin(), further_dims.end());
    result.dim_names.resize(result.dims.size());
    return result;
  }

  void add_inputs() {
    Json notes = Json::array();
    for (const auto& [name, kind] : preprocessor_.schema()) {
      const bool text = kind == ColumnKind::categorical;
      builder_.add_input(info(name, text ? ElementType::string : ElementType::float64, {1}));
      notes.push_back(input_note(name, kind));
    }
    builder_.graph.metadata["inputs"] = to_text(notes);
  }

  /// An output yields where a column has its name: "label" becomes "predicted_label".
  std::string reserve(const std::string& name) {
    std::string free = name;
    const auto& inputs = builder_.graph.inputs;
    while (std::any_of(inputs.begin(), inputs.end(), [&](const ValueInfo& input) { return input.name == free; })) {
      free = "predicted_" + free;
    }
    return builder_.unique(free);
  }

  void reserve_outputs() {
    auto& outputs = builder_.graph.outputs;
    if (head_.task == Task::regression) {
      outputs.push_back(info(reserve("prediction"), ElementType::float32, {}));
      return;
    }
    const auto classes = static_cast<std::int64_t>(head_.classes.size());
    outputs.push_back(info(reserve("probabilities"), ElementType::float32, {classes}));
    outputs.push_back(info(reserve("label"), ElementType::string, {}));
  }

  /// The preprocessed matrix, (B, F) float32.
  std::string add_features() {
    std::vector<FeatureBlock> blocks;
    pipeline_parts::add_numeric(builder_, preprocessor_, blocks);
    pipeline_parts::add_categorical(builder_, preprocessor_, blocks);
    std::vector<std::string> tensors;
    std::vector<std::int64_t> source(static_cast<std::size_t>(preprocessor_.width()), 0);
    std::int64_t joined = 0;
    for (const FeatureBlock& block : blocks) {
      tensors.push_back(block.tensor);
      for (const std::int64_t column : block.columns) source[static_cast<std::size_t>(column)] = joined++;
    }
    return builder_.pick(builder_.join(tensors, "blocks"), source, joined, "features");
  }

  /// The network's nodes behind `features`; returns the tensor of its output.
  std::string add_network(const std::string& features) {
    std::map<std::string, std::string> renamed = {{network_.inputs[0].name, features}, {"", ""}};
    for (const Tensor& constant : network_.constants) {
      renamed[constant.name] = builder_.unique(constant.name);
      builder_.graph.constants.push_back(constant);
      builder_.graph.constants.back().name = renamed[constant.name];
    }
    for (Node node : network_.nodes) {
      node.name = builder_.unique(node.name);
      for (std::string& input : node.inputs) input = renamed.at(input);
      for (std::string& output : node.outputs) {
        if (!output.empty()) output = renamed[output] = builder_.unique(output);
      }
      builder_.graph.nodes.push_back(std::move(node));
    }
    return renamed.at(network_.outputs[0].name);
  }

  void add_to_output(const std::string& op, const std::vector<std::string>& inputs, std::size_t output,
                     std::map<std::string, Attribute> attributes) {
    const std::string& name = builder_.graph.outputs[output].name;
    builder_.graph.nodes.push_back({builder_.unique("head/" + op), op, "", inputs, {name}, std::move(attributes)});
  }

  void add_head(const std::string& output) {
    head_.task == Task::regression ? add_regression_head(output) : add_class_head(output);
  }

  void add_class_head(const std::string& logits) {
    add_to_output("Softmax", {logits}, 0, {{"axis", std::int64_t{1}}});
    const std::string best =
        builder_.add("ArgMax", {logits}, "head/best", {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
    const auto count = static_cast<std::int64_t>(head_.classes.size());
    add_to_output("Gather", {builder_.constant("head/classes", {count}, head_.classes), best}, 1, {});
  }

  // In float64: a mean of 1e9 and a standard deviation of 1 leave float32 no digits for their product's sum.
  void add_regression_head(const std::string& standardised) {
    const std::string value = builder_.cast(standardised, ElementType::float64, "head/double");
    const std::string spread = builder_.constant("head/std", {}, std::vector<double>{head_.target_std});
    const std::string mean = builder_.constant("head/mean", {}, std::vector<double>{head_.target_mean});
    const std::string scaled = builder_.add("Mul", {value, spread}, "head/scaled");
    const std::string shifted = builder_.add("Add", {scaled, mean}, "head/shifted");
    const std::string axis = builder_.constant("head/axis", {1}, std::vector<std::int64_t>{1});
    const std::string flat = builder_.add("Squeeze", {shifted, axis}, "head/flat");
    add_to_output("Cast", {flat}, 0, {{"to", static_cast<std::int64_t>(ElementType::float32)}});
  }

  const Preprocessor& preprocessor_;
  const Graph& network_;
  const PredictionHead& head_;
  GraphBuilder builder_;
  const ValueInfo& batch_;  ///< the network's input: its first dimension is every input's
};

}  // namespace

Graph pipeline_graph(const Preprocessor& preprocessor, const Graph& network, const PredictionHead& head) {
  validate(preprocessor, network, head);
  return PipelineWriter(preprocessor, network, head).write();
}

}  // namespace tabjoule
