// Time and energy of a matrix product on a GPU, from what the machine does: the output is cut into tiles, tiles are
// dealt out to processors in waves, and the library picks the tile that it expects to be the fastest.
#pragma once

#include <array>
#include <span>
#include <vector>

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
  };

  TiledProduct() = default;
  /// The most likely machine under what machines are like and under `samples` (at least one), of which a seeded part
  /// decides where they are many. `near`: where to begin. processors: at least 1. Deterministic.
  static TiledProduct fit(std::span<const Sample> samples, int processors, const TiledProduct* near = nullptr);

  /// Thread-safe. To `features`, where given, is appended what a learner may need to know of `shape`: how much slower
  /// each tile is than the fastest, in the logarithm, and the logarithm of the power.
  [[nodiscard]] Costs predict(const ProductShape& shape, std::vector<float>* features = nullptr) const;

  static constexpr int kParameters = 32;

 private:
  std::array<double, kParameters> parameters_{};  // most of them logarithms
  int processors_ = 1;
};

}  // namespace tabjoule
