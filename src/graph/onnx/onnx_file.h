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

/// Whether ONNX's own operator set of version `opset` has an operator of that name.
[[nodiscard]] bool has_operator(const std::string& name, int opset);

void write_onnx(const std::filesystem::path& path, const Graph& graph);

/// As from_onnx, but constants may lie in files beside the model: those of more than 1 KiB keep their
/// shape and lose their values, which is enough to detect kernels. Errors (input): such a file missing or too short.
[[nodiscard]] Graph read_onnx(const std::filesystem::path& path);

/// The bytes of a model as one file, what lies in files beside it taken in: for a Runner. Bytes that are not ONNX are
/// returned as they are. Errors (input): a file beside it is missing or too short; more than 2 GB together.
[[nodiscard]] std::string read_model(const std::filesystem::path& path);

}  // namespace tabjoule
