#include "predict/extra_trees.h"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace tabjoule {

/// Grows one tree over an order of row indices that splits partition in place.
class TreeBuilder {
 public:
  TreeBuilder(std::span<const float> features, std::span<const float> target, std::span<const float> weight,
              int min_leaf)
      : target_(target), weight_(weight), order_(target.size()), rows_(target.size()), values_(target.size()) {
    min_leaf_ = static_cast<std::size_t>(std::max(1, min_leaf));
    const std::size_t width = features.size() / target.size();
    for (std::size_t feature = 0; feature < width; ++feature) {
      Column column{static_cast<int>(feature), std::vector<float>(target.size())};
      for (std::size_t row = 0; row < target.size(); ++row) column.values[row] = features[row * width + feature];
      const auto [low, high] = std::minmax_element(column.values.begin(), column.values.end());
      if (*low < *high) columns_.push_back(std::move(column));
    }
  }

  void grow(ExtraTrees& trees, Rng rng) {
    std::iota(order_.begin(), order_.end(), std::uint32_t{0});
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
      if (split.column == nullptr) {
        trees.nodes_[task.node].value = mean_of(rows);
        continue;
      }
      const auto below = [&](std::uint32_t row) { return split.column->values[row] < split.value; };
      const auto middle = static_cast<std::size_t>(std::partition(rows.begin(), rows.end(), below) - rows.begin());
      const std::size_t left = trees.nodes_.size();
      trees.nodes_[task.node] = {static_cast<int>(left), split.column->feature, split.value};
      trees.nodes_.resize(left + 2);
      tasks.push_back({left, task.first, task.first + middle});
      tasks.push_back({left + 1, task.first + middle, task.last});
    }
  }

 private:
  /// A feature that is not the same everywhere; by itself, so that it stays in the nearest cache.
  struct Column {
    int feature = 0;
    std::vector<float> values;  // (N)
  };
  struct Split {
    const Column* column = nullptr;  ///< nullptr: nothing to split
    float value = 0;
  };
  struct Row {
    double moment = 0;  ///< weight times the distance from the node's mean
    double weight = 0;
  };

  [[nodiscard]] float mean_of(std::span<const std::uint32_t> rows) const {
    double sum = 0, weights = 0;
    for (const std::uint32_t row : rows) {
      sum += static_cast<double>(weight_[row]) * static_cast<double>(target_[row]);
      weights += static_cast<double>(weight_[row]);
    }
    return static_cast<float>(sum / weights);
  }

  [[nodiscard]] Split best_split(std::span<const std::uint32_t> rows, Rng& rng) {
    Split best;
    if (rows.size() < 2 * min_leaf_) return best;
    double best_gain = 0;
    const double mean = static_cast<double>(mean_of(rows));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto weight = static_cast<double>(weight_[rows[i]]);
      rows_[i] = {weight * (static_cast<double>(target_[rows[i]]) - mean), weight};
    }
    for (const Column& column : columns_) {
      for (std::size_t i = 0; i < rows.size(); ++i) values_[i] = column.values[rows[i]];
      const Eigen::Map<const Eigen::ArrayXf> values(values_.data(), static_cast<Eigen::Index>(rows.size()));
      const float low = values.minCoeff(), high = values.maxCoeff();
      if (!(low < high)) continue;
      // In (low, high]: at least the row at `low` goes left, the row at `high` right.
      const auto drawn = static_cast<float>(high - (high - low) * static_cast<float>(rng.uniform()));
      const float value = drawn > low ? drawn : high;
      const double gain = gain_of(rows.size(), value);
      if (gain > best_gain) {
        best_gain = gain;
        best = {&column, value};
      }
    }
    return best;
  }

  /// How much less the squared error of the first `count` rows is with a mean a side of `value` than with one for both.
  /// Without a branch: which side a row is on is as good as random.
  [[nodiscard]] double gain_of(std::size_t count, float value) const {
    double sum = 0, weights = 0, other_sum = 0, other_weights = 0;
    std::size_t below = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const bool left = values_[i] < value;
      const auto share = static_cast<double>(left);
      const double other_share = 1 - share;
      sum += share * rows_[i].moment;
      weights += share * rows_[i].weight;
      other_sum += other_share * rows_[i].moment;
      other_weights += other_share * rows_[i].weight;
      below += left ? 1U : 0U;
    }
    if (below < min_leaf_ || count - below < min_leaf_) return 0;
    return sum * sum / weights + other_sum * other_sum / other_weights;
  }

  std::span<const float> target_, weight_;
  std::vector<Column> columns_;
  std::size_t min_leaf_ = 1;
  std::vector<std::uint32_t> order_;
  std::vector<Row> rows_;      // of the node that is split, in its order
  std::vector<float> values_;  // of the feature that is tried
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
  // Several trees are walked at once: each step waits for memory, and they can wait together.
  constexpr std::size_t kTogether = 8;
  for (std::size_t first = 0; first < roots_.size(); first += kTogether) {
    std::array<const Node*, kTogether> walkers{};
    const std::size_t count = std::min(kTogether, roots_.size() - first);
    for (std::size_t i = 0; i < count; ++i) walkers[i] = &nodes_[static_cast<std::size_t>(roots_[first + i])];
    for (bool walking = true; walking;) {
      walking = false;
      for (std::size_t i = 0; i < count; ++i) {
        const Node& node = *walkers[i];
        if (node.left < 0) continue;
        const bool below = features[static_cast<std::size_t>(node.feature)] < node.value;
        walkers[i] = &nodes_[static_cast<std::size_t>(node.left) + (below ? 0U : 1U)];
        walking = true;
      }
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<double>(walkers[i]->value);
      sum += value;
      squares += value * value;
    }
  }
  const auto count = static_cast<double>(roots_.size());
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

}  // namespace tabjoule
