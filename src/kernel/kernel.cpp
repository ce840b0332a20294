#include "kernel/kernel.h"

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
      {KernelType::elementwise, "elementwise", {"elements", "inputs"}},
      {KernelType::softmax, "softmax", {"rows", "cols"}},
      {KernelType::gather, "gather", {"rows", "cols", "table_rows"}},
      {KernelType::concat, "concat", {"elements", "inputs"}},
      {KernelType::reformat, "reformat", {"elements"}},
      {KernelType::transpose, "transpose", {"elements"}},
      {KernelType::reduce, "reduce", {"elements", "outputs"}},
      {KernelType::session, "session", {}},
      {KernelType::unknown, "unknown", {}},
  };
  return rows;
}

const TypeRow& row_of(KernelType type) { return type_rows()[static_cast<std::size_t>(type)]; }

constexpr double kFloatBytes = 4;
constexpr double kIndexBytes = 8;
constexpr double kSoftmaxFlops = 5;  // an element: maximum, difference, exponential, sum, quotient

KernelWork linear_work(double m, double n, double k, bool activated) {
  KernelWork work;
  work.parameters = n * k + n;
  work.flops = m * n * (2 * k + 1 + (activated ? 1 : 0));
  work.bytes_read = kFloatBytes * (m * k + work.parameters);
  work.bytes_written = kFloatBytes * m * n;
  return work;
}

/// `read` and `written` count float32 elements.
KernelWork streaming_work(double flops, double read, double written) {
  return {flops, kFloatBytes * read, kFloatBytes * written, 0};
}

KernelWork gather_work(double rows, double cols, double table_rows) {
  return {0, kFloatBytes * rows * cols + kIndexBytes * rows, kFloatBytes * rows * cols, table_rows * cols};
}

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

const std::vector<std::string>& kernel_columns(KernelType type) { return row_of(type).columns; }

std::string KernelKey::text() const {
  const auto& columns = kernel_columns(type);
  std::string result = to_string(type);
  for (std::size_t i = 0; i < shape.size() && i < columns.size(); ++i) {
    result += fmt::format(" {}={}", columns[i], shape[i]);
  }
  return variant.empty() ? result : result + " " + variant;
}

KernelWork work_of(const KernelKey& key) {
  if (key.shape.size() != kernel_columns(key.type).size()) {
    fail_internal("kernel \"{}\" has {} shape values, its type has {}", key.text(), key.shape.size(),
                  kernel_columns(key.type).size());
  }
  const auto at = [&](std::size_t i) { return static_cast<double>(key.shape[i]); };
  switch (key.type) {
    case KernelType::linear:
      return linear_work(at(0), at(1), at(2), !key.variant.empty());
    case KernelType::elementwise:
      return streaming_work(at(0), at(0) * at(1), at(0));
    case KernelType::softmax:
      return streaming_work(kSoftmaxFlops * at(0) * at(1), at(0) * at(1), at(0) * at(1));
    case KernelType::gather:
      return gather_work(at(0), at(1), at(2));
    case KernelType::concat:
    case KernelType::reformat:
    case KernelType::transpose:
      return streaming_work(0, at(0), at(0));
    case KernelType::reduce:
      return streaming_work(at(0), at(0), at(1));
    case KernelType::session:
    case KernelType::unknown:
      break;
  }
  return {};
}

}  // namespace tabjoule
