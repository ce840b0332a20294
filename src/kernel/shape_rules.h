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
// ONNX Runtime's blocks of channels from channels and back, which may be the last dimension ("channels_last").
Shape reorder_input(const OperatorCall& call);
Shape reorder_output(const OperatorCall& call);
Shape einsum(const OperatorCall& call);
Shape attention(const OperatorCall& call);
Shape multi_head_attention(const OperatorCall& call);
Shape one_hot(const OperatorCall& call);
Shape expand(const OperatorCall& call);
Shape filled(const OperatorCall& call);    ///< ConstantOfShape
Shape shape_of(const OperatorCall& call);  ///< Shape: how many dimensions it tells
Shape scalar(const OperatorCall& call);
Shape range(const OperatorCall& call);
Shape as_indices(const OperatorCall& call);  ///< GatherElements: as the second input
Shape gather_nd(const OperatorCall& call);
Shape recurrent(const OperatorCall& call);                    ///< LSTM, GRU, RNN: every step's state
std::vector<Shape> recurrent_rest(const OperatorCall& call);  ///< the last state, an LSTM's last cell

// ai.onnx.ml: a class a row, with scores a class behind it; values a row; columns picked; categories spread out.
Shape labels(const OperatorCall& call);
std::vector<Shape> scores(const OperatorCall& call);
Shape targets(const OperatorCall& call);
Shape extracted(const OperatorCall& call);
Shape one_hot_encoded(const OperatorCall& call);

std::vector<Shape> scale_and_zero_point(const OperatorCall& call);  ///< DynamicQuantizeLinear's further outputs

/// What Slice takes of one axis: `count` elements from `first` on, `step` apart.
struct SliceRange {
  std::int64_t first, step, count;
};
/// Of an axis of `size`, from a `start` to before an `end`, as Slice's inputs name them. Errors (input): a step of 0.
SliceRange slice_range(const Node& node, std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step);

/// What Slice takes of each axis of its input.
std::vector<SliceRange> slice_ranges(const OperatorCall& call);

/// The dimensions that Shape tells: all, or those from its "start" to before its "end".
Shape dimensions_told(const OperatorCall& call);

/// The integers an operator that computes shapes (Shape, Gather, Concat, Mul, Where, Slice ...) gives, where known.
std::optional<std::vector<std::int64_t>> integers(const OperatorCall& call);

}  // namespace tabjoule::shape_rules
