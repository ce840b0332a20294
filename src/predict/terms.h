// What a kernel's cost is made of: amounts of work computed from its shape.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace tabjoule {

/// The terms of one kernel type. Every term is non-negative and never falls when a size grows, so that any
/// non-negative combination is monotone in every size.
class Terms {
 public:
  /// `keys`: what was measured; a variant ("relu", "Sigmoid") gets a term of its own where 3 of them have it.
  Terms(KernelType type, std::span<const KernelKey> keys);

  [[nodiscard]] int count() const;
  /// (P) values: a constant, FLOPs, bytes, bytes beyond the cache, outputs of each variant.
  void write(const KernelKey& key, std::span<double> terms) const;
  /// (F) features of the learnt correction: logarithms of the sizes and of the work, and the variant.
  [[nodiscard]] std::vector<float> features(const KernelKey& key) const;
  [[nodiscard]] bool knows_variant(const std::string& variant) const;

 private:
  KernelType type_;
  std::vector<std::string> seen_;      ///< all variants measured, sorted
  std::vector<std::string> variants_;  ///< those with a term
};

}  // namespace tabjoule
