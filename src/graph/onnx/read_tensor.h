// The part of reading ONNX that turns a TensorProto into a Tensor. Protobuf's types stay out of headers: callers
// pass a TensorProto by pointer to its forward declaration.
#pragma once

#include <cstdint>
#include <string>

#include "graph/graph.h"

namespace onnx {
class TensorProto;
}

namespace tabjoule {

/// Whether ONNX's number `type` is one of ElementType's.
[[nodiscard]] bool is_listed(std::int32_t type);

/// Errors (input): not listed; `tensor` is named.
[[nodiscard]] ElementType element_type_from(std::int32_t type, const std::string& tensor);

/// Whether the values lie in another file.
[[nodiscard]] bool is_external(const onnx::TensorProto* proto);

/// What to do with values that lie in another file.
enum class External { refuse, leave_out };

/// Errors (input): values outside the file, unless they are left out, fewer or more values than the shape says, an
/// element type not listed.
[[nodiscard]] Tensor tensor_from(const onnx::TensorProto* proto, External external);

}  // namespace tabjoule
