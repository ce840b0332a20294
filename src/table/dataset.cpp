#include "table/dataset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "table/column_builder.h"

namespace tabjoule {
namespace {

/// More different whole numbers than this are a quantity, not classes.
constexpr std::size_t max_number_classes = 20;
/// Whole numbers are taken for classes where the rarest has this many rows.
constexpr std::size_t min_rows_of_class = 10;
constexpr std::size_t max_classes = 1000;

/// Up to ten column names for a message.
std::string first_names(const Table& table) {
  constexpr std::size_t shown = 10;
  auto names = table.names();
  const bool more = names.size() > shown;
  if (more) names.resize(shown);
  return fmt::format("{}{}", fmt::join(names, ", "), more ? ", ..." : "");
}

Column take_column(Table& table, const std::string& target) {
  const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const Column& column) { return column.name == target; });
  if (at == table.columns.end()) {
    const std::string nearest = did_you_mean(target, table.names());
    fail_input("no target column \"{}\"{}", target,
               nearest.empty() ? fmt::format("; there are: {}", first_names(table)) : nearest);
  }
  Column column = std::move(*at);
  table.columns.erase(at);
  return column;
}

bool is_missing(const Column& column, std::size_t row) {
  return column.kind == ColumnKind::categorical ? column.codes[row] < 0 : std::isnan(column.numbers[row]);
}

template <class T>
void keep_rows(std::vector<T>& values, const RowIndices& rows) {
  if (values.empty()) return;
  for (std::size_t i = 0; i < rows.size(); ++i) values[i] = values[rows[i]];
  values.resize(rows.size());
}

/// Levels that no row has any more are taken away, so that they stay the distinct texts of the column.
void drop_unused_levels(Column& column) {
  std::vector<std::int32_t> new_code(column.levels.size(), -1);
  for (const std::int32_t code : column.codes)
    if (code >= 0) new_code[static_cast<std::size_t>(code)] = 0;
  std::vector<std::string> levels;
  for (std::size_t i = 0; i < new_code.size(); ++i) {
    if (new_code[i] < 0) continue;
    new_code[i] = static_cast<std::int32_t>(levels.size());
    levels.push_back(std::move(column.levels[i]));
  }
  for (auto& code : column.codes)
    if (code >= 0) code = new_code[static_cast<std::size_t>(code)];
  column.levels = std::move(levels);
}

void keep_rows(Column& column, const RowIndices& rows) {
  keep_rows(column.numbers, rows);
  keep_rows(column.codes, rows);
  if (column.kind == ColumnKind::categorical) drop_unused_levels(column);
}

void drop_rows_without_target(Table& table, Column& target, const NoticeSink& notice) {
  RowIndices rows;
  for (std::size_t row = 0; row < table.rows; ++row)
    if (!is_missing(target, row)) rows.push_back(static_cast<std::uint32_t>(row));
  if (rows.size() == table.rows) return;
  if (rows.empty()) fail_input("target column \"{}\" has no value in any row", target.name);
  notice(fmt::format("{} of {} rows dropped: target \"{}\" is missing", table.rows - rows.size(), table.rows,
                     target.name));
  for (auto& column : table.columns) keep_rows(column, rows);
  keep_rows(target, rows);
  table.rows = rows.size();
}

std::map<double, std::size_t> count_values(const Column& column) {
  std::map<double, std::size_t> counts;
  for (const double value : column.numbers) ++counts[value];
  return counts;
}

std::size_t different_values(const Column& column) {
  return column.kind == ColumnKind::categorical ? column.levels.size() : count_values(column).size();
}

/// A number column with more than two values: a quantity, or classes that are called by numbers?
Task guess_number_task(const Column& column, const NoticeSink& notice) {
  const auto counts = count_values(column);
  const bool fraction = std::any_of(counts.begin(), counts.end(),
                                    [](const auto& entry) { return entry.first != std::floor(entry.first); });
  if (counts.size() > max_number_classes || fraction) {
    notice(fmt::format("target \"{}\" has {} different values{}: regression; say multiclass if they are classes",
                       column.name, counts.size(), fraction ? ", with fractions" : ""));
    return Task::regression;
  }
  const auto rarest =
      std::min_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const bool enough = rarest->second >= min_rows_of_class;
  notice(
      fmt::format("target \"{}\" has {} different whole numbers, the rarest ({}) in {} rows: {}; say {} if that is "
                  "not meant",
                  column.name, counts.size(), rarest->first, rarest->second, enough ? "multiclass" : "regression",
                  enough ? "regression" : "multiclass"));
  return enough ? Task::multiclass : Task::regression;
}

