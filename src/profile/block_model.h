// Convolutions as ONNX Runtime's CPU provider computes them: in blocks of channels.
#pragma once

#include <optional>

#include "graph/graph.h"

namespace tabjoule {

/// Of a model of convolutions as it is executed (Runner::executed_graph): its convolutions in blocks of channels alone,
/// without what brings images into blocks and back, which a network does at its ends. With `residual` each adds
/// another tensor, an input of its own, in the kernel. Weights are random. Nothing where the runtime executes anything
/// else.
[[nodiscard]] std::optional<Graph> convolutions_in_blocks(const Graph& executed, bool residual);

/// A model of pools alone, their channels a multiple of 16, on images that are in blocks: what stands behind a
/// convolution in blocks is computed so too.
[[nodiscard]] Graph pools_in_blocks(Graph pools);

}  // namespace tabjoule
