#include "predict/extra_trees.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {

/// Grows one tree over an order of row indices that splits partition in place.
class TreeBuilder {
 public:
  TreeBuilder(std::span<const float> features, std::span<const float> target, std::span<const float> weight,
              int min_leaf)
      : features_(features), target_(target), weight_(weight), width_(features.size() / target.size()) {
    min_leaf_ = static_cast<std::size_t>(std::max(1, min_leaf));
  }

  void grow(ExtraTrees& trees, Rng rng) {
    order_.resize(target_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    struct Task {
      std::size_t node, first, last;
    };
    trees.roots_.push_back(static_cast<int>(trees.nodes_.size()));
    trees.nodes_.emplace_back();
    std::vector<Task> tasks{{trees.nodes_.size() - 1, 0, order_.size()}};
    while (!tasks.empty()) {
      const Task task = tasks.back();
      tasks.pop_back();
      const std::span rows(order_.data() + task.first, task.last - task.first);
      const Split split = best_split(rows, rng);
      if (split.feature < 0) {
        trees.nodes_[task.node].value = mean_of(rows);
        continue;
      }
      const auto below = [&](std::size_t row) {
        return at(row, static_cast<std::size_t>(split.feature)) < split.value;
      };
      const auto middle = static_cast<std::size_t>(std::partition(rows.begin(), rows.end(), below) - rows.begin());
      const std::size_t left = trees.nodes_.size();
      trees.nodes_[task.node] = {static_cast<int>(left), split.feature, split.value};
      trees.nodes_.resize(left + 2);
      tasks.push_back({left, task.first, task.first + middle});
      tasks.push_back({left + 1, task.first + middle, task.last});
    }
  }

 private:
  struct Split {
    int feature = -1;  ///< -1: nothing to split
    float value = 0;
  };

  [[nodiscard]] float at(std::size_t row, std::size_t feature) const { return features_[row * width_ + feature]; }

  [[nodiscard]] float mean_of(std::span<const std::size_t> rows) const {
    double sum = 0, weights = 0;
    for (const std::size_t row : rows) {
      sum += static_cast<double>(weight_[row]) * static_cast<double>(target_[row]);
      weights += static_cast<double>(weight_[row]);
    }
    return static_cast<float>(sum / weights);
  }

  [[nodiscard]] Split best_split(std::span<const std::size_t> rows, Rng& rng) const {
    Split best;
    if (rows.size() < 2 * min_leaf_) return best;
    double best_gain = 0;
    const double mean = static_cast<double>(mean_of(rows));
    for (std::size_t feature = 0; feature < width_; ++feature) {
      float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
      for (const std::size_t row : rows) {
        low = std::min(low, at(row, feature));
        high = std::max(high, at(row, feature));
      }
      if (!(low < high)) continue;
      // In (low, high]: at least the row at `low` goes left, the row at `high` right.
      const auto drawn = static_cast<float>(high - (high - low) * static_cast<float>(rng.uniform()));
      const float value = drawn > low ? drawn : high;
      const double gain = gain_of(rows, feature, value, mean);
      if (gain > best_gain) {
        best_gain = gain;
        best = {static_cast<int>(feature), value};
      }
    }
    return best;
  }

  /// How much less the squared error is with a mean a side than with one for both.
  [[nodiscard]] double gain_of(std::span<const std::size_t> rows, std::size_t feature, float value, double mean) const {
    double sum = 0, weights = 0, other_sum = 0, other_weights = 0;
    std::size_t count = 0;
    for (const std::size_t row : rows) {
      const auto weight = static_cast<double>(weight_[row]);
      const double moment = weight * (static_cast<double>(target_[row]) - mean);
      const bool left = at(row, feature) < value;
      (left ? sum : other_sum) += moment;
      (left ? weights : other_weights) += weight;
      count += left ? 1U : 0U;
    }
    if (count < min_leaf_ || rows.size() - count < min_leaf_) return 0;
    return sum * sum / weights + other_sum * other_sum / other_weights;
  }

  std::span<const float> features_, target_, weight_;
  std::size_t width_;
  std::size_t min_leaf_ = 1;
  std::vector<std::size_t> order_;
};

ExtraTrees ExtraTrees::fit(std::span<const float> features, std::span<const float> target,
                           std::span<const float> weight, const ExtraTreesOptions& options) {
  if (target.empty() || features.empty() || features.size() % target.size() != 0 || weight.size() != target.size())
    fail_internal("extra trees were given {} features, {} targets and {} weights", features.size(), target.size(),
                  weight.size());
  ExtraTrees trees;
  TreeBuilder builder(features, target, weight, options.min_leaf);
  const Rng rng(options.seed);
  for (int tree = 0; tree < options.trees; ++tree) builder.grow(trees, rng.split(static_cast<std::uint64_t>(tree)));
  return trees;
}

ExtraTrees::Estimate ExtraTrees::predict(std::span<const float> features) const {
  if (roots_.empty()) return {};
  double sum = 0, squares = 0;
  for (const int root : roots_) {
    const Node* node = &nodes_[static_cast<std::size_t>(root)];
    while (node->left >= 0) {
      const bool below = features[static_cast<std::size_t>(node->feature)] < node->value;
      node = &nodes_[static_cast<std::size_t>(node->left) + (below ? 0U : 1U)];
    }
    const auto value = static_cast<double>(node->value);
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(roots_.size());
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

}  // namespace tabjoule
