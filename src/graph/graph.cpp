#include "graph/graph.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace tabjoule {
namespace {

template <class T>
T attribute_or(const Node& node, const std::string& name, const T& otherwise) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) return otherwise;
  const T* value = std::get_if<T>(&found->second);
  return value ? *value : otherwise;
}

}  // namespace

const char* to_string(ElementType type) {
  switch (type) {
    case ElementType::undefined:
      return "undefined";
    case ElementType::float32:
      return "float32";
    case ElementType::uint8:
      return "uint8";
    case ElementType::int8:
      return "int8";
    case ElementType::uint16:
      return "uint16";
    case ElementType::int16:
      return "int16";
    case ElementType::uint32:
      return "uint32";
    case ElementType::bfloat16:
      return "bfloat16";
    case ElementType::int32:
      return "int32";
    case ElementType::int64:
      return "int64";
    case ElementType::string:
      return "string";
    case ElementType::boolean:
      return "boolean";
    case ElementType::float16:
      return "float16";
    case ElementType::float64:
      return "float64";
  }
  return "undefined";
}

std::int64_t Tensor::size() const {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t Node::integer(const std::string& attribute, std::int64_t otherwise) const {
  return attribute_or(*this, attribute, otherwise);
}

float Node::real(const std::string& attribute, float otherwise) const {
  return attribute_or(*this, attribute, otherwise);
}

std::string Node::text(const std::string& attribute, const std::string& otherwise) const {
  return attribute_or(*this, attribute, otherwise);
}

const Tensor* Graph::constant(const std::string& wanted) const {
  const auto found =
      std::find_if(constants.begin(), constants.end(), [&](const Tensor& tensor) { return tensor.name == wanted; });
  return found == constants.end() ? nullptr : &*found;
}

}  // namespace tabjoule
