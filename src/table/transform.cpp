// Table -> matrix, by what fit_preprocessor learnt.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "table/preprocessor.h"

namespace tabjoule {
namespace {

using Rows = std::span<const std::uint32_t>;

const Column& column_of(const Table& features, const std::string& name, ColumnKind kind) {
  const Column* column = features.find(name);
  if (!column) fail_input("{}: no column \"{}\"{}", features.source, name, did_you_mean(name, features.names()));
  const bool numbers = column->kind == ColumnKind::numeric || column->kind == ColumnKind::boolean;
  const bool wants_numbers = kind == ColumnKind::numeric || kind == ColumnKind::boolean;
  if (column->kind != kind && !(numbers && wants_numbers))
    fail_input("{}: column \"{}\" is {}, in training it was {}", features.source, name, to_string(column->kind),
               to_string(kind));
  return *column;
}

double interpolated(double x, const std::vector<double>& xs, const std::vector<double>& zs) {
  const auto above = std::upper_bound(xs.begin(), xs.end(), x);
  if (above == xs.begin()) return zs.front();
  if (above == xs.end()) return zs.back();
  const auto i = static_cast<std::size_t>(above - xs.begin());
  const double width = xs[i] - xs[i - 1];  // infinite between -1e308 and 1e308: then in halves
  const double part =
      std::isfinite(width) ? (x - xs[i - 1]) / width : (x / 2 - xs[i - 1] / 2) / (xs[i] / 2 - xs[i - 1] / 2);
  return zs[i - 1] + (zs[i] - zs[i - 1]) * part;
}

float scaled(const NumericFeature& feature, double value) {
  constexpr double limit = std::numeric_limits<float>::max();
  const double z = feature.scaling == Scaling::quantile ? interpolated(value, feature.knots_x, feature.knots_z)
                                                        : (value - feature.center) / feature.scale;
  return static_cast<float>(std::clamp(z, -limit, limit));
}

void write_numeric(const NumericFeature& feature, const Table& features, Rows rows, Matrix& out, int first) {
  const Column& column = column_of(features, feature.column, feature.kind);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double value = date_part(column.numbers[rows[i]], feature.part);
    const bool missing = std::isnan(value);
    const auto row = static_cast<Eigen::Index>(i);
    out(row, first) = scaled(feature, missing ? feature.fill : value);
    if (feature.indicator) out(row, first + 1) = missing ? 1.0F : 0.0F;
  }
}

/// What a level of the table is to the feature: one of its own levels, or other.
std::vector<int> meanings(const CategoricalFeature& feature, const Column& column) {
  const int other = static_cast<int>(feature.levels.size()) + 1;
  std::vector<int> result;
  result.reserve(column.levels.size());
  for (const auto& level : column.levels) {
    const auto at = std::lower_bound(feature.levels.begin(), feature.levels.end(), level);
    const bool known = at != feature.levels.end() && *at == level;
    result.push_back(known ? static_cast<int>(at - feature.levels.begin()) : other);
  }
  return result;
}

/// The one-hot column of each meaning (a level's index, levels: missing, levels + 1: other); -1: none.
std::vector<int> one_hot_columns(const CategoricalFeature& feature, int first) {
  const int levels = static_cast<int>(feature.levels.size());
  std::vector<int> columns;
  for (int level = 0; level < levels; ++level) columns.push_back(first + level);
  columns.push_back(feature.has_missing ? first + levels : -1);
  columns.push_back(feature.has_other ? first + levels + (feature.has_missing ? 1 : 0) : -1);
  return columns;
}

void write_categorical(const CategoricalFeature& feature, const Table& features, Rows rows, Matrix& out, int first) {
  const Column& column = column_of(features, feature.column, ColumnKind::categorical);
  const std::vector<int> meaning_of = meanings(feature, column);
  const int missing = static_cast<int>(feature.levels.size());
  const bool codes = feature.encoding == CategoryEncoding::codes;
  const std::vector<int> columns = one_hot_columns(feature, first);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int32_t code = column.codes[rows[i]];
    const int meaning = code < 0 ? missing : meaning_of[static_cast<std::size_t>(code)];
    const auto row = static_cast<Eigen::Index>(i);
    if (codes)
      out(row, first) = static_cast<float>(meaning);
    else if (const int at = columns[static_cast<std::size_t>(meaning)]; at >= 0)
      out(row, at) = 1;
  }
}

}  // namespace

Matrix transform(const Preprocessor& preprocessor, const Table& features, std::span<const std::uint32_t> rows) {
  for (const auto row : rows)
    if (row >= features.rows) fail_usage("row {} of a table with {} rows", row, features.rows);
  Matrix out = Matrix::Zero(static_cast<Eigen::Index>(rows.size()), preprocessor.width());
  int first = 0;
  for (const auto& feature : preprocessor.numeric) {
    write_numeric(feature, features, rows, out, first);
    first += feature.indicator ? 2 : 1;
  }
  for (const auto& feature : preprocessor.categorical) {
    write_categorical(feature, features, rows, out, first);
    first += feature.width();
  }
  return out;
}

}  // namespace tabjoule
