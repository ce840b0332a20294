// Time and energy of a matrix product on a GPU, from what the machine does: the output is cut into tiles, tiles are
// dealt out to processors in waves, and the library picks the tile that it expects to be the fastest.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "predict/output_tile.h"
#include "predict/product_shape.h"

namespace tabjoule {

/// A machine's speeds and energies, fitted to measured products. What machines have in common (whole waves, tiles that
/// are read through the caches, idle parts of tiles that cost less than busy ones) is given, so that five samples tell
/// more of a device than they could of a free function.
///
/// Of each of the tiles that libraries have: arithmetic of whole waves with an overhead a wave, traffic between
/// second-level cache and processors, and traffic of memory overlap (a p-norm of the three times). Tiles run in columns
/// of at most 8 along m (CUTLASS's swizzle); each further column reads the weights again, as far as the cache does not
/// hold them; of small products it holds all from the run before. Where tiles are fewer than processors, k may be split
/// among more of them. Energy is the time's power, arithmetic, of which that on padding is cheaper, and the two kinds
/// of traffic, up to the power that the device allows. A product costs the mean over the tiles, the fastest weighing
/// most.
class TiledProduct {
 public:
  struct Costs {
    double time_s = 0;    ///< meaningless where no sample told a time
    double energy_j = 0;  ///< likewise
  };
  struct Sample {
    ProductShape shape;
    Costs costs;  ///< 0: not known; at least one is
    double weight = 1;
    std::optional<OutputTile> tile = {};  ///< that ran, where it is known
  };

  /// Tiles that libraries have.
  static constexpr std::size_t kTiles = 8;

  struct OnTiles {
    std::array<Costs, kTiles> each;
    Costs mean;  ///< the fastest tiles weighing most

    /// How much slower `tile` is than the fastest, as a logarithm; of tiles that are never picked a bound.
    [[nodiscard]] double slower(std::size_t tile) const;
    /// What a learner may need to know of the shape: how much slower each tile is, and the logarithm of the power.
    void append_features(std::vector<float>& features) const;
  };

  TiledProduct() = default;
  /// The most likely machine under what machines are like and under `samples` (at least one), of which a seeded part
  /// decides where they are many. Where samples tell the tile that ran, they tell of that tile alone, and it was
  /// likely to be picked; along which side of the output names put a tile's first side, the samples decide together.
  /// `near`: where to begin. processors: at least 1. Deterministic.
  static TiledProduct fit(std::span<const Sample> samples, int processors, const TiledProduct* near = nullptr);

  /// Thread-safe.
  [[nodiscard]] OnTiles predict(const ProductShape& shape) const;
  /// Which of the tiles a name means; nothing for those that libraries seldom have.
  [[nodiscard]] std::optional<std::size_t> index_of(const OutputTile& tile) const;

  static constexpr int kParameters = 32;

 private:
  std::array<double, kParameters> parameters_{};  // most of them logarithms
  int processors_ = 1;
  bool turned_ = false;  ///< names put a tile's first side along n
};

/// One of the costs of products.
struct TiledCost {
  TiledProduct product;
  double TiledProduct::Costs::*cost = nullptr;
};

}  // namespace tabjoule
