// Shape rules of the operators in operators.cpp: from a call to the shape of its first output.
#pragma once

#include "kernel/operators.h"

namespace tabjoule::shape_rules {

Shape same(const OperatorCall& call);  ///< as the first input
Shape broadcast(const OperatorCall& call);
Shape gemm(const OperatorCall& call);
Shape matmul(const OperatorCall& call);
Shape concat(const OperatorCall& call);
Shape reduce(const OperatorCall& call);
Shape arg_reduce(const OperatorCall& call);
Shape reshape(const OperatorCall& call);
Shape flatten(const OperatorCall& call);
Shape unsqueeze(const OperatorCall& call);
Shape squeeze(const OperatorCall& call);
Shape transpose(const OperatorCall& call);
Shape gather(const OperatorCall& call);
Shape slice(const OperatorCall& call);
Shape split(const OperatorCall& call);
std::vector<Shape> split_rest(const OperatorCall& call);  ///< of the outputs behind the first
std::vector<Shape> skip_rest(const OperatorCall& call);   ///< SkipLayerNormalization: mean, deviation, the sum
Shape pad(const OperatorCall& call);
Shape tile(const OperatorCall& call);
Shape conv(const OperatorCall& call);
Shape pool(const OperatorCall& call);
Shape global_pool(const OperatorCall& call);
Shape reorder_output(const OperatorCall& call);  ///< ONNX Runtime's blocks of channels back to channels
Shape einsum(const OperatorCall& call);
Shape attention(const OperatorCall& call);
Shape multi_head_attention(const OperatorCall& call);
Shape one_hot(const OperatorCall& call);
Shape expand(const OperatorCall& call);
Shape filled(const OperatorCall& call);    ///< ConstantOfShape
Shape shape_of(const OperatorCall& call);  ///< Shape: the rank

/// The integers an operator that computes shapes (Shape, Gather, Concat, Unsqueeze, Cast ...) gives, where known.
std::optional<std::vector<std::int64_t>> integers(const OperatorCall& call);

}  // namespace tabjoule::shape_rules