Task guess_task(const Column& column, const NoticeSink& notice) {
  const std::size_t different = different_values(column);
  if (column.kind == ColumnKind::categorical || column.kind == ColumnKind::boolean || different <= 2)
    return different > 2 ? Task::multiclass : Task::binary;
  return guess_number_task(column, notice);
}

std::string class_name(const Column& column, double value) {
  return column.kind == ColumnKind::boolean ? (value != 0 ? "true" : "false") : fmt::format("{}", value);
}

void set_classes(const Column& column, Target& target) {
  if (column.kind == ColumnKind::categorical) {
    target.classes = column.levels;
    target.labels = column.codes;
    return;
  }
  std::map<double, std::int32_t> number;
  for (const auto& entry : count_values(column)) {
    number.emplace(entry.first, static_cast<std::int32_t>(target.classes.size()));
    target.classes.push_back(class_name(column, entry.first));
  }
  target.labels.reserve(column.numbers.size());
  for (const double value : column.numbers) target.labels.push_back(number.at(value));
}

void require_classes(const Target& target) {
  const std::size_t count = target.classes.size();
  if (count < 2)
    fail_input("target \"{}\" has one class only, {}; nothing can be learnt", target.name, shown(target.classes[0]));
  if (count > max_classes)
    fail_input("target \"{}\" has {} classes, at most {} are possible; is it meant to be regression?", target.name,
               count, max_classes);
  if (target.task == Task::binary && count != 2)
    fail_input("target \"{}\" has {} classes, a binary task needs 2; use multiclass", target.name, count);
}

Target target_of(const Column& column, Task task) {
  Target target{column.name, task, {}, {}, {}};
  if (task != Task::regression) {
    set_classes(column, target);
    require_classes(target);
    return target;
  }
  if (column.kind == ColumnKind::categorical)
    fail_input("target \"{}\" holds text such as {}; regression needs numbers", column.name, shown(column.levels[0]));
  target.values.reserve(column.numbers.size());
  for (const double value : column.numbers) {
    const auto single = static_cast<float>(value);
    if (!std::isfinite(single))
      fail_input("target \"{}\": {} is too large for a float; rescale it", column.name, value);
    target.values.push_back(single);
  }
  return target;
}

}  // namespace

const char* to_string(Task task) {
  switch (task) {
    case Task::binary:
      return "binary";
    case Task::multiclass:
      return "multiclass";
    case Task::regression:
      return "regression";
  }
  return "";
}

Task task_from(const std::string& text) {
  for (const Task task : {Task::binary, Task::multiclass, Task::regression})
    if (text == to_string(task)) return task;
  fail_usage("\"{}\" is not a task{}; the tasks are binary, multiclass and regression", text,
             did_you_mean(text, {"binary", "multiclass", "regression"}));
}

Dataset make_dataset(Table table, const std::string& target_name, std::optional<Task> task, const NoticeSink& notice) {
  const NoticeSink tell = notice ? notice : [](const std::string&) {};
  return with_context(table.source, [&] {
    Column column = take_column(table, target_name);
    if (table.columns.empty()) fail_input("no feature column is left beside target \"{}\"", target_name);
    if (column.kind == ColumnKind::datetime)
      fail_input("target \"{}\" is a date; predict a number or a class made from it", target_name);
    drop_rows_without_target(table, column, tell);
    if (table.rows == 0) fail_input("the table has no rows");
    if (column.kind == ColumnKind::categorical) drop_unused_levels(column);
    Target target = target_of(column, task ? *task : guess_task(column, tell));
    return Dataset{std::move(table), std::move(target)};
  });
}

}  // namespace tabjoule
