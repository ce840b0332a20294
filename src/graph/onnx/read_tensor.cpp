#include "graph/onnx/read_tensor.h"

#include <onnx/onnx_pb.h>

#include <Eigen/Core>

#include "base/error.h"
#include "graph/one_line.h"

namespace tabjoule {
namespace {

/// How many elements the shape says. Errors (input): a negative dimension, or more than a file can hold.
std::int64_t element_count(const onnx::TensorProto& proto) {
  constexpr std::int64_t limit = std::int64_t{1} << 40;
  std::int64_t count = 1;
  for (const std::int64_t dim : proto.dims()) {
    if (dim < 0 || (dim > 0 && count > limit / dim)) {
      fail_input("constant \"{}\": dimension {} makes no sense", one_line(proto.name()), dim);
    }
    count *= dim;
  }
  return count;
}

void require_count(const onnx::TensorProto& proto, std::int64_t expected, std::int64_t came) {
  if (expected == came) return;
  fail_input("constant \"{}\": its shape needs {} values, the file holds {}; write or copy it again",
             one_line(proto.name()), expected, came);
}

template <class Stored, class Value>
void read_raw(const onnx::TensorProto& proto, std::int64_t count, std::vector<Value>& values) {
  const std::string& bytes = proto.raw_data();
  require_count(proto, count * static_cast<std::int64_t>(sizeof(Stored)), static_cast<std::int64_t>(bytes.size()));
  values.resize(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = static_cast<Value>(stored);
  }
}

template <class Field, class Value>
void read_typed(const onnx::TensorProto& proto, std::int64_t count, const Field& field, std::vector<Value>& values) {
  require_count(proto, count, field.size());
  values.assign(field.begin(), field.end());
}

/// float16 and bfloat16 values in int32_data are their bits.
template <class Half>
void read_half_bits(const onnx::TensorProto& proto, std::int64_t count, std::vector<float>& values) {
  require_count(proto, count, proto.int32_data_size());
  for (const std::int32_t bits : proto.int32_data()) {
    values.push_back(static_cast<float>(Eigen::numext::bit_cast<Half>(static_cast<std::uint16_t>(bits & 0xFFFF))));
  }
}

void read_raw_values(const onnx::TensorProto& proto, std::int64_t count, Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::float32:
      return read_raw<float>(proto, count, tensor.floats);
    case ElementType::float16:
      return read_raw<Eigen::half>(proto, count, tensor.floats);
    case ElementType::bfloat16:
      return read_raw<Eigen::bfloat16>(proto, count, tensor.floats);
    case ElementType::float64:
      return read_raw<double>(proto, count, tensor.doubles);
    case ElementType::int64:
      return read_raw<std::int64_t>(proto, count, tensor.integers);
    case ElementType::int32:
      return read_raw<std::int32_t>(proto, count, tensor.integers);
    case ElementType::uint32:
      return read_raw<std::uint32_t>(proto, count, tensor.integers);
    case ElementType::int16:
      return read_raw<std::int16_t>(proto, count, tensor.integers);
    case ElementType::uint16:
      return read_raw<std::uint16_t>(proto, count, tensor.integers);
    case ElementType::uint8:
      return read_raw<std::uint8_t>(proto, count, tensor.integers);
    case ElementType::int8:
    case ElementType::boolean:
      return read_raw<std::int8_t>(proto, count, tensor.integers);
    case ElementType::string:
    case ElementType::undefined:
      break;
  }
  fail_input("constant \"{}\": raw data of texts", one_line(proto.name()));
}

void read_typed_values(const onnx::TensorProto& proto, std::int64_t count, Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::float32:
      return read_typed(proto, count, proto.float_data(), tensor.floats);
    case ElementType::float16:
      return read_half_bits<Eigen::half>(proto, count, tensor.floats);
    case ElementType::bfloat16:
      return read_half_bits<Eigen::bfloat16>(proto, count, tensor.floats);
    case ElementType::float64:
      return read_typed(proto, count, proto.double_data(), tensor.doubles);
    case ElementType::int64:
      return read_typed(proto, count, proto.int64_data(), tensor.integers);
    case ElementType::uint32:
      return read_typed(proto, count, proto.uint64_data(), tensor.integers);
    case ElementType::int32:
    case ElementType::int16:
    case ElementType::uint16:
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::boolean:
      return read_typed(proto, count, proto.int32_data(), tensor.integers);
    case ElementType::string:
      return read_typed(proto, count, proto.string_data(), tensor.strings);
    case ElementType::undefined:
      break;
  }
}

}  // namespace

bool is_listed(std::int32_t type) {
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 16:
      return true;
    default:
      return false;
  }
}

ElementType element_type_from(std::int32_t type, const std::string& tensor) {
  if (is_listed(type)) return static_cast<ElementType>(type);
  fail_input(
      "tensor \"{}\": element type {} is not read (floats of 16 to 64 bits, integers of 8 to 64 but "
      "uint64, boolean and string are)",
      one_line(tensor),
      onnx::TensorProto_DataType_Name(type).empty() ? std::to_string(type) : onnx::TensorProto_DataType_Name(type));
}

bool is_external(const onnx::TensorProto* proto) {
  return proto->data_location() == onnx::TensorProto::EXTERNAL || proto->external_data_size() > 0;
}

Tensor tensor_from(const onnx::TensorProto* proto, External external) {
  Tensor tensor;
  tensor.name = proto->name();
  tensor.type = element_type_from(proto->data_type(), tensor.name);
  if (is_external(proto) && external == External::refuse) {
    fail_input("constant \"{}\" is stored outside the file; save the model as one file", one_line(tensor.name));
  }
  tensor.dims.assign(proto->dims().begin(), proto->dims().end());
  const std::int64_t count = element_count(*proto);
  if (is_external(proto)) return tensor;
  proto->has_raw_data() ? read_raw_values(*proto, count, tensor) : read_typed_values(*proto, count, tensor);
  return tensor;
}

}  // namespace tabjoule
