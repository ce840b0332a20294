#include "kernel/kernel.h"

#include <fmt/ranges.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace tabjoule {
namespace {

struct TypeRow {
  KernelType type;
  const char* name;
  std::vector<std::string> columns;
};

/// The list that docs/kernel-types.md explains, in the order of KernelType.
const std::vector<TypeRow>& type_rows() {
  static const std::vector<TypeRow> rows = {
      {KernelType::linear, "linear", {"m", "n", "k"}},
      {KernelType::batch_matmul, "batch_matmul", {"batch", "m", "n", "k"}},
      {KernelType::attention, "attention", {"batch", "heads", "q_tokens", "kv_tokens", "head_dim", "kv_heads"}},
      {KernelType::layernorm, "layernorm", {"rows", "cols"}},
      {KernelType::batchnorm, "batchnorm", {"rows", "cols"}},
      {KernelType::softmax, "softmax", {"rows", "cols"}},
      {KernelType::elementwise, "elementwise", {"elements", "inputs", "run"}},
      {KernelType::gather, "gather", {"rows", "cols", "table_rows"}},
      {KernelType::concat, "concat", {"elements", "inputs", "run"}},
      {KernelType::reformat, "reformat", {"elements", "run"}},
      {KernelType::transpose, "transpose", {"elements", "run"}},
      {KernelType::reduce, "reduce", {"elements", "outputs", "run"}},
      {KernelType::conv, "conv", {"batch", "cin", "cout", "height", "width", "kernel_size", "stride", "groups"}},
      {KernelType::dwconv, "dwconv", {"batch", "cin", "cout", "height", "width", "kernel_size", "stride", "groups"}},
      {KernelType::pool, "pool", {"batch", "cin", "height", "width", "kernel_size", "stride"}},
      {KernelType::global_pool, "global_pool", {"batch", "cin", "height", "width", "kernel_size", "stride"}},
      {KernelType::session, "session", {}},
      {KernelType::unknown, "unknown", {}},
  };
  return rows;
}

const TypeRow& row_of(KernelType type) { return type_rows()[static_cast<std::size_t>(type)]; }

constexpr double kIndexBytes = 8;
// Operations an element.
constexpr double kSoftmaxFlops = 5;    // maximum, difference, exponential, sum, quotient
constexpr double kLayerNormFlops = 8;  // two moments, difference, quotient, scale, shift
constexpr double kBatchNormFlops = 2;  // scale, shift: the statistics are constants

/// `read` and `written` count elements of `element_bytes`; `parameters` among what is read.
KernelWork work(double flops, double read, double written, double parameters, double element_bytes) {
  return {flops, element_bytes * read, element_bytes * written, parameters};
}

KernelWork conv_work(const std::vector<double>& at, bool activated, double element_bytes) {
  const double batch = at[0], cin = at[1], cout = at[2], kernel = at[5], stride = at[6], groups = at[7];
  const double outputs = batch * cout * std::ceil(at[3] / stride) * std::ceil(at[4] / stride);
  const double weights = kernel * kernel * cin / groups;  // of one output
  const double parameters = cout * weights + cout;
  return work(outputs * (2 * weights + 1 + (activated ? 1 : 0)), batch * cin * at[3] * at[4] + parameters, outputs,
              parameters, element_bytes);
}

struct DataTypeRow {
  const char* name;
  double bytes;
};
/// In the order of DataType.
constexpr std::array<DataTypeRow, 5> kDataTypes = {
    {{"float32", 4}, {"float16", 2}, {"bfloat16", 2}, {"int8", 1}, {"int4", 0.5}}};

}  // namespace

const char* to_string(KernelType type) { return row_of(type).name; }

KernelType kernel_type_from(const std::string& text) {
  std::vector<std::string> names;
  for (const TypeRow& row : type_rows()) {
    if (row.name == text) return row.type;
    names.emplace_back(row.name);
  }
  fail_input("unknown kernel type \"{}\"{}", text, did_you_mean(text, names));
}

const char* to_string(DataType type) { return kDataTypes[static_cast<std::size_t>(type)].name; }

double bytes_of(DataType type) { return kDataTypes[static_cast<std::size_t>(type)].bytes; }

DataType data_type_from(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kDataTypes.size(); ++i) {
    if (kDataTypes[i].name == text) return static_cast<DataType>(i);
    names.emplace_back(kDataTypes[i].name);
  }
  fail_input("unknown data type \"{}\"{}; known are {}", text, did_you_mean(text, names), fmt::join(names, ", "));
}

const std::vector<std::string>& kernel_columns(KernelType type) { return row_of(type).columns; }

