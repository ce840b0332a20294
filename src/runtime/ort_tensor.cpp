#include "runtime/ort_tensor.h"

#include <fmt/ranges.h>
#include <onnxruntime_cxx_api.h>

#include <functional>
#include <numeric>

#include "base/error.h"

namespace tabjoule {
namespace {

std::int64_t element_count(const std::vector<std::int64_t>& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

bool shape_fits(const std::vector<std::int64_t>& dims, const std::vector<std::int64_t>& expected) {
  if (dims.size() != expected.size()) return false;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0 || (expected[i] >= 0 && dims[i] != expected[i])) return false;
  }
  return true;
}

/// ONNX Runtime takes a mutable pointer and does not write through it for inputs.
template <class T>
Ort::Value view_of(const std::vector<T>& values, const std::vector<std::int64_t>& dims) {
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  return Ort::Value::CreateTensor<T>(memory, const_cast<T*>(values.data()), values.size(), dims.data(), dims.size());
}

Ort::Value copy_of(const std::vector<std::string>& texts, const std::vector<std::int64_t>& dims) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  Ort::AllocatorWithDefaultOptions allocator;
  Ort::Value value =
      Ort::Value::CreateTensor(allocator, dims.data(), dims.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
  if (!texts.empty()) value.FillStringTensor(pointers.data(), pointers.size());
  return value;
}

template <class Stored, class Kept>
std::vector<Kept> values_of(const Ort::Value& value, std::size_t count) {
  const Stored* first = value.GetTensorData<Stored>();
  return std::vector<Kept>(first, first + count);
}

std::vector<std::string> texts_of(const Ort::Value& value, std::size_t count) {
  std::vector<std::string> texts;
  texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i) texts.push_back(value.GetStringTensorElement(i));
  return texts;
}

}  // namespace

namespace {

/// Whether values of type `given` may be written as `wanted`.
bool becomes(ElementType given, ElementType wanted) {
  switch (wanted) {
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::int16:
    case ElementType::uint16:
    case ElementType::int32:
    case ElementType::uint32:
    case ElementType::boolean:
      return given == ElementType::int64;
    case ElementType::float16:
      return given == ElementType::float32;
    default:
      return given == wanted;
  }
}

template <class Stored, class Given>
Ort::Value converted(const std::vector<Given>& values, const std::vector<std::int64_t>& dims, ElementType type) {
  Ort::AllocatorWithDefaultOptions allocator;
  Ort::Value value = Ort::Value::CreateTensor(allocator, dims.data(), dims.size(),
                                              static_cast<ONNXTensorElementDataType>(static_cast<int>(type)));
  Stored* to = value.GetTensorMutableData<Stored>();
  for (std::size_t i = 0; i < values.size(); ++i) to[i] = static_cast<Stored>(values[i]);
  return value;
}

Ort::Value integers_as(const std::vector<std::int64_t>& values, const std::vector<std::int64_t>& dims,
                       ElementType type) {
  switch (type) {
    case ElementType::int8:
      return converted<std::int8_t>(values, dims, type);
    case ElementType::uint8:
      return converted<std::uint8_t>(values, dims, type);
    case ElementType::int16:
      return converted<std::int16_t>(values, dims, type);
    case ElementType::uint16:
      return converted<std::uint16_t>(values, dims, type);
    case ElementType::int32:
      return converted<std::int32_t>(values, dims, type);
    case ElementType::uint32:
      return converted<std::uint32_t>(values, dims, type);
    case ElementType::boolean:
      return converted<bool>(values, dims, type);
    default:
      return view_of(values, dims);
  }
}

}  // namespace

std::string describe(ElementType type, const std::vector<std::int64_t>& dims) {
  return fmt::format("{} ({})", to_string(type), fmt::join(dims, ", "));
}

ElementType type_of(const RuntimeTensor& tensor) {
  constexpr ElementType types[] = {ElementType::float32, ElementType::float64, ElementType::int64, ElementType::string};
  static_assert(std::variant_size_v<decltype(tensor.data)> == std::size(types));
  return types[tensor.data.index()];
}

void require_matches(const RuntimeTensor& tensor, const TensorSpec& spec) {
  if (!becomes(type_of(tensor), spec.type) || !shape_fits(tensor.dims, spec.dims)) {
    fail_input("input \"{}\": expected {}, came {} (-1 stands for any size)", tensor.name,
               describe(spec.type, spec.dims), describe(type_of(tensor), tensor.dims));
  }
  const auto count = std::visit([](const auto& values) { return values.size(); }, tensor.data);
  if (static_cast<std::int64_t>(count) != element_count(tensor.dims)) {
    fail_input("input \"{}\": its shape ({}) needs {} values, {} came", tensor.name, fmt::join(tensor.dims, ", "),
               element_count(tensor.dims), count);
  }
}

Ort::Value ort_value(const RuntimeTensor& tensor, ElementType type) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&tensor.data))
    return integers_as(*integers, tensor.dims, type);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&tensor.data)) return copy_of(*texts, tensor.dims);
  if (const auto* doubles = std::get_if<std::vector<double>>(&tensor.data)) return view_of(*doubles, tensor.dims);
  const auto& floats = std::get<std::vector<float>>(tensor.data);
  return type == ElementType::float16 ? converted<Ort::Float16_t>(floats, tensor.dims, type)
                                      : view_of(floats, tensor.dims);
}

RuntimeTensor runtime_tensor(const std::string& name, const Ort::Value& value) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  const std::size_t count = info.GetElementCount();
  RuntimeTensor tensor{name, info.GetShape(), {}};
  switch (static_cast<ElementType>(info.GetElementType())) {
    case ElementType::float32:
      tensor.data = values_of<float, float>(value, count);
      return tensor;
    case ElementType::float64:
      tensor.data = values_of<double, double>(value, count);
      return tensor;
    case ElementType::int64:
      tensor.data = values_of<std::int64_t, std::int64_t>(value, count);
      return tensor;
    case ElementType::int32:
      tensor.data = values_of<std::int32_t, std::int64_t>(value, count);
      return tensor;
    case ElementType::boolean:
      tensor.data = values_of<bool, std::int64_t>(value, count);
      return tensor;
    case ElementType::string:
      tensor.data = texts_of(value, count);
      return tensor;
    default:
      break;
  }
  fail_input(
      "output \"{}\" has element type {}, which is not read (float32, float64, integers, booleans and texts are)", name,
      static_cast<int>(info.GetElementType()));
}

}  // namespace tabjoule
