// What the builders of families share: layers by name, appended one after the other.
#pragma once

#include <string>
#include <utility>

#include "space/search_space.h"

namespace tabjoule {

/// The indices that members return name layers for later ones to read. Parameters are called as their layer, a dot and
/// what they are.
class NetworkBuilder {
 public:
  explicit NetworkBuilder(int inputs) { network_.layers.push_back({LayerType::input, "features", {}, inputs, 0, {}}); }

  [[nodiscard]] int last() const { return static_cast<int>(network_.layers.size()) - 1; }
  [[nodiscard]] int width(int layer) const { return at(layer).width; }
  [[nodiscard]] Network take() { return std::move(network_); }

  /// `bias`: how it starts.
  int linear(const std::string& name, int reads, int width, Init bias = Init::uniform_fan_in);
  int relu(const std::string& name, int reads);
  /// `reads` itself where the rate is 0.
  int dropout(const std::string& name, int reads, float rate);
  int add(const std::string& name, int stream, int branch);
  int batchnorm(const std::string& name, int reads);
  int layernorm(const std::string& name, int reads);
  int reglu(const std::string& name, int reads);
  int first(const std::string& name, int reads);
  int attention(const std::string& name, int query, int key, int value, int heads, float rate);
  /// `width`: of a token.
  int tokens(const std::string& name, TokenColumns columns, int width);

  /// Where the shape asks for embedded numbers: those, flat, with the other columns behind; else the features.
  int features(const NetworkShape& shape);

 private:
  [[nodiscard]] const Layer& at(int layer) const { return network_.layers[static_cast<std::size_t>(layer)]; }
  /// A layer as wide and of as many tokens as the one it reads.
  int like(LayerType type, const std::string& name, int reads);
  int push(Layer layer);

  Network network_;
};

}  // namespace tabjoule
