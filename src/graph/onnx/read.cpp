// ONNX bytes -> Graph. Every count is checked against the bytes that are there: files may be damaged.
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <limits>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "graph/one_line.h"
#include "graph/onnx/external_data.h"
#include "graph/onnx/onnx_file.h"
#include "graph/onnx/read_tensor.h"

namespace tabjoule {
namespace {

Attribute attribute_from(const onnx::AttributeProto& proto, const std::string& node, External external) {
  using Proto = onnx::AttributeProto;
  switch (proto.type()) {
    case Proto::INT:
      return std::int64_t{proto.i()};
    case Proto::FLOAT:
      return proto.f();
    case Proto::STRING:
      return proto.s();
    case Proto::INTS:
      return std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end());
    case Proto::FLOATS:
      return std::vector<float>(proto.floats().begin(), proto.floats().end());
    case Proto::STRINGS:
      return std::vector<std::string>(proto.strings().begin(), proto.strings().end());
    case Proto::TENSOR:
      return tensor_from(&proto.t(), external);
    default:
      break;
  }
  fail_input(
      "node \"{}\": attribute \"{}\" holds a subgraph or another kind of value that is not read; export the "
      "model without control flow",
      node, one_line(proto.name()));
}

Node node_from(const onnx::NodeProto& proto, External external) {
  Node node{proto.name(), proto.op_type(), proto.domain(), {}, {}, {}};
  if (node.domain == "ai.onnx") node.domain.clear();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  const std::string shown = one_line(node.name.empty() ? node.op : node.name);
  for (const auto& attribute : proto.attribute()) {
    node.attributes[attribute.name()] = attribute_from(attribute, shown, external);
  }
  return node;
}

ValueInfo info_from(const onnx::ValueInfoProto& proto) {
  ValueInfo info{proto.name(), ElementType::undefined, {}, {}};
  if (!proto.type().has_tensor_type()) {
    fail_input("value \"{}\" is not a tensor; export without sequences and maps (scikit-learn: zipmap=False)",
               one_line(info.name));
  }
  const auto& tensor = proto.type().tensor_type();
  info.type = element_type_from(tensor.elem_type(), info.name);
  for (const auto& dim : tensor.shape().dim()) {
    if (dim.has_dim_value() && dim.dim_value() < -1) {
      fail_input("value \"{}\": dimension {} makes no sense", one_line(info.name), dim.dim_value());
    }
    info.dims.push_back(dim.has_dim_value() ? dim.dim_value() : -1);
    info.dim_names.push_back(dim.dim_param());
  }
  return info;
}

/// Shapes of intermediate tensors are a help, not a need: those that are not plain tensors are left out.
bool has_known_type(const onnx::ValueInfoProto& proto) {
  return proto.type().has_tensor_type() && is_listed(proto.type().tensor_type().elem_type());
}

/// A Constant node's value, or nothing where the node is another operator.
std::optional<Tensor> constant_node_value(const onnx::NodeProto& proto, External external) {
  if (proto.op_type() != "Constant" || proto.output_size() != 1 || proto.attribute_size() != 1) return {};
  const onnx::AttributeProto& value = proto.attribute(0);
  Tensor tensor;
  if (value.has_t()) {
    tensor = tensor_from(&value.t(), external);
  } else if (value.name() == "value_int" || value.name() == "value_ints") {
    tensor.type = ElementType::int64;
    tensor.integers.assign(value.ints().begin(), value.ints().end());
    if (value.name() == "value_int") tensor.integers = {value.i()};
    if (value.name() == "value_ints") tensor.dims = {value.ints_size()};
  } else if (value.name() == "value_float" || value.name() == "value_floats") {
    tensor.floats.assign(value.floats().begin(), value.floats().end());
    if (value.name() == "value_float") tensor.floats = {value.f()};
    if (value.name() == "value_floats") tensor.dims = {value.floats_size()};
  } else {
    return {};
  }
  tensor.name = proto.output(0);
  return tensor;
}

Graph graph_from(const onnx::GraphProto& proto, External external) {
  Graph graph;
  graph.name = proto.name();
  if (proto.sparse_initializer_size() > 0) fail_input("it holds sparse constants; export it with dense ones");
  std::set<std::string> constants;
  for (const auto& initializer : proto.initializer()) {
    graph.constants.push_back(tensor_from(&initializer, external));
    constants.insert(initializer.name());
  }
  // Before IR version 4 constants were listed among the inputs too.
  for (const auto& input : proto.input()) {
    if (!constants.contains(input.name())) graph.inputs.push_back(info_from(input));
  }
  for (const auto& output : proto.output()) graph.outputs.push_back(info_from(output));
  for (const auto& value : proto.value_info()) {
    if (has_known_type(value)) graph.values.push_back(info_from(value));
  }
  for (const auto& node : proto.node()) {
    auto value = constant_node_value(node, external);
    value ? graph.constants.push_back(std::move(*value)) : graph.nodes.push_back(node_from(node, external));
  }
  return graph;
}

onnx::ModelProto proto_from(const std::string& bytes) {
  if (bytes.empty()) fail_input("the file is empty");
  const google::protobuf::LogSilencer silence;  // it would print why it refuses damaged bytes
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes)) fail_input("not an ONNX file, or truncated; write or copy it again");
  if (!model.has_graph()) fail_input("not an ONNX file, or truncated: it holds no graph; write or copy it again");
  if (model.opset_import_size() == 0) fail_input("it names no opset, so it is truncated; write or copy it again");
  return model;
}

Graph model_from(const onnx::ModelProto& model, External external) {
  if (model.functions_size() > 0) fail_input("it holds model-local functions; export it with them inlined");
  Graph graph = graph_from(model.graph(), external);
  for (const auto& opset : model.opset_import()) {
    graph.opsets[opset.domain() == "ai.onnx" ? "" : opset.domain()] = opset.version();
  }
  for (const auto& entry : model.metadata_props()) graph.metadata[entry.key()] = entry.value();
  return graph;
}

}  // namespace

Graph from_onnx(const std::string& bytes, const std::string& origin) {
  return with_context(origin, [&] { return model_from(proto_from(bytes), External::refuse); });
}

Graph read_onnx(const std::filesystem::path& path) {
  constexpr std::int64_t kLargestKept = 1024;  // bytes: shapes, axes and the like
  const std::string bytes = read_file(path);
  return with_context(path.string(), [&] {
    onnx::ModelProto model = proto_from(bytes);
    take_in_external_data(model, path.parent_path(), kLargestKept);
    return model_from(model, External::leave_out);
  });
}

std::string read_model(const std::filesystem::path& path) {
  std::string bytes = read_file(path);
  const google::protobuf::LogSilencer silence;
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes)) return bytes;
  const bool changed = with_context(path.string(), [&] {
    return take_in_external_data(model, path.parent_path(), std::numeric_limits<std::int64_t>::max());
  });
  return changed ? model.SerializeAsString() : bytes;
}

}  // namespace tabjoule
