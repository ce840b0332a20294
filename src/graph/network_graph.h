// Network -> Graph: what model.onnx holds.
#pragma once

#include <string>

#include "graph/graph.h"
#include "nn/network.h"
#include "nn/parameter_store.h"

namespace tabjoule {

/// Input "features" (batch, F) float32, output "output" (batch, K) float32: logits, or standardised regression
/// values. Node and constant names are the layers' and parameters' names. `store` null: constants have shapes
/// but no values. `batch` -1: the dimension is named "batch".
[[nodiscard]] Graph to_graph(const Network& network, const ParameterStore* store, std::int64_t batch = -1);

}  // namespace tabjoule
