// Numbers, booleans and parts of dates: missing values filled, scaled, with their indicators. Everything up to the
// scaled value is float64, as in transform.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "graph/pipeline_parts.h"

namespace tabjoule::pipeline_parts {
namespace {

/// Columns of raw values side by side: which column of the joined matrix holds which (raw column, part).
struct RawMatrix {
  std::vector<std::string> values;   ///< matrices float64
  std::vector<std::string> missing;  ///< matrices boolean, as wide as their values
  std::map<std::pair<std::string, DatePart>, std::int64_t> column_of;
  std::int64_t width = 0;
};

std::vector<std::string> raw_columns(const Preprocessor& preprocessor, bool dates) {
  std::vector<std::string> columns;
  for (const NumericFeature& feature : preprocessor.numeric) {
    const bool is_date = feature.part != DatePart::none;
    if (is_date == dates && std::find(columns.begin(), columns.end(), feature.column) == columns.end()) {
      columns.push_back(feature.column);
    }
  }
  return columns;
}

void append(RawMatrix& raw, const std::vector<std::string>& columns, DatePart part, const std::string& values,
            const std::string& missing) {
  raw.values.push_back(values);
  raw.missing.push_back(missing);
  for (const std::string& column : columns) raw.column_of[{column, part}] = raw.width++;
}

/// Infinities are missing too, as where a table is read.
std::string add_missing(GraphBuilder& builder, const std::string& values, const std::string& group) {
  const std::string nan = builder.add("IsNaN", {values}, group + "/is_nan");
  const std::string infinite = builder.add("IsInf", {values}, group + "/is_infinite");
  return builder.add("Or", {nan, infinite}, group + "/missing");
}

void add_numbers(GraphBuilder& builder, const Preprocessor& preprocessor, RawMatrix& raw) {
  const auto columns = raw_columns(preprocessor, false);
  if (columns.empty()) return;
  const std::string values = builder.join(columns, "numbers");
  append(raw, columns, DatePart::none, values, add_missing(builder, values, "numbers"));
}

void add_dates(GraphBuilder& builder, const Preprocessor& preprocessor, RawMatrix& raw) {
  const auto columns = raw_columns(preprocessor, true);
  if (columns.empty()) return;
  std::vector<DatePart> parts;
  for (const NumericFeature& feature : preprocessor.numeric) {
    if (feature.part != DatePart::none) parts.push_back(feature.part);
  }
  const std::string seconds = builder.join(columns, "dates");
  const std::string missing = add_missing(builder, seconds, "dates");
  const std::string zero = builder.constant("dates/zero", {}, std::vector<double>{0});
  const std::string known = builder.add("Where", {missing, zero, seconds}, "dates/known");
  for (const auto& [part, tensor] : add_date_parts(builder, known, parts)) {
    append(raw, columns, part, tensor, missing);
  }
}

/// Features that are scaled in one way, with their columns in the preprocessor's matrix.
struct ScalingGroup {
  std::vector<const NumericFeature*> features;
  std::vector<std::int64_t> raw_columns, columns;
};

struct Plan {
  ScalingGroup standard, quantile, indicators;
};

void append(ScalingGroup& group, const NumericFeature& feature, std::int64_t raw_column, std::int64_t column) {
  group.features.push_back(&feature);
  group.raw_columns.push_back(raw_column);
  group.columns.push_back(column);
}

Plan plan_of(const Preprocessor& preprocessor, const RawMatrix& raw) {
  Plan plan;
  std::int64_t column = 0;
  for (const NumericFeature& feature : preprocessor.numeric) {
    const std::int64_t raw_column = raw.column_of.at({feature.column, feature.part});
    append(feature.scaling == Scaling::standard ? plan.standard : plan.quantile, feature, raw_column, column++);
    if (feature.indicator) append(plan.indicators, feature, raw_column, column++);
  }
  return plan;
}

std::string add_filled(GraphBuilder& builder, const ScalingGroup& group, const std::string& values,
                       const std::string& missing, std::int64_t width, const std::string& name) {
  std::vector<double> fills;
  for (const NumericFeature* feature : group.features) fills.push_back(feature->fill);
  const auto count = static_cast<std::int64_t>(fills.size());
  const std::string picked = builder.pick(values, group.raw_columns, width, name + "/values");
  const std::string absent = builder.pick(missing, group.raw_columns, width, name + "/missing");
  const std::string fill = builder.constant(name + "/fill", {1, count}, std::move(fills));
  return builder.add("Where", {absent, fill, picked}, name + "/filled");
}

/// Clamped to what a float32 holds, so that the matrix is finite.
std::string add_float(GraphBuilder& builder, const std::string& scaled, const std::string& name) {
  constexpr double limit = std::numeric_limits<float>::max();
  const std::string low = builder.constant(name + "/lowest_float", {}, std::vector<double>{-limit});
  const std::string high = builder.constant(name + "/highest_float", {}, std::vector<double>{limit});
  const std::string bounded = builder.add("Clip", {scaled, low, high}, name + "/bounded");
  return builder.cast(bounded, ElementType::float32, name + "/float");
}

void validate(const NumericFeature& feature) {
  const auto finite = [](const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
  };
  const auto require = [&](bool holds, const char* what) {
    if (!holds) fail_input("feature \"{}\" of the preprocessor: {}", feature.name(), what);
  };
  require(std::isfinite(feature.fill), "its fill must be finite");
  if (feature.scaling == Scaling::standard) {
    require(finite({feature.center, feature.scale}) && feature.scale != 0,
            "center and scale must be finite, scale not 0");
    return;
  }
  const auto& x = feature.knots_x;
  require(!x.empty() && x.size() == feature.knots_z.size(), "needs as many knots_x as knots_z, 1 at least");
  require(finite(x) && finite(feature.knots_z), "knots must be finite");
  require(std::adjacent_find(x.begin(), x.end(), std::greater_equal<>()) == x.end(), "knots_x must increase");
}

}  // namespace

std::string add_standard_scale(GraphBuilder& builder, const std::string& values,
                               const std::vector<const NumericFeature*>& features) {
  std::vector<double> centers, scales;
  for (const NumericFeature* feature : features) {
    centers.push_back(feature->center);
    scales.push_back(feature->scale);
  }
  const auto count = static_cast<std::int64_t>(features.size());
  const std::string center = builder.constant("standard/center", {1, count}, std::move(centers));
  const std::string scale = builder.constant("standard/scale", {1, count}, std::move(scales));
  return builder.add("Div", {builder.add("Sub", {values, center}, "standard/centered"), scale}, "standard/scaled");
}

void add_numeric(GraphBuilder& builder, const Preprocessor& preprocessor, std::vector<FeatureBlock>& blocks) {
  if (preprocessor.numeric.empty()) return;
  for (const NumericFeature& feature : preprocessor.numeric) validate(feature);
  RawMatrix raw;
  add_numbers(builder, preprocessor, raw);
  add_dates(builder, preprocessor, raw);
  const Plan plan = plan_of(preprocessor, raw);
  const std::string values = builder.join(raw.values, "numeric/values");
  const std::string missing = builder.join(raw.missing, "numeric/missing");
  const auto add_block = [&](const ScalingGroup& group, const std::string& name, auto scale) {
    if (group.features.empty()) return;
    const std::string filled = add_filled(builder, group, values, missing, raw.width, name);
    const std::string scaled = scale(builder, filled, group.features);
    blocks.push_back({add_float(builder, scaled, name), group.columns});
  };
  add_block(plan.standard, "standard", add_standard_scale);
  add_block(plan.quantile, "quantile", add_quantile_scale);
  if (plan.indicators.features.empty()) return;
  const std::string absent = builder.pick(missing, plan.indicators.raw_columns, raw.width, "indicators/missing");
  blocks.push_back({builder.cast(absent, ElementType::float32, "indicators/float"), plan.indicators.columns});
}

}  // namespace tabjoule::pipeline_parts
