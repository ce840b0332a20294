// Time or energy of a matrix product on one core of a CPU, from what matrix code does: registers hold a block of the
// output, each step of k loads a row of the weights' panel and multiplies it in.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "predict/product_shape.h"

namespace tabjoule {

/// A core's costs, fitted to measured products (Goto and van de Geijn 2008 tell how matrix code goes about them). What
/// cores have in common is given, so that few samples tell more of one than they could of a free function.
///
/// Of each block of the output, a step of k costs what takes longest of three: a chain of additions in its registers,
/// arithmetic, loading the weights (a 4-norm). Columns are padded to whole panels. The first passes through the
/// weights find them in whichever of three caches holds them all, further passes in the first. Outputs, activations and
/// a convolution's windows cost by the element, more where they are beyond a cache; a call, a row, a block and so on
/// cost something whatever they hold. One row is a product of a vector, which need not be padded. It never falls when a
/// size grows, but between one row and more of constant = false turned on its side.
class CoreProduct {
 public:
  struct Sample {
    ProductShape shape;
    double cost = 0;  ///< positive
    double weight = 1;
  };

  CoreProduct() = default;
  /// The most likely core under what cores are like and under `samples` (at least one), of which a seeded part decides
  /// where they are many. The samples decide between the blocks that libraries have. `near`: where to begin, and whose
  /// blocks to take. Deterministic.
  static CoreProduct fit(std::span<const Sample> samples, const CoreProduct* near = nullptr);

  /// In the samples' unit. Thread-safe.
  [[nodiscard]] double predict(const ProductShape& shape) const;

  static constexpr std::size_t kParameters = 33;

 private:
  std::array<double, kParameters> parameters_{};  // logarithms
  std::size_t block_ = 0;
};

}  // namespace tabjoule
