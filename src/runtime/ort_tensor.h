// RuntimeTensor <-> ONNX Runtime's values. ONNX Runtime's headers stay out of headers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/runner.h"

namespace Ort {
struct Value;
}

namespace tabjoule {

/// What a model declares of an input or output; dims are -1 where not known.
struct TensorSpec {
  std::string name;
  ElementType type = ElementType::undefined;
  std::vector<std::int64_t> dims;
};

/// "float64 (-1, 3)"
[[nodiscard]] std::string describe(ElementType type, const std::vector<std::int64_t>& dims);

/// The element type of `tensor`'s data.
[[nodiscard]] ElementType type_of(const RuntimeTensor& tensor);

/// Errors (input): type, shape or number of values differ from what `spec` says; both are named. Integers of any width
/// and booleans come as int64, float16 as float32.
void require_matches(const RuntimeTensor& tensor, const TensorSpec& spec);

/// A value of `type`, which require_matches has seen: it reads `tensor`'s memory, so `tensor` must outlive it; texts
/// and what has to be converted are copied.
[[nodiscard]] Ort::Value ort_value(const RuntimeTensor& tensor, ElementType type);

/// A copy. Errors (input): an element type that RuntimeTensor has no place for; booleans and int32 become int64.
[[nodiscard]] RuntimeTensor runtime_tensor(const std::string& name, const Ort::Value& value);

}  // namespace tabjoule
