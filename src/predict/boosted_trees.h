// Boosted regression trees: trained by XGBoost, evaluated by our own loop. XGBoost's prediction wants a matrix
// object per call and is slow on single rows; plain arrays take well under a microsecond and any number of threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/json.h"

namespace tabjoule {

/// Defaults for some tens to hundreds of samples: few shallow trees, strongly regularised.
struct BoostingOptions {
  int rounds = 80;
  int depth = 3;
  double rate = 0.1;
  double ridge = 2;            ///< L2 penalty on a leaf's value
  double min_leaf_weight = 3;  ///< samples a leaf needs
  double row_fraction = 0.8;   ///< of the samples that each tree sees
  std::uint32_t seed = 0;
};

class BoostedTrees {
 public:
  /// features: (N, F) row-major; target, weight: (N). Squared error, one thread, deterministic. Errors (internal):
  /// XGBoost's own, passed on.
  static BoostedTrees fit(std::span<const float> features, std::span<const float> target, std::span<const float> weight,
                          const BoostingOptions& options);

  /// features: (F). Thread-safe. 0 without trees.
  [[nodiscard]] double predict(std::span<const float> features) const;
  [[nodiscard]] bool empty() const { return roots_.empty(); }

 private:
  struct Node {
    int left = -1;  ///< -1: a leaf
    int right = -1;
    int feature = 0;
    float value = 0;  ///< the threshold (left if below), or a leaf's value
  };
  void append(const Json& tree);

  std::vector<Node> nodes_;
  std::vector<int> roots_;
};

}  // namespace tabjoule
