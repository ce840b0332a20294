// Builds published image models and transformers as graphs for tests: weights have shapes but no values.
#pragma once

#include <string>
#include <vector>

#include "graph/graph_builder.h"

namespace tabjoule::example {

using Dims = std::vector<std::int64_t>;

struct Image {
  std::string tensor;
  std::int64_t channels = 0;
};

class ModelMaker {
 public:
  explicit ModelMaker(const std::string& name, std::int64_t opset = 17) : builder(name, opset) {}

  /// The graph's input (batch, 3, size, size).
  Image image(std::int64_t size) {
    builder.add_input({"data", ElementType::float32, {-1, 3, size, size}, {"batch", "", "", ""}});
    return {"data", 3};
  }

  std::string weight(const std::string& name, const Dims& dims) {
    return builder.constant(name, dims, std::vector<float>{});
  }

  Image conv(const Image& x, std::int64_t channels, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
             const std::string& name, std::int64_t groups = 1, bool bias = true) {
    std::vector<std::string> inputs = {x.tensor, weight(name + ".w", {channels, x.channels / groups, kernel, kernel})};
    if (bias) inputs.push_back(weight(name + ".b", {channels}));
    std::map<std::string, Attribute> attributes = {{"kernel_shape", Dims{kernel, kernel}},
                                                   {"strides", Dims{stride, stride}},
                                                   {"pads", Dims{pad, pad, pad, pad}},
                                                   {"group", groups}};
    return {builder.add("Conv", inputs, name, std::move(attributes)), channels};
  }

  Image norm(const Image& x, const std::string& name) {
    std::vector<std::string> inputs = {x.tensor};
    for (const char* part : {".scale", ".shift", ".mean", ".variance"})
      inputs.push_back(weight(name + part, {x.channels}));
    return {builder.add("BatchNormalization", inputs, name), x.channels};
  }

  Image unary(const std::string& op, const Image& x, const std::string& name,
              std::map<std::string, Attribute> attributes = {}) {
    return {builder.add(op, {x.tensor}, name, std::move(attributes)), x.channels};
  }

  Image relu(const Image& x, const std::string& name) { return unary("Relu", x, name); }

  Image relu6(const Image& x, const std::string& name) {
    const std::string low = builder.constant(name + ".low", {}, std::vector<float>{0});
    const std::string high = builder.constant(name + ".high", {}, std::vector<float>{6});
    return {builder.add("Clip", {x.tensor, low, high}, name), x.channels};
  }

  Image pool(const std::string& op, const Image& x, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
             const std::string& name, bool ceil = false) {
    std::map<std::string, Attribute> attributes = {{"kernel_shape", Dims{kernel, kernel}},
                                                   {"strides", Dims{stride, stride}},
                                                   {"pads", Dims{pad, pad, pad, pad}},
                                                   {"ceil_mode", std::int64_t{ceil}}};
    return {builder.add(op, {x.tensor}, name, std::move(attributes)), x.channels};
  }

  Image add(const Image& a, const Image& b, const std::string& name) {
    return {builder.add("Add", {a.tensor, b.tensor}, name), a.channels};
  }

  Image concat(const std::vector<Image>& parts, const std::string& name) {
    std::vector<std::string> inputs;
    std::int64_t channels = 0;
    for (const Image& part : parts) {
      inputs.push_back(part.tensor);
      channels += part.channels;
    }
    return {builder.add("Concat", inputs, name, {{"axis", std::int64_t{1}}}), channels};
  }

  /// (batch, channels, 1, 1) to (batch, outputs).
  std::string classifier(const Image& x, std::int64_t outputs, const std::string& name) {
    return dense(builder.add("Flatten", {x.tensor}, name + ".flat"), x.channels, outputs, name);
  }

  std::string dense(const std::string& x, std::int64_t inputs, std::int64_t outputs, const std::string& name) {
    return builder.add("Gemm", {x, weight(name + ".w", {outputs, inputs}), weight(name + ".b", {outputs})}, name,
                       {{"transB", std::int64_t{1}}});
  }

  Graph finish(const std::string& output) {
    builder.graph.outputs = {{output, ElementType::float32, {}, {}}};
    return std::move(builder.graph);
  }

  GraphBuilder builder;
};

}  // namespace tabjoule::example