std::optional<std::int64_t> usual_size(KernelType type, const std::string& column,
                                       std::span<const std::int64_t> before) {
  if (column == "kv_heads" && before.size() > 1) return before[1];
  if (column != "run" || before.empty()) return {};
  return type == KernelType::transpose || type == KernelType::reduce ? 1 : before[0];
}

std::string KernelKey::text() const {
  const auto& columns = kernel_columns(type);
  std::string result = to_string(type);
  for (std::size_t i = 0; i < shape.size() && i < columns.size(); ++i) {
    if (shape[i] == usual_size(type, columns[i], std::span(shape).first(i))) continue;
    result += fmt::format(" {}={}", columns[i], shape[i]);
  }
  if (!variant.empty()) result += " " + variant;
  return dtype == DataType::float32 ? result : result + " " + to_string(dtype);
}

std::string text_of(const TypeKey& type) {
  const auto& [kernel, dtype] = type;
  return dtype == DataType::float32 ? to_string(kernel) : fmt::format("{} {}", to_string(kernel), to_string(dtype));
}

std::string without_residual(const std::string& variant) {
  if (variant == "residual") return "";
  return variant.ends_with("+residual") ? variant.substr(0, variant.rfind('+')) : variant;
}

std::string with_residual(const std::string& variant) { return variant.empty() ? "residual" : variant + "+residual"; }

double parameter_bytes(const KernelKey& key) { return bytes_of(key.dtype) * work_of(key).parameters; }

KernelWork work_of(const KernelKey& key) {
  if (key.shape.size() != kernel_columns(key.type).size()) {
    fail_internal("kernel \"{}\" has {} shape values, its type has {}", key.text(), key.shape.size(),
                  kernel_columns(key.type).size());
  }
  const std::vector<double> at(key.shape.begin(), key.shape.end());
  const double bytes = bytes_of(key.dtype);
  const bool fused = !key.variant.empty();
  switch (key.type) {
    case KernelType::linear: {
      const double parameters = at[1] * at[2] + at[1];
      return work(at[0] * at[1] * (2 * at[2] + 1 + (fused ? 1 : 0)), at[0] * at[2] + parameters, at[0] * at[1],
                  parameters, bytes);
    }
    case KernelType::batch_matmul:
      return work(2 * at[0] * at[1] * at[2] * at[3], at[0] * (at[1] + at[2]) * at[3], at[0] * at[1] * at[2], 0, bytes);
    case KernelType::attention: {
      const double maps = at[0] * at[1] * at[2] * at[3];  // elements of all attention maps
      const double query = at[0] * at[1] * at[2] * at[4];
      return work(maps * (4 * at[4] + kSoftmaxFlops), query + 2 * at[0] * at[5] * at[3] * at[4], query, 0, bytes);
    }
    case KernelType::layernorm: {
      const double added = key.variant.ends_with("residual") ? at[0] * at[1] : 0;
      return work(kLayerNormFlops * at[0] * at[1] + added, at[0] * at[1] + added + 2 * at[1], at[0] * at[1], 2 * at[1],
                  bytes);
    }
    case KernelType::batchnorm:
      return work(kBatchNormFlops * at[0] * at[1], at[0] * at[1] + 2 * at[1], at[0] * at[1], 2 * at[1], bytes);
    case KernelType::softmax:
      return work(kSoftmaxFlops * at[0] * at[1], at[0] * at[1], at[0] * at[1], 0, bytes);
    case KernelType::elementwise:
      return work(at[0], at[0] * at[1], at[0], 0, bytes);
    case KernelType::gather: {
      KernelWork gathered = work(0, at[0] * at[1], at[0] * at[1], at[2] * at[1], bytes);
      gathered.bytes_read += kIndexBytes * at[0];
      return gathered;
    }
    case KernelType::concat:
    case KernelType::reformat:
    case KernelType::transpose:
      return work(0, at[0], at[0], 0, bytes);
    case KernelType::reduce:
      return work(at[0], at[0], at[1], 0, bytes);
    case KernelType::conv:
    case KernelType::dwconv:
      return conv_work(at, fused, bytes);
    case KernelType::pool:
    case KernelType::global_pool: {
      const double outputs = at[0] * at[1] * std::ceil(at[2] / at[5]) * std::ceil(at[3] / at[5]);
      return work(outputs * at[4] * at[4], at[0] * at[1] * at[2] * at[3], outputs, 0, bytes);
    }
    case KernelType::session:
    case KernelType::unknown:
      break;
  }
  return {};
}

}  // namespace tabjoule
