// The parts of pipeline_graph: blocks of the preprocessed matrix. Columns are grouped, so that a table of hundreds
// of columns needs few nodes. Dimensions: B batch, C columns of a group.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/graph_builder.h"
#include "table/preprocessor.h"

namespace tabjoule::pipeline_parts {

/// (B, columns.size()) float32: these columns of the preprocessor's matrix.
struct FeatureBlock {
  std::string tensor;
  std::vector<std::int64_t> columns;
};

/// The raw columns are inputs of `builder`'s graph already, named as they are.
void add_numeric(GraphBuilder& builder, const Preprocessor& preprocessor, std::vector<FeatureBlock>& blocks);
void add_categorical(GraphBuilder& builder, const Preprocessor& preprocessor, std::vector<FeatureBlock>& blocks);

/// `seconds`: (B, C) float64, finite. The parts asked for, each (B, C) float64, as tabjoule::date_part.
std::map<DatePart, std::string> add_date_parts(GraphBuilder& builder, const std::string& seconds,
                                               const std::vector<DatePart>& parts);

/// `values`: (B, features.size()) float64, finite; the result is float64.
std::string add_standard_scale(GraphBuilder& builder, const std::string& values,
                               const std::vector<const NumericFeature*>& features);
std::string add_quantile_scale(GraphBuilder& builder, const std::string& values,
                               const std::vector<const NumericFeature*>& features);

}  // namespace tabjoule::pipeline_parts
