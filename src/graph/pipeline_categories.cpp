// Categories: texts to codes by one LabelEncoder a column, then all one-hot columns by one comparison.
#include "graph/pipeline_parts.h"

namespace tabjoule::pipeline_parts {
namespace {

constexpr std::int64_t kMlOpset = 3;

/// (B, 1) int64: a level's index, levels.size() where missing, levels.size() + 1 for any other text.
std::string add_codes(GraphBuilder& builder, const CategoricalFeature& feature) {
  const auto levels = static_cast<std::int64_t>(feature.levels.size());
  std::vector<std::string> keys = {""};
  std::vector<std::int64_t> values = {levels};
  for (std::int64_t i = 0; i < levels; ++i) {
    const std::string& level = feature.levels[static_cast<std::size_t>(i)];
    if (level.empty()) continue;  // "" stands for missing
    keys.push_back(level);
    values.push_back(i);
  }
  builder.graph.opsets["ai.onnx.ml"] = kMlOpset;
  return builder.add("LabelEncoder", {feature.column}, "codes/" + feature.column,
                     {{"keys_strings", keys}, {"values_int64s", values}, {"default_int64", levels + 1}}, "ai.onnx.ml");
}

/// Output columns as (which feature, which code of it).
struct CodeColumns {
  std::vector<std::int64_t> feature, code, column;
};

void append_one_hot(CodeColumns& one_hot, const CategoricalFeature& feature, std::int64_t index, std::int64_t& column) {
  const auto levels = static_cast<std::int64_t>(feature.levels.size());
  const auto append = [&](std::int64_t code) {
    one_hot.feature.push_back(index);
    one_hot.code.push_back(code);
    one_hot.column.push_back(column++);
  };
  for (std::int64_t level = 0; level < levels; ++level) append(level);
  if (feature.has_missing) append(levels);
  if (feature.has_other) append(levels + 1);
}

}  // namespace

void add_categorical(GraphBuilder& builder, const Preprocessor& preprocessor, std::vector<FeatureBlock>& blocks) {
  if (preprocessor.categorical.empty()) return;
  std::vector<std::string> code_tensors;
  CodeColumns one_hot, plain;
  std::int64_t column = preprocessor.numeric_width();
  for (const CategoricalFeature& feature : preprocessor.categorical) {
    const auto index = static_cast<std::int64_t>(code_tensors.size());
    code_tensors.push_back(add_codes(builder, feature));
    if (feature.encoding == CategoryEncoding::one_hot) {
      append_one_hot(one_hot, feature, index, column);
    } else {
      plain.feature.push_back(index);
      plain.column.push_back(column++);
    }
  }
  const auto count = static_cast<std::int64_t>(code_tensors.size());
  const std::string codes = builder.join(code_tensors, "codes");
  if (!one_hot.column.empty()) {
    const std::string spread = builder.pick(codes, one_hot.feature, count, "one_hot/codes");
    const auto width = static_cast<std::int64_t>(one_hot.code.size());
    const std::string wanted = builder.constant("one_hot/wanted", {1, width}, one_hot.code);
    const std::string hit = builder.add("Equal", {spread, wanted}, "one_hot/hit");
    blocks.push_back({builder.cast(hit, ElementType::float32, "one_hot/float"), one_hot.column});
  }
  if (!plain.column.empty()) {
    const std::string picked = builder.pick(codes, plain.feature, count, "codes/picked");
    blocks.push_back({builder.cast(picked, ElementType::float32, "codes/float"), plain.column});
  }
}

}  // namespace tabjoule::pipeline_parts
