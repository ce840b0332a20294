// The arithmetic by which exporters compute shapes: Shape -> Gather -> Mul -> Concat -> Reshape and the like.
#include <algorithm>
#include <map>
#include <string_view>

#include "kernel/shape_rules.h"

namespace tabjoule::shape_rules {
namespace {

using Integers = std::vector<std::int64_t>;

/// Whether a tensor of this shape is followed: a number or a short list.
bool is_list(const Shape& shape) {
  return shape.size() <= 1 && elements_of(shape) <= static_cast<std::int64_t>(kLongestIntegerList);
}

/// Values of `input`, a number or a list; null where absent or not known.
const Integers* known(const OperatorCall& call, std::size_t input) {
  const TensorFact* fact = call.optional_input(input);
  return fact != nullptr && fact->integers && fact->shape.size() <= 1 ? &*fact->integers : nullptr;
}

// Products of the sizes in a damaged file may not fit: they wrap, and the shape they make is refused later.
std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// As ONNX divides integers; nothing by zero.
std::optional<std::int64_t> quotient(std::int64_t a, std::int64_t b) {
  if (b == 0) return {};
  return b == -1 ? wrapped(-static_cast<std::uint64_t>(a)) : a / b;
}

/// Between 0 and `b`, as ONNX's Mod of positive divisors; nothing by others, which no size is.
std::optional<std::int64_t> remainder(std::int64_t a, std::int64_t b) {
  if (b < 1) return {};
  return a % b < 0 ? a % b + b : a % b;
}

using Binary = std::optional<std::int64_t> (*)(std::int64_t, std::int64_t);

Binary binary_of(std::string_view op) {
  using I = std::int64_t;
  using U = std::uint64_t;
  using R = std::optional<I>;
  if (op == "Add") return [](I a, I b) -> R { return wrapped(static_cast<U>(a) + static_cast<U>(b)); };
  if (op == "Sub") return [](I a, I b) -> R { return wrapped(static_cast<U>(a) - static_cast<U>(b)); };
  if (op == "Mul") return [](I a, I b) -> R { return wrapped(static_cast<U>(a) * static_cast<U>(b)); };
  if (op == "Div") return quotient;
  if (op == "Mod") return remainder;
  if (op == "Min") return [](I a, I b) -> R { return std::min(a, b); };
  if (op == "Max") return [](I a, I b) -> R { return std::max(a, b); };
  if (op == "Equal") return [](I a, I b) -> R { return a == b; };
  if (op == "Less") return [](I a, I b) -> R { return a < b; };
  if (op == "LessOrEqual") return [](I a, I b) -> R { return a <= b; };
  if (op == "Greater") return [](I a, I b) -> R { return a > b; };
  if (op == "GreaterOrEqual") return [](I a, I b) -> R { return a >= b; };
  if (op == "And") return [](I a, I b) -> R { return a != 0 && b != 0; };
  if (op == "Or") return [](I a, I b) -> R { return a != 0 || b != 0; };
  return nullptr;
}

/// Lists of one value are repeated. Nothing where one is not known, or their lengths differ.
std::optional<std::vector<Integers>> aligned(const OperatorCall& call) {
  std::vector<Integers> lists;
  std::size_t longest = 1;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Integers* list = known(call, i);
    if (list == nullptr || list->empty()) return {};
    lists.push_back(*list);
    longest = std::max(longest, list->size());
  }
  for (Integers& list : lists) {
    if (list.size() == 1) list.resize(longest, list[0]);
    if (list.size() != longest) return {};
  }
  return lists;
}

std::optional<Integers> folded(const OperatorCall& call, Binary binary) {
  const auto lists = aligned(call);
  if (!lists || lists->empty()) return {};
  Integers result = lists->front();
  for (std::size_t l = 1; l < lists->size(); ++l) {
    for (std::size_t i = 0; i < result.size(); ++i) {
      const auto value = binary(result[i], lists->at(l)[i]);
      if (!value) return {};
      result[i] = *value;
    }
  }
  return result;
}

std::optional<Integers> chosen(const OperatorCall& call) {
  const auto lists = aligned(call);
  if (!lists || lists->size() != 3) return {};
  Integers result;
  for (std::size_t i = 0; i < lists->front().size(); ++i) result.push_back(lists->at(lists->at(0)[i] != 0 ? 1 : 2)[i]);
  return result;
}

std::optional<Integers> joined(const OperatorCall& call) {
  Integers result;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const Integers* list = known(call, i);
    if (list == nullptr) return {};
    result.insert(result.end(), list->begin(), list->end());
  }
  return result;
}

std::optional<Integers> gathered(const OperatorCall& call) {
  const Integers *list = known(call, 0), *indices = known(call, 1);
  if (list == nullptr || indices == nullptr || call.shape(0).size() != 1) return {};
  Integers result;
  for (const std::int64_t index : *indices) result.push_back(list->at(axis_of(call.node, index, list->size())));
  return result;
}

