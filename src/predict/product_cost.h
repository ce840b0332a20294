// One cost of matrix products by a model of the machine that computes them.
#pragma once

#include <optional>
#include <variant>

#include "predict/core_product.h"
#include "predict/tiled_product.h"

namespace tabjoule {

/// Of a GPU or of a core of a CPU.
class ProductCost {
 public:
  struct Estimate {
    double cost = 0;
    std::optional<TiledProduct::OnTiles> on_tiles = {};  ///< of a GPU
  };

  explicit ProductCost(TiledCost gpu) : machine_(gpu) {}
  explicit ProductCost(CoreProduct core) : machine_(core) {}

  /// Thread-safe.
  [[nodiscard]] Estimate of(const ProductShape& shape) const {
    if (const auto* core = std::get_if<CoreProduct>(&machine_)) return {core->predict(shape)};
    const auto& [product, cost] = std::get<TiledCost>(machine_);
    Estimate estimate{0, product.predict(shape)};
    estimate.cost = estimate.on_tiles->mean.*cost;
    return estimate;
  }
  /// Null of a core.
  [[nodiscard]] const TiledCost* tiled() const { return std::get_if<TiledCost>(&machine_); }

 private:
  std::variant<TiledCost, CoreProduct> machine_;
};

}  // namespace tabjoule
