#include "predict/samples.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "table/cell.h"
#include "table/table.h"

namespace tabjoule {
namespace {

constexpr double kLargestExtent = 9e15;  // a double holds every whole number up to here
constexpr double kContradiction = 0.05;  // of energy = time x power, all three given

const std::vector<std::string>& other_columns() {
  static const std::vector<std::string> names = {"kernel", "variant", "activation",    "residual", "op",
                                                 "bias",   "dtype",   "time_s",        "power_w",  "energy_j",
                                                 "weight", "source",  "implementation"};
  return names;
}

std::vector<std::string> known_columns() {
  std::set<std::string> names(other_columns().begin(), other_columns().end());
  for (int type = 0; type <= static_cast<int>(KernelType::unknown); ++type)
    for (const std::string& column : kernel_columns(static_cast<KernelType>(type))) names.insert(column);
  return {names.begin(), names.end()};
}

/// The cells of one row, by column name.
class Row {
 public:
  Row(const Table& table, std::size_t row) : table_(table), row_(row) {}

  /// Empty where the column or the cell is.
  [[nodiscard]] std::string text(const std::string& name) const {
    const Column* column = table_.find(name);
    if (column == nullptr) return {};
    if (column->kind == ColumnKind::categorical) {
      const std::int32_t code = column->codes[row_];
      return code < 0 ? "" : column->levels[static_cast<std::size_t>(code)];
    }
    const double number = column->numbers[row_];
    return std::isnan(number) ? "" : fmt::format("{}", number);
  }

  [[nodiscard]] std::optional<double> number(const std::string& name) const {
    const Column* column = table_.find(name);
    if (column == nullptr) return {};
    if (column->kind == ColumnKind::categorical) {
      // One cell that is no number makes texts of the whole column; the others still are numbers.
      if (column->codes[row_] < 0) return {};
      const std::string cell = text(name);
      const std::optional<double> number = parse_number(cell);
      if (!number || !std::isfinite(*number)) fail_input("{} is \"{}\", a number was expected", name, cell);
      return number;
    }
    const double number = column->numbers[row_];
    if (std::isinf(number)) fail_input("{} is infinite, a finite number was expected: mend or remove the row", name);
    return std::isnan(number) ? std::nullopt : std::optional(number);
  }

  [[nodiscard]] std::optional<double> positive(const std::string& name) const {
    const std::optional<double> value = number(name);
    if (value && !(*value > 0)) fail_input("{} is {}, it must be above 0: mend or remove the row", name, *value);
    return value;
  }

  /// `usual`: of an empty or absent column.
  [[nodiscard]] std::int64_t extent(const std::string& name, KernelType type, std::optional<std::int64_t> usual) const {
    if (usual && (table_.find(name) == nullptr || !number(name))) return *usual;
    if (table_.find(name) == nullptr)
      fail_input("there is no column \"{}\"; {} needs {}", name, to_string(type),
                 fmt::join(kernel_columns(type), ", "));
    const std::optional<double> value = number(name);
    if (!value) fail_input("{} is empty; {} needs {}", name, to_string(type), fmt::join(kernel_columns(type), ", "));
    if (!(*value >= 1) || *value > kLargestExtent || *value != std::floor(*value))
      fail_input("{} is {}, a whole number from 1 was expected", name, *value);
    return static_cast<std::int64_t>(*value);
  }

  [[nodiscard]] bool flag(const std::string& name) const {
    const std::string value = lower(text(name));
    if (value.empty() || value == "0" || value == "false" || value == "no") return false;
    if (value == "1" || value == "true" || value == "yes") return true;
    fail_input("{} is \"{}\", true or false was expected", name, value);
  }

 private:
  const Table& table_;
  std::size_t row_;
};

/// `variant` as it is written, or put together from `op`, or `activation` and `residual`.
std::string variant_of(const Row& row) {
  std::string parts = row.text("op");
  if (parts.empty()) parts = lower(row.text("activation"));
  if (parts == "none") parts.clear();
  if (row.flag("residual")) parts = with_residual(parts);
  static_cast<void>(row.flag("bias"));  // every linear is taken to have one: its cost is below what can be measured
  const std::string variant = row.text("variant");
  if (!variant.empty() && !parts.empty() && variant != parts)
    fail_input("variant is \"{}\", but op, activation and residual say \"{}\": give one of them", variant, parts);
  return variant.empty() ? parts : variant;
}

void set_costs(const Row& row, KernelSample& sample) {
  const auto time_s = row.positive("time_s");
  const auto power_w = row.positive("power_w");
  const auto energy_j = row.positive("energy_j");
  if (!time_s && !energy_j) fail_input("neither time_s nor energy_j is given{}", power_w ? " beside power_w" : "");
  if (time_s && power_w && energy_j && std::abs(*time_s * *power_w / *energy_j - 1) > kContradiction)
    fail_input("time_s {} times power_w {} is not energy_j {}: remove one of the three", *time_s, *power_w, *energy_j);
  if (energy_j) sample.energy_j = *energy_j;
  if (time_s) sample.time_s = *time_s;
  if (!energy_j && power_w) sample.energy_j = *time_s * *power_w;
  if (!time_s && power_w) sample.time_s = *energy_j / *power_w;
  if (power_w && !(std::isnormal(sample.energy_j) && std::isnormal(sample.time_s)))
    fail_input("what follows of power_w {} is {} s and {} J: mend or remove the row", *power_w, sample.time_s,
               sample.energy_j);
}

KernelSample sample_of(const Row& row) {
  KernelSample sample;
  const std::string type = row.text("kernel");
  if (type.empty()) fail_input("kernel is empty: give the kernel's type");
  sample.key.type = kernel_type_from(type);
  if (sample.key.type == KernelType::unknown) fail_input("kernel is \"unknown\": give the kernel's type");
  for (const std::string& column : kernel_columns(sample.key.type))
    sample.key.shape.push_back(
        row.extent(column, sample.key.type, usual_size(sample.key.type, column, sample.key.shape)));
  sample.key.variant = variant_of(row);
  if (const std::string dtype = row.text("dtype"); !dtype.empty()) sample.key.dtype = data_type_from(dtype);
  set_costs(row, sample);
  sample.weight = row.positive("weight").value_or(1);
  sample.source = row.text("source");
  sample.implementation = row.text("implementation");
  return sample;
}

}  // namespace

std::vector<KernelSample> read_samples(const std::string& data, const NoticeSink& notice) {
  const std::vector<std::string> known = known_columns();
  ReadOptions options;
  options.keep = known;
  options.keep_infinities = true;
  const Table table = read_table(data, options, [](const std::string&) {});
  return with_context(table.source, [&] {
    if (table.find("kernel") == nullptr)
      fail_input("there is no column \"kernel\"{}", did_you_mean("kernel", table.names()));
    for (const std::string& name : table.names())
      if (std::find(known.begin(), known.end(), name) == known.end() && notice)
        notice(fmt::format("{}: column \"{}\" is not one of samples and is left alone{}", table.source, name,
                           did_you_mean(name, known)));
    std::vector<KernelSample> samples;
    samples.reserve(table.rows);
    for (std::size_t row = 0; row < table.rows; ++row)
      samples.push_back(with_context(fmt::format("row {}", row + 1), [&] { return sample_of(Row(table, row)); }));
    return samples;
  });
}

}  // namespace tabjoule
