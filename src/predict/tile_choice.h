// Products whose samples tell which tile of the output the library took: which it takes of others, and what they cost.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "predict/cost_rows.h"
#include "predict/extra_trees.h"
#include "predict/tiled_product.h"

namespace tabjoule {

/// Tiles that are nearly as fast as another are picked as if at random, and cost several per cent more or less; so
/// which one is picked is learnt as a class, and what the machine's model is wrong by from the tile that ran. A product
/// then costs the median over the tiles that it may run on: of all values the one of the least absolute error.
class TileChoice {
 public:
  TileChoice() = default;
  /// features: (N, F) of the shapes, row-major. Rows that tell none of the library's tiles are left out. Deterministic.
  static TileChoice fit(const TiledCost& product, const CostRows& rows, std::span<const float> features);

  /// Nothing was learnt: no row told its tile.
  [[nodiscard]] bool empty() const { return left_.empty(); }
  /// The logarithm of the cost. `on_tiles`: what the machine's model says of the shape; features: (F) of the shape.
  /// Thread-safe. Not of an empty one.
  [[nodiscard]] double log_cost(const TiledCost& product, const KernelKey& key, const TiledProduct::OnTiles& on_tiles,
                                std::span<const float> features) const;

 private:
  std::array<ExtraTrees, TiledProduct::kTiles> picked_;  ///< how likely each tile is; empty of those that never ran
  ExtraTrees left_;  ///< the logarithm of what the machine's model leaves over on a tile
};

}  // namespace tabjoule
