#include "kernel/shape_rules.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "base/error.h"

namespace tabjoule::shape_rules {
namespace {

Shape broadcast_pair(const Node& node, const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1) {
      fail_input("node {}: sizes {} and {} do not broadcast", shown(node), left, right);
    }
    result[result.size() - 1 - i] = left == 1 ? right : left;
  }
  return result;
}

/// Rank 2 with the two sizes swapped where `transposed`.
Shape matrix(const OperatorCall& call, std::size_t input, bool transposed) {
  Shape shape = call.shape(input);
  if (shape.size() != 2) fail_input("node {}: input {} must be a matrix", shown(call.node), input);
  if (transposed) std::swap(shape[0], shape[1]);
  return shape;
}

void require_inner(const Node& node, std::int64_t left, std::int64_t right) {
  if (left != right) fail_input("node {}: multiplies {} columns by {} rows", shown(node), left, right);
}

std::set<std::size_t> axis_set(const Node& node, const std::vector<std::int64_t>& axes, std::size_t rank) {
  std::set<std::size_t> result;
  for (const std::int64_t axis : axes) result.insert(axis_of(node, axis, rank));
  return result;
}

Shape without(const Shape& shape, const std::set<std::size_t>& axes, bool keep) {
  Shape result;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (!axes.contains(i)) result.push_back(shape[i]);
    if (axes.contains(i) && keep) result.push_back(1);
  }
  return result;
}

}  // namespace

Shape same(const OperatorCall& call) { return call.shape(0); }

Shape broadcast(const OperatorCall& call) {
  Shape result = call.shape(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.inputs[i] != nullptr) result = broadcast_pair(call.node, result, call.shape(i));
  }
  return result;
}

Shape gemm(const OperatorCall& call) {
  const Shape a = matrix(call, 0, call.node.integer("transA", 0) != 0);
  const Shape b = matrix(call, 1, call.node.integer("transB", 0) != 0);
  require_inner(call.node, a[1], b[0]);
  return {a[0], b[1]};
}

Shape matmul(const OperatorCall& call) {
  Shape a = call.shape(0), b = call.shape(1);
  if (a.empty() || b.empty()) fail_input("node {}: takes matrices, not single values", shown(call.node));
  const bool row = a.size() == 1, column = b.size() == 1;  // vectors, which leave no dimension
  if (row) a.insert(a.begin(), 1);
  if (column) b.push_back(1);
  if (call.node.integer("transA", 0) != 0) std::swap(a[a.size() - 2], a.back());
  if (call.node.integer("transB", 0) != 0) std::swap(b[b.size() - 2], b.back());
  require_inner(call.node, a.back(), b[b.size() - 2]);
  Shape result = broadcast_pair(call.node, Shape(a.begin(), a.end() - 2), Shape(b.begin(), b.end() - 2));
  if (!row) result.push_back(a[a.size() - 2]);
  if (!column) result.push_back(b.back());
  return result;
}

Shape concat(const OperatorCall& call) {
  Shape result = call.shape(0);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), result.size());
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    Shape part = call.shape(i);
    if (part.size() != result.size()) fail_input("node {}: joins tensors of different ranks", shown(call.node));
    result[axis] = elements_of({result[axis]}) + elements_of({part[axis]});
    part[axis] = result[axis];
    if (part != result) fail_input("node {}: joins tensors of different sizes", shown(call.node));
  }
  return result;
}

Shape reduce(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const auto axes = call.axes("axes", 1).value_or(std::vector<std::int64_t>{});
  if (axes.empty() && call.node.integer("noop_with_empty_axes", 0) != 0) return in;
  const bool keep = call.node.integer("keepdims", 1) != 0;
  if (axes.empty()) return Shape(keep ? in.size() : 0, 1);
  return without(in, axis_set(call.node, axes, in.size()), keep);
}

Shape arg_reduce(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), in.size());
  return without(in, {axis}, call.node.integer("keepdims", 1) != 0);
}

Shape reshape(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  Shape result = call.axes("shape", 1).value_or(Shape{});
  const bool keep_zero = call.node.integer("allowzero", 0) != 0;
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result[i] == 0 && !keep_zero && i < in.size()) result[i] = in[i];
    if (result[i] == -1 && open == nullptr) {
      open = &result[i];
    } else {
      known = elements_of({known, result[i]});
    }
  }
  const std::int64_t total = elements_of(in);
  if (open != nullptr && known > 0) *open = total / known;
  if (elements_of(result) != total) fail_input("node {}: {} elements do not fit its shape", shown(call.node), total);
  return result;
}

