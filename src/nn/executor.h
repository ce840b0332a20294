// Runs a Network forward and backward on slices of a ParameterStore.
//
// Training: bind, write the input, forward every stage, write the output's gradient, backward every stage from the
// last, then tile_gradient. Evaluation: bind, write the input, evaluate.
//
// A network is cut into stages where a layer needs the whole batch (BatchNorm); most networks have one. Within a stage
// the shards of the batch are independent: they may run on different threads at once, and so may tiles. Shards are cut
// by their number alone, so results do not depend on threads.
//
// The executor keeps its buffers: binding a network and batch no larger than an earlier one allocates nothing.
#pragma once

#include <span>
#include <vector>

#include "base/matrix.h"
#include "base/random.h"
#include "nn/layers/layer_kind.h"
#include "nn/parameter_store.h"

namespace tabjoule {

/// What a network is bound for.
struct Binding {
  int rows = 0;                  ///< B
  int shards = 0;                ///< parts of the batch that train independently; 0: evaluation
  const Rng* dropout = nullptr;  ///< null: nothing is dropped
  int first_row = 0;             ///< of these rows in the batch of the step, which decides what is dropped
};

class Executor {
 public:
  /// `store` must hold the network's parameters. Network and store must outlive the calls that follow; the network is
  /// trusted to be valid.
  void bind(const Network& network, const ParameterStore& store, const Binding& binding);

  /// The bytes that binding takes.
  [[nodiscard]] static std::size_t bytes(const Network& network, int rows, int shards);

  /// Where the caller writes the input rows, (B, F).
  [[nodiscard]] Block input() const { return bound_.front().value; }
  /// (B, K): the last layer's values.
  [[nodiscard]] ConstBlock output() const { return bound_.back().value; }
  /// Where the caller writes the loss's gradient with respect to the output, (B, K).
  [[nodiscard]] Block output_gradient() const { return bound_.back().gradient; }

  void evaluate();

  [[nodiscard]] int stages() const { return static_cast<int>(stages_.size()); }
  [[nodiscard]] Pass rows_of_shard(int shard) const { return shard_of(binding_.rows, binding_.shards, shard); }
  /// Stage 0 first. After each but the last, join_forward.
  void forward(int stage, int shard);
  void join_forward(int stage);
  /// The last stage first. Before each but the last, join_backward of it.
  void backward(int stage, int shard);
  void join_backward(int stage);

  /// After backward of all rows; see LayerKind::tile_gradient.
  void tile_gradient(std::size_t layer, int tile, std::span<const Block> out, bool add) const;

  /// After forward of all rows: moves BatchNorms' running statistics in `store` to the batch's, by `weight` of the way
  /// (the variance unbiased, as PyTorch keeps it).
  void move_running_statistics(ParameterStore& store, double weight) const;

 private:
  /// Where a layer's values come to lie.
  struct Placement {
    int in_place = -1;  // the input whose buffers are the layer's own, or -1
    bool fused_relu = false;
    bool value_read = false;  // backward of some layer reads what is in the buffer
  };
  struct Stage {
    std::size_t begin, end;  // layers; `end`, unless it is the last, needs the whole batch
  };

  static void place(const Network& network, std::vector<int>& readers, std::vector<Placement>& placements);
  static std::size_t arena_floats(const Network& network, std::span<const Placement> placements, int rows, int shards);
  float* carve(std::size_t floats);
  Block carve_value(const Layer& layer);
  void bind_layer(std::size_t index, const ParameterStore& store);
  void bind_input(BoundLayer& bound, std::size_t which);

  const Network* network_ = nullptr;
  Binding binding_;
  std::vector<float> arena_;
  std::size_t used_ = 0;
  std::vector<BoundLayer> bound_;
  std::vector<Stage> stages_;
  std::vector<int> readers_;  // how many layers read this one
  std::vector<Placement> placements_;
};

}  // namespace tabjoule
