// Extremely randomised trees (Geurts, Ernst and Wehenkel, 2006): every split is the best of one random threshold a
// feature. They average over where a step of a cost (a tile, a wave, a cache) may lie, need no tuning at some tens to
// thousands of samples, and how much the trees disagree says where little is known.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tabjoule {

struct ExtraTreesOptions {
  int trees = 120;
  int min_leaf = 1;  ///< samples a leaf needs
  std::uint64_t seed = 0;
};

class ExtraTrees {
 public:
  struct Estimate {
    double mean = 0;
    double spread = 0;  ///< standard deviation over the trees
  };

  /// features: (N, F) row-major; target, weight (positive): (N), N >= 1. Deterministic.
  static ExtraTrees fit(std::span<const float> features, std::span<const float> target, std::span<const float> weight,
                        const ExtraTreesOptions& options);

  /// features: (F). Thread-safe. Zeros without trees.
  [[nodiscard]] Estimate predict(std::span<const float> features) const;
  [[nodiscard]] bool empty() const { return roots_.empty(); }

 private:
  friend class TreeBuilder;
  struct Node {
    int left = -1;  ///< -1: a leaf; the right child follows the left
    int feature = 0;
    float value = 0;  ///< the threshold (left if below), or a leaf's value
  };

  std::vector<Node> nodes_;
  std::vector<int> roots_;
};

}  // namespace tabjoule