Shape flatten(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::int64_t given = call.node.integer("axis", 1);
  const std::size_t axis =
      given == static_cast<std::int64_t>(in.size()) ? in.size() : axis_of(call.node, given, in.size());
  const auto split = in.begin() + static_cast<std::ptrdiff_t>(axis);
  return {elements_of(Shape(in.begin(), split)), elements_of(Shape(split, in.end()))};
}

Shape unsqueeze(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const auto axes = call.axes("axes", 1).value_or(std::vector<std::int64_t>{});
  const std::size_t rank = in.size() + axes.size();
  const auto inserted = axis_set(call.node, axes, rank);
  if (inserted.size() != axes.size()) fail_input("node {}: names an axis twice", shown(call.node));
  Shape result;
  for (std::size_t i = 0, from = 0; i < rank; ++i) result.push_back(inserted.contains(i) ? 1 : in[from++]);
  return result;
}

Shape squeeze(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const auto given = call.axes("axes", 1);
  std::set<std::size_t> axes = axis_set(call.node, given.value_or(std::vector<std::int64_t>{}), in.size());
  for (std::size_t i = 0; i < in.size() && !given; ++i) {
    if (in[i] == 1) axes.insert(i);
  }
  return without(in, axes, false);
}

Shape transpose(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const auto perm = call.axes("perm", 1);
  if (!perm) return Shape(in.rbegin(), in.rend());
  Shape result;
  for (const std::int64_t axis : *perm) result.push_back(in[axis_of(call.node, axis, in.size())]);
  return result;
}

Shape gather(const OperatorCall& call) {
  const Shape& data = call.shape(0);
  const Shape& indices = call.shape(1);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), data.size());
  Shape result(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(axis));
  result.insert(result.end(), indices.begin(), indices.end());
  result.insert(result.end(), data.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.end());
  return result;
}

SliceRange slice_range(const Node& node, std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  if (step == 0) fail_input("node {}: a step of 0", shown(node));
  const bool forwards = step > 0;
  const auto place = [&](std::int64_t p) {
    return std::clamp<std::int64_t>(p < 0 ? p + size : p, forwards ? 0 : -1, forwards ? size : size - 1);
  };
  const std::int64_t first = place(start), way = forwards ? place(end) - first : first - place(end);
  if (way <= 0) return {first, step, 0};
  const std::int64_t stride = forwards ? step : -std::max(step, -size);  // a size at most: its negative always fits
  return {first, step, (way - 1) / stride + 1};
}

std::vector<SliceRange> slice_ranges(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  std::vector<SliceRange> ranges;
  for (const std::int64_t size : in) ranges.push_back({0, 1, size});
  const auto from = call.integers(1);
  const auto to = call.integers(2);
  const auto fits = [&](std::size_t input) {
    return call.optional_input(input) == nullptr || call.integers(input).size() == from.size();
  };
  if (to.size() != from.size() || !fits(3) || !fits(4))
    fail_input("node {}: its starts, ends, axes and steps differ in number", shown(call.node));
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t named =
        call.optional_input(3) != nullptr ? call.integers(3).at(i) : static_cast<std::int64_t>(i);
    const std::size_t axis = axis_of(call.node, named, in.size());
    const std::int64_t step = call.optional_input(4) != nullptr ? call.integers(4).at(i) : 1;
    ranges[axis] = slice_range(call.node, in[axis], from[i], to.at(i), step);
  }
  return ranges;
}

Shape slice(const OperatorCall& call) {
  Shape result;
  for (const SliceRange& range : slice_ranges(call)) result.push_back(range.count);
  return result;
}

namespace {

std::vector<Shape> parts(const OperatorCall& call) {
  const Shape& in = call.shape(0);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", 0), in.size());
  const auto count = static_cast<std::int64_t>(call.node.outputs.size());
  auto sizes = call.axes("split", 1).value_or(Shape{});
  if (sizes.empty()) {  // equal parts, the last one what is left
    const std::int64_t part = (in[axis] + count - 1) / count;
    sizes.assign(static_cast<std::size_t>(count), part);
    sizes.back() = in[axis] - part * (count - 1);
  }
  std::int64_t sum = 0;
  std::vector<Shape> shapes;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > in[axis]) fail_input("node {}: a part of {} of {}", shown(call.node), size, in[axis]);
    sum = std::min(sum + size, in[axis] + 1);
    shapes.push_back(in);
    shapes.back()[axis] = size;
  }
  if (sum != in[axis] || sizes.size() != call.node.outputs.size())
    fail_input("node {}: its {} outputs do not make up {}", shown(call.node), count, in[axis]);
  return shapes;
}

}  // namespace

