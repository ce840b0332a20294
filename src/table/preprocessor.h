// From a table's columns to the float matrix a network takes: fitted on training rows only, plain data, so that
// it can be stored as JSON and written into an ONNX graph (graph/pipeline_graph.h) without a second definition.
//
// The matrix, left to right: the numeric features in order (one column each, followed by its indicator where it
// has one), then the categorical features in order (one-hot: one column a level; codes: one column).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/matrix.h"
#include "base/progress.h"
#include "table/table.h"

namespace tabjoule {

enum class Scaling { standard, quantile };
enum class CategoryEncoding { one_hot, codes };

/// The part of a datetime that a numeric feature holds; `none` for a number or a boolean (the value itself). All
/// are whole numbers, from seconds since 1970-01-01 UTC in the proleptic Gregorian calendar: epoch_days =
/// floor(seconds / 86400), the year, month 1 .. 12, day 1 .. 31, weekday 0 (Monday) .. 6, hour 0 .. 23.
enum class DatePart { none, epoch_days, year, month, day, weekday, hour };

/// value = part of the column; missing -> fill; then
///   standard: (value - center) / scale
///   quantile: piecewise-linear through (knots_x[i], knots_z[i]), constant outside.
struct NumericFeature {
  std::string column;
  ColumnKind kind = ColumnKind::numeric;  ///< numeric, boolean or datetime
  DatePart part = DatePart::none;
  double fill = 0;         ///< train mean of the part
  bool indicator = false;  ///< a further column: 1 where missing, else 0
  Scaling scaling = Scaling::standard;
  double center = 0, scale = 1;
  std::vector<double> knots_x, knots_z;  ///< knots_x strictly increases

  [[nodiscard]] std::string name() const;  ///< "date.year"
};

/// One-hot width: levels, then one column for missing where training had any, then one for "other" (rare in
/// training, or unseen) where training had any; a value without a column is all zeros.
/// Codes: level -> its index, missing -> levels.size(), other -> levels.size() + 1.
struct CategoricalFeature {
  std::string column;
  std::vector<std::string> levels;  ///< known ones, sorted; rare ones are left out and count as other
  bool has_missing = false;
  bool has_other = false;
  CategoryEncoding encoding = CategoryEncoding::one_hot;

  [[nodiscard]] int width() const;
  [[nodiscard]] int cardinality() const { return static_cast<int>(levels.size()) + 2; }  ///< of codes
};

struct Preprocessor {
  std::vector<NumericFeature> numeric;
  std::vector<CategoricalFeature> categorical;

  [[nodiscard]] int width() const;
  [[nodiscard]] int numeric_width() const;  ///< of the numeric features with their indicators
  /// Ascending, the last is width(): where the outputs of each raw column end.
  [[nodiscard]] std::vector<int> column_ends() const;
  [[nodiscard]] std::vector<std::string> output_names() const;  ///< (F) "age", "age missing", "job=clerk", ...
  /// The raw columns in the order of the pipeline's inputs, each once.
  [[nodiscard]] std::vector<std::pair<std::string, ColumnKind>> schema() const;
};

struct PreprocessOptions {
  Scaling scaling = Scaling::quantile;
  CategoryEncoding encoding = CategoryEncoding::one_hot;
  int max_levels = 128;  ///< the most frequent are kept, the rest are "other"
  int min_count = 5;     ///< levels rarer than this in train are "other" (unless that would leave none)
  int max_knots = 257;   ///< of a quantile scale
};

/// Learns fills, scales and levels from `train` rows of `features`. A feature that is constant on train is
/// dropped with a notice. Errors (input): nothing is left.
[[nodiscard]] Preprocessor fit_preprocessor(const Table& features, std::span<const std::uint32_t> train,
                                            const PreprocessOptions& options, const NoticeSink& notice);

/// out: (rows.size(), preprocessor.width()), always finite. `features` must hold every column of the schema
/// (in any order; levels may differ from the training table's). Errors (input): a column is absent.
[[nodiscard]] Matrix transform(const Preprocessor& preprocessor, const Table& features,
                               std::span<const std::uint32_t> rows);

/// docs/preprocessor-format.md. from_json errors (input) where a member is absent or of the wrong type.
[[nodiscard]] Json to_json(const Preprocessor& preprocessor);
[[nodiscard]] Preprocessor preprocessor_from_json(const Json& json);

/// Every part of a datetime, shared with the graph writer's tests. NaN gives NaN.
[[nodiscard]] double date_part(double epoch_seconds, DatePart part);

}  // namespace tabjoule