/// The values of `output`'s elements: that at `at` is the input's whose place along axis i is `place(at, i)`.
template <class Place>
Integers picked(const Integers& values, const Shape& input, const Shape& output, const Place& place) {
  Integers result(static_cast<std::size_t>(elements_of(output)));
  Shape at = output;
  for (std::size_t element = 0; element < result.size(); ++element) {
    auto rest = static_cast<std::int64_t>(element);
    for (std::size_t i = output.size(); i-- > 0; rest /= output[i]) at[i] = rest % output[i];
    std::int64_t index = 0;
    for (std::size_t i = 0; i < input.size(); ++i) index = index * input[i] + place(at, i);
    result[element] = values.at(static_cast<std::size_t>(index));
  }
  return result;
}

std::optional<Integers> sliced(const OperatorCall& call) {
  if (!call.inputs.at(0)->integers) return {};
  const std::vector<SliceRange> ranges = slice_ranges(call);
  return picked(*call.inputs[0]->integers, call.shape(0), slice(call),
                [&](const Shape& at, std::size_t i) { return ranges[i].first + at[i] * ranges[i].step; });
}

std::optional<Integers> turned(const OperatorCall& call) {
  if (!call.inputs.at(0)->integers) return {};
  const Shape& input = call.shape(0);
  std::vector<std::size_t> output_axis(input.size());  // where each of the input's is
  const auto perm = call.axes("perm", 1);
  for (std::size_t i = 0; i < input.size(); ++i)
    output_axis[perm ? axis_of(call.node, perm->at(i), input.size()) : input.size() - 1 - i] = i;
  return picked(*call.inputs[0]->integers, input, transpose(call),
                [&](const Shape& at, std::size_t i) { return at[output_axis[i]]; });
}

std::optional<Integers> filled_with(const OperatorCall& call) {
  std::int64_t value = 0;
  const auto attribute = call.node.attributes.find("value");
  if (attribute != call.node.attributes.end()) {
    const auto* tensor = std::get_if<Tensor>(&attribute->second);
    if (tensor == nullptr || tensor->integers.size() != 1) return {};
    value = tensor->integers[0];
  }
  const Integers* shape = known(call, 0);
  if (shape == nullptr || !is_list(*shape)) return {};
  return Integers(static_cast<std::size_t>(elements_of(*shape)), value);
}

std::optional<Integers> expanded(const OperatorCall& call) {
  const Integers *list = known(call, 0), *shape = known(call, 1);
  if (list == nullptr || shape == nullptr || list->size() != 1 || !is_list(*shape)) return {};
  return Integers(static_cast<std::size_t>(elements_of(*shape)), list->at(0));
}

std::optional<Integers> counted(const OperatorCall& call) {
  const auto lists = aligned(call);
  if (!lists || lists->size() != 3) return {};
  const std::int64_t count = range(call)[0];
  if (count > static_cast<std::int64_t>(kLongestIntegerList)) return {};
  Integers result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(lists->at(0)[0] + i * lists->at(2)[0]);
  return result;
}

std::optional<Integers> reduced(const OperatorCall& call) {
  const Integers* list = known(call, 0);
  if (list == nullptr || list->empty() || call.shape(0).size() > 1) return {};
  const Binary binary = binary_of(call.node.op == "ReduceProd"  ? "Mul"
                                  : call.node.op == "ReduceSum" ? "Add"
                                  : call.node.op == "ReduceMax" ? "Max"
                                                                : "Min");
  std::int64_t result = list->at(0);
  for (std::size_t i = 1; i < list->size(); ++i) result = *binary(result, list->at(i));
  return Integers{result};
}

/// An element type whose values are not whole numbers, as Cast names it.
bool is_real(std::int64_t type) {
  return type == static_cast<int>(ElementType::float32) || type == static_cast<int>(ElementType::float16) ||
         type == static_cast<int>(ElementType::float64) || type == static_cast<int>(ElementType::bfloat16);
}

}  // namespace

std::optional<Integers> integers(const OperatorCall& call) {
  using Rule = std::optional<Integers> (*)(const OperatorCall&);
  static const std::map<std::string_view, Rule> rules = {
      {"Concat", joined},     {"Gather", gathered},   {"Slice", sliced},
      {"Where", chosen},      {"Transpose", turned},  {"ConstantOfShape", filled_with},
      {"Expand", expanded},   {"Range", counted},     {"ReduceProd", reduced},
      {"ReduceSum", reduced}, {"ReduceMax", reduced}, {"ReduceMin", reduced},
  };
  const std::string& op = call.node.op;
  if (op == "Shape") return dimensions_told(call);
  if (op == "Size") return Integers{elements_of(call.shape(0))};
  if (const Binary binary = binary_of(op)) return folded(call, binary);
  if (const auto rule = rules.find(op); rule != rules.end()) return rule->second(call);
  if (call.inputs.empty() || call.inputs[0] == nullptr || !call.inputs[0]->integers) return {};
  const Integers& same = *call.inputs[0]->integers;                    // of any rank: these keep the order
  if (op == "Cast" && is_real(call.node.integer("to", 0))) return {};  // what is divided then is no whole number
  if (op == "Unsqueeze" || op == "Squeeze" || op == "Cast" || op == "Identity" || op == "Reshape") return same;
  if (op == "Neg" || op == "Not" || op == "Abs") {
    Integers result = same;
    for (std::int64_t& value : result)
      value = op == "Not" ? value == 0 : op == "Neg" || value < 0 ? wrapped(-static_cast<std::uint64_t>(value)) : value;
    return result;
  }
  return {};
}

}  // namespace tabjoule::shape_rules