Shape split(const OperatorCall& call) { return parts(call)[0]; }

std::vector<Shape> split_rest(const OperatorCall& call) {
  std::vector<Shape> shapes = parts(call);
  shapes.erase(shapes.begin());
  return shapes;
}

std::vector<Shape> skip_rest(const OperatorCall& call) {
  Shape rows = call.shape(0);
  if (!rows.empty()) rows.back() = 1;
  return {rows, rows, call.shape(0)};
}

Shape pad(const OperatorCall& call) {
  Shape result = call.shape(0);
  const auto pads = call.axes("pads", 1).value_or(Shape{});
  std::vector<std::int64_t> axes = call.axes("axes", 3).value_or(Shape{});
  if (axes.empty()) {
    axes.resize(result.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  for (std::size_t i = 0; i < axes.size() && 2 * axes.size() == pads.size(); ++i) {
    std::int64_t& size = result[axis_of(call.node, axes[i], result.size())];
    for (const std::int64_t pad : {pads[i], pads[i + axes.size()]}) {
      constexpr std::int64_t kLargest = std::int64_t{1} << 40;
      if (pad < -kLargest || pad > kLargest) fail_input("node {}: a pad of {}", shown(call.node), pad);
      size += pad;  // negative: cuts off
    }
  }
  return result;
}

Shape tile(const OperatorCall& call) {
  Shape result = call.shape(0);
  const auto repeats = call.integers(1);
  if (repeats.size() != result.size()) fail_input("node {}: needs a repeat a dimension", shown(call.node));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = elements_of({result[i], repeats[i]});
  return result;
}

Shape reorder_input(const OperatorCall& call) { return channels_in_front(call.node, call.shape(0)); }

Shape reorder_output(const OperatorCall& call) {
  Shape result = call.shape(0);
  if (result.size() > 1) result[1] = call.node.integer("channels", result[1]);
  return channels_as_told(call.node, std::move(result));
}

Shape one_hot(const OperatorCall& call) {
  Shape result = call.shape(0);
  const auto depth = call.integers(1);
  const std::size_t axis = axis_of(call.node, call.node.integer("axis", -1), result.size() + 1);
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis), depth.empty() ? 1 : depth[0]);
  return result;
}

Shape expand(const OperatorCall& call) { return broadcast_pair(call.node, call.shape(0), call.integers(1)); }

Shape filled(const OperatorCall& call) { return call.integers(0); }

Shape dimensions_told(const OperatorCall& call) {
  const Shape& all = call.shape(0);
  const auto rank = static_cast<std::int64_t>(all.size());
  const SliceRange range =
      slice_range(call.node, rank, call.node.integer("start", 0), call.node.integer("end", rank), 1);
  return Shape(all.begin() + range.first, all.begin() + range.first + range.count);
}

Shape shape_of(const OperatorCall& call) { return {static_cast<std::int64_t>(dimensions_told(call).size())}; }

Shape scalar(const OperatorCall&) { return {}; }

Shape range(const OperatorCall& call) {
  const auto one = [&](std::size_t input) {
    const auto values = call.integers(input);
    if (values.size() != 1) fail_input("node {}: input {} must be one number", shown(call.node), input);
    constexpr std::int64_t kLargest = std::int64_t{1} << 40;
    if (values[0] < -kLargest || values[0] > kLargest) fail_input("node {}: counts to {}", shown(call.node), values[0]);
    return values[0];
  };
  const std::int64_t start = one(0), limit = one(1), step = one(2);
  if (step == 0) fail_input("node {}: a step of 0", shown(call.node));
  const std::int64_t way = step > 0 ? limit - start : start - limit, stride = std::abs(step);
  return {way <= 0 ? 0 : (way - 1) / stride + 1};
}

Shape as_indices(const OperatorCall& call) { return call.shape(1); }

Shape gather_nd(const OperatorCall& call) {
  const Shape &data = call.shape(0), &indices = call.shape(1);
  const std::int64_t batch = call.node.integer("batch_dims", 0);
  const std::int64_t named = indices.empty() ? -1 : indices.back();  // dimensions that an index names
  const auto rank = static_cast<std::int64_t>(data.size());
  if (batch < 0 || batch > rank || named < 0 || named > rank - batch)
    fail_input("node {}: its indices do not fit its data", shown(call.node));
  Shape result(indices.begin(), indices.end() - 1);
  result.insert(result.end(), data.begin() + batch + named, data.end());
  return result;
}

std::vector<Shape> scale_and_zero_point(const OperatorCall&) { return {{}, {}}; }

}  // namespace tabjoule::shape_rules
