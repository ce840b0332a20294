// Raw columns -> prediction in one graph: the preprocessing in front of a network's graph, the probabilities
// behind it. What pipeline.onnx holds.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "table/dataset.h"
#include "table/preprocessor.h"

namespace tabjoule {

/// What comes after the network.
struct PredictionHead {
  Task task = Task::regression;
  std::vector<std::string> classes;        ///< classification
  double target_mean = 0, target_std = 1;  ///< regression: value = output * std + mean
};

/// Inputs, in the order of preprocessor.schema(), each (batch, 1) and named as its column: float64 for numeric
/// and boolean columns (0 or 1) and for dates (seconds since 1970-01-01 UTC), NaN where missing; string for
/// categorical columns, "" where missing.
/// Outputs: classification "probabilities" (batch, K) float32 and "label" (batch) string; regression
/// "prediction" (batch) float32.
/// Where a column has an output's name, the output yields: "predicted_label". Infinite numbers count as missing, as
/// where tables are read. Errors (input): a feature whose scale makes no sense; (internal): parts that do not fit
/// together. The matrix, the metadata and a Python example: docs/onnx-files.md.
/// Uses operators of ai.onnx and ai.onnx.ml alone.
[[nodiscard]] Graph pipeline_graph(const Preprocessor& preprocessor, const Graph& network, const PredictionHead& head);

}  // namespace tabjoule
