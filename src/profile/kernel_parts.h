// How each kernel type is built of operators: the inputs it needs and the nodes that a runtime makes one kernel of.
#pragma once

#include <span>

#include "kernel/kernel.h"
#include "profile/model_builder.h"

namespace tabjoule {

/// Shapes of the tensors that a kernel reads besides its weights. Errors (input): the type cannot be built alone, a
/// size is below 1 or does not divide as it must (the message says which).
[[nodiscard]] std::vector<Dims> kernel_inputs(const KernelKey& key);

/// The element type of its input `index`.
[[nodiscard]] ElementType kernel_input_type(const KernelKey& key, std::size_t index);

/// The kernel reading `inputs`, of kernel_inputs' shapes, with weights of its own; its result is called `output`. What
/// computes in int8 is made of quantised operators, all else in float32.
BuiltTensor add_kernel(ModelBuilder& model, const KernelKey& key, std::span<const BuiltTensor> inputs,
                       const std::string& output);

}  // namespace tabjoule
