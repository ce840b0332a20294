// Kernels that compute in int8, of the quantised operators of ONNX and ONNX Runtime: activations are of uint8 and
// weights of int8 where the key does not say otherwise, each tensor has one scale.
#pragma once

#include <span>

#include "kernel/kernel.h"
#include "profile/model_builder.h"

namespace tabjoule {

struct QuantizedPart {
  KernelType type;
  const char* variant;  ///< without the signs of its factors
  bool real_inputs;     ///< of float32
  bool channels_last;   ///< of the images that it reads
  /// Its inputs are those of a kernel without the variant in float32, but for what is said above.
  BuiltTensor (*add)(ModelBuilder&, const KernelKey&, std::span<const BuiltTensor>, const std::string& output);
};

/// Null for what is no quantised operator: kernels that are not in int8, and those that only move integers.
/// Errors (input): it is one that cannot be built alone.
[[nodiscard]] const QuantizedPart* quantized_part(const KernelKey& key);

/// Of a kernel in int8: the type of its input `index`, where it has no real ones.
[[nodiscard]] ElementType quantized_input_type(const KernelKey& key, std::size_t index);

}  // namespace tabjoule
