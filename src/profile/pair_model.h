// Kernels that compute in int8 on a runtime that is told so by pairs of QuantizeLinear and DequantizeLinear.
#pragma once

#include "profile/profile.h"

namespace tabjoule {

/// kernel_model of a key in int8 for a runtime whose rules have `quantized_pairs`: the kernel in float32 with its
/// inputs and weights dequantised before it and its result quantised behind it; inputs and outputs are of int8, as
/// TensorRT quantises (no zero point). Errors: as kernel_model.
[[nodiscard]] Graph pair_kernel_model(const KernelKey& key, int copies, CopyInputs inputs = CopyInputs::shared);

}  // namespace tabjoule
