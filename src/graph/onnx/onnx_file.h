// ONNX files: the only place that sees protobuf.
#pragma once

#include <filesystem>
#include <string>

#include "graph/graph.h"

namespace tabjoule {

/// Serialised ONNX (IR version 8), checked with the ONNX checker before it is returned (a failure there is Error
/// (internal)), but for opsets newer than the checker's.
[[nodiscard]] std::string to_onnx(const Graph& graph);

/// Errors (input): not an ONNX file, truncated, a constant stored outside the file, an element type not listed in
/// ElementType (the tensor is named), subgraphs and functions. `origin` is named in messages. Operators need not be
/// known. Constant nodes that hold a tensor become constants; float16 and bfloat16 values are widened to floats.
[[nodiscard]] Graph from_onnx(const std::string& bytes, const std::string& origin);

void write_onnx(const std::filesystem::path& path, const Graph& graph);
[[nodiscard]] Graph read_onnx(const std::filesystem::path& path);

}  // namespace tabjoule
