// Kernel rules of the operators in operators.cpp: from a call and the shape of its first output to a kernel's key.
#pragma once

#include "kernel/operators.h"

namespace tabjoule::kernel_rules {

KernelKey unknown(const OperatorCall& call, const Shape& output);

// Convolutions and pools of images (batch, channels, height, width); other ranks are unknown. A kernel that is not
// square counts as the square of about as many weights.
KernelKey conv(const OperatorCall& call, const Shape& output);
KernelKey pool(const OperatorCall& call, const Shape& output);
KernelKey global_pool(const OperatorCall& call, const Shape& output);

KernelKey batch_norm(const OperatorCall& call, const Shape& output);
KernelKey layer_norm(const OperatorCall& call, const Shape& output);
KernelKey instance_norm(const OperatorCall& call, const Shape& output);
KernelKey group_norm(const OperatorCall& call, const Shape& output);

/// x (..., k) times a matrix is linear, times a batch of matrices batch_matmul.
KernelKey matmul(const OperatorCall& call, const Shape& output);
KernelKey einsum(const OperatorCall& call, const Shape& output);

/// com.microsoft's: Attention projects its input to queries, keys and values first, MultiHeadAttention takes them.
KernelKey attention(const OperatorCall& call, const Shape& output);
KernelKey multi_head_attention(const OperatorCall& call, const Shape& output);
KernelKey attention_projection(const OperatorCall& call, const Shape& output);

KernelKey elementwise(const OperatorCall& call, const Shape& output);
KernelKey concat(const OperatorCall& call, const Shape& output);

KernelKey linear_model(const OperatorCall& call, const Shape& output);  ///< ai.onnx.ml's, its weights an attribute
KernelKey extracted(const OperatorCall& call, const Shape& output);     ///< ArrayFeatureExtractor
KernelKey label_encoder(const OperatorCall& call, const Shape& output);

}  // namespace tabjoule::kernel_rules
