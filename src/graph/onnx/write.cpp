// Graph -> ONNX bytes: IR version 8, raw little-endian data.
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

#include <Eigen/Core>
#include <algorithm>
#include <bit>

#include "base/error.h"
#include "base/json.h"
#include "graph/one_line.h"
#include "graph/onnx/onnx_file.h"

namespace tabjoule {
namespace {

static_assert(std::endian::native == std::endian::little, "ONNX raw data is little-endian");

constexpr int kIrVersion = 8;

/// `values`, converted to Stored, as the bytes of raw_data.
template <class Stored, class Value>
void set_raw(onnx::TensorProto& proto, const std::vector<Value>& values) {
  std::string bytes(values.size() * sizeof(Stored), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto stored = static_cast<Stored>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(Stored), &stored, sizeof(Stored));
  }
  proto.set_raw_data(std::move(bytes));
}

void set_values(onnx::TensorProto& proto, const Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::float32:
      return set_raw<float>(proto, tensor.floats);
    case ElementType::float16:
      return set_raw<Eigen::half>(proto, tensor.floats);
    case ElementType::bfloat16:
      return set_raw<Eigen::bfloat16>(proto, tensor.floats);
    case ElementType::float64:
      return set_raw<double>(proto, tensor.doubles);
    case ElementType::int64:
      return set_raw<std::int64_t>(proto, tensor.integers);
    case ElementType::int32:
      return set_raw<std::int32_t>(proto, tensor.integers);
    case ElementType::uint32:
      return set_raw<std::uint32_t>(proto, tensor.integers);
    case ElementType::int16:
      return set_raw<std::int16_t>(proto, tensor.integers);
    case ElementType::uint16:
      return set_raw<std::uint16_t>(proto, tensor.integers);
    case ElementType::int8:
      return set_raw<std::int8_t>(proto, tensor.integers);
    case ElementType::uint8:
      return set_raw<std::uint8_t>(proto, tensor.integers);
    case ElementType::boolean:
      return set_raw<bool>(proto, tensor.integers);
    case ElementType::string:
      for (const std::string& text : tensor.strings) proto.add_string_data(text);
      return;
    case ElementType::undefined:
      break;
  }
  fail_internal("constant \"{}\" has no element type", tensor.name);
}

std::size_t value_count(const Tensor& tensor) {
  return tensor.floats.size() + tensor.doubles.size() + tensor.integers.size() + tensor.strings.size();
}

void fill(onnx::TensorProto& proto, const Tensor& tensor) {
  if (value_count(tensor) != static_cast<std::size_t>(tensor.size())) {
    fail_internal("constant \"{}\" holds {} values, its shape needs {}: write graphs made with a parameter store",
                  tensor.name, value_count(tensor), tensor.size());
  }
  proto.set_name(tensor.name);
  proto.set_data_type(static_cast<int>(tensor.type));
  for (const std::int64_t dim : tensor.dims) proto.add_dims(dim);
  set_values(proto, tensor);
}

/// One overload for each alternative of Attribute.
struct AttributeFiller {
  onnx::AttributeProto& proto;

  void operator()(std::int64_t value) const {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(value);
  }
  void operator()(float value) const {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(value);
  }
  void operator()(const std::string& value) const {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    proto.set_type(onnx::AttributeProto::INTS);
    proto.mutable_ints()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<float>& values) const {
    proto.set_type(onnx::AttributeProto::FLOATS);
    proto.mutable_floats()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<std::string>& values) const {
    proto.set_type(onnx::AttributeProto::STRINGS);
    for (const std::string& value : values) proto.add_strings(value);
  }
  void operator()(const Tensor& tensor) const {
    proto.set_type(onnx::AttributeProto::TENSOR);
    fill(*proto.mutable_t(), tensor);
  }
};

void fill(onnx::ValueInfoProto& proto, const ValueInfo& info) {
  proto.set_name(info.name);
  auto& type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(static_cast<int>(info.type));
  auto& shape = *type.mutable_shape();
  for (std::size_t i = 0; i < info.dims.size(); ++i) {
    auto& dim = *shape.add_dim();
    if (info.dims[i] >= 0) {
      dim.set_dim_value(info.dims[i]);
    } else if (i < info.dim_names.size() && !info.dim_names[i].empty()) {
      dim.set_dim_param(info.dim_names[i]);
    }
  }
}

void fill(onnx::NodeProto& proto, const Node& node) {
  proto.set_name(node.name);
  proto.set_op_type(node.op);
  proto.set_domain(node.domain);
  for (const std::string& input : node.inputs) proto.add_input(input);
  for (const std::string& output : node.outputs) proto.add_output(output);
  for (const auto& [name, value] : node.attributes) {
    auto& attribute = *proto.add_attribute();
    attribute.set_name(name);
    std::visit(AttributeFiller{attribute}, value);
  }
}

void fill(onnx::GraphProto& proto, const Graph& graph) {
  proto.set_name(graph.name.empty() ? "graph" : graph.name);
  for (const ValueInfo& info : graph.inputs) fill(*proto.add_input(), info);
  for (const ValueInfo& info : graph.outputs) fill(*proto.add_output(), info);
  for (const ValueInfo& info : graph.values) fill(*proto.add_value_info(), info);
  for (const Node& node : graph.nodes) fill(*proto.add_node(), node);
  for (const Tensor& tensor : graph.constants) fill(*proto.add_initializer(), tensor);
}

onnx::ModelProto to_proto(const Graph& graph) {
  onnx::ModelProto model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("tabjoule");
  for (const auto& [domain, version] : graph.opsets) {
    auto& opset = *model.add_opset_import();
    opset.set_domain(domain);
    opset.set_version(version);
  }
  for (const auto& [key, value] : graph.metadata) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  fill(*model.mutable_graph(), graph);
  return model;
}

/// The checker holds newer versions of an operator against the newest it has, and refuses them.
bool checker_knows(const Graph& graph) {
  const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
  return std::all_of(graph.opsets.begin(), graph.opsets.end(), [&](const auto& opset) {
    const auto found = known.find(opset.first);
    return found == known.end() || opset.second <= found->second.second;
  });
}

}  // namespace

std::string to_onnx(const Graph& graph) {
  const onnx::ModelProto model = to_proto(graph);
  try {
    if (checker_knows(graph)) onnx::checker::check_model(model);
  } catch (const std::exception& refusal) {
    fail_internal("graph \"{}\" is not valid ONNX: {}", graph.name, one_line(refusal.what()));
  }
  // Protobuf prints when asked for more than it can hold, so ask first.
  if (model.ByteSizeLong() > INT32_MAX) fail_internal("graph \"{}\": an ONNX file holds 2 GB at most", graph.name);
  return model.SerializeAsString();
}

bool has_operator(const std::string& name, int opset) {
  return onnx::OpSchemaRegistry::Schema(name, opset, onnx::ONNX_DOMAIN) != nullptr;
}

void write_onnx(const std::filesystem::path& path, const Graph& graph) { write_file(path, to_onnx(graph)); }

}  // namespace tabjoule
