// What a kernel's cost is made of: amounts of work computed from its shape.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "kernel/kernel.h"

namespace tabjoule {

/// The terms of one kernel type. Every term is non-negative and never falls when a size grows (strides and groups
/// apart), so that any non-negative combination is monotone in every size.
class Terms {
 public:
  /// `keys`: what was measured; a variant ("relu", "Sigmoid") gets a term of its own where 3 of them have it.
  /// `processors`: over how many parallel units (a GPU's SMs) tiles of the output are dealt out, in waves; 0: no
  /// such terms (a core of a CPU).
  Terms(KernelType type, std::span<const KernelKey> keys, int processors);

  [[nodiscard]] int count() const { return count_; }
  /// The first of them are amounts of work and traffic alone, without tiles, blocks and caches.
  [[nodiscard]] int plain_count() const;
  /// The first terms, whose weights a few samples can tell: of products on tiles work, traffic and whole waves, else
  /// all.
  [[nodiscard]] int few_count() const;
  /// (P) values: a constant, FLOPs, bytes, bytes beyond a cache, tiles and waves, outputs of each variant.
  void write(const KernelKey& key, std::span<double> terms) const;
  /// (F) features of the learnt correction: logarithms of the sizes and of the work, how much of the last tile and
  /// wave is idle, and the variant.
  [[nodiscard]] std::vector<float> features(const KernelKey& key) const;
  [[nodiscard]] bool knows_variant(const std::string& variant) const;
  [[nodiscard]] int processors() const { return processors_; }

 private:
  KernelType type_;
  int processors_;
  std::vector<std::string> seen_;      ///< all variants measured, sorted
  std::vector<std::string> variants_;  ///< those with a term
  int count_ = 0;
};

}  // namespace tabjoule
