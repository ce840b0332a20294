// Pairs of QuantizeLinear and DequantizeLinear, by which a file says what to compute in integers of 8 bits.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace tabjoule {

/// `graph` as a runtime takes it that computes in integers what such pairs surround (TensorRT's explicit quantization):
/// operators that move or pick values do so with integers; products and convolutions of two dequantised tensors,
/// and what is computed element by element or pooled between pairs, read the integers. What dequantises for nobody else
/// is left without a reader. Nothing where no activation is dequantised.
/// Errors (input): a cycle, a tensor that nothing or more than one node makes.
[[nodiscard]] std::optional<Graph> with_pairs_absorbed(const Graph& graph);

}  // namespace tabjoule
