// What a type of layer does: one class a type, one file a class, with forward and backward side by side. The way in is
// kind_of. A kind holds no state: all that a layer remembers from forward to backward lies in its BoundLayer.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/matrix.h"
#include "nn/network.h"

namespace tabjoule {

inline constexpr std::size_t kMostInputs = 3;
inline constexpr std::size_t kMostParameters = 6;

/// The layers that a layer reads, null behind the last one.
using LayerInputs = std::array<const Layer*, kMostInputs>;
[[nodiscard]] LayerInputs inputs_of(const Network& network, const Layer& layer);

/// Where a layer of a bound network finds its operands. Values and gradients are (B T, D), an element's tokens one
/// below the other.
struct BoundLayer {
  struct Input {
    Block value;
    Block gradient;
    int tokens = 1;
    bool wanted = false;    ///< backward: whether anyone asks for the gradient
    bool adds = false;      ///< backward: another reader has written the gradient before: add to it
    bool in_place = false;  ///< value and gradient are the layer's own: what passes through needs no copy
  };
  const Layer* layer = nullptr;
  std::array<Input, kMostInputs> inputs;
  Block value, gradient;
  std::array<ConstBlock, kMostParameters> parameters;
  float* kept = nullptr;     ///< kept_floats of them: what forward leaves for backward
  float* scratch = nullptr;  ///< scratch_floats of them for each shard
  std::size_t scratch_stride = 0;
  bool training = false;
  bool fused_relu = false;           ///< linear: the ReLU behind it is done with the bias
  bool drops = false;                ///< dropout and attention: whether `rate` counts
  std::uint64_t dropout_stream = 0;  ///< of this layer in this step
  int first_row = 0;                 ///< of these rows in the batch that the step trains on: they may be a part of it
  int rows = 0;                      ///< B
  int shards = 1;
};

/// Elements [first, last) of the batch, which are shard number `shard`.
struct Pass {
  int first = 0, last = 0, shard = 0;

  [[nodiscard]] int rows() const { return last - first; }
};

/// Shard number `shard` of `shards` of a batch of `rows`.
inline Pass shard_of(int rows, int shards, int shard) {
  const auto begin = [&](int s) { return static_cast<int>(std::int64_t{rows} * s / shards); };
  return {begin(shard), begin(shard + 1), shard};
}

/// The rows of `b`, a value of `tokens` rows an element, that belong to the pass.
inline Block rows_of(const Block& b, const Pass& pass, int tokens) {
  return b.middle_rows(pass.first * tokens, pass.rows() * tokens);
}

/// A block of parameter number `parameter`.
struct ParameterBlock {
  int parameter = 0, row = 0, col = 0, rows = 0, cols = 0;
};

/// Blocks whose gradients are computed together.
struct Tile {
  int count = 0;
  std::array<ParameterBlock, 3> blocks;
};

class LayerKind {
 public:
  LayerKind() = default;
  virtual ~LayerKind() = default;
  LayerKind(const LayerKind&) = delete;
  LayerKind& operator=(const LayerKind&) = delete;

  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] virtual int inputs() const { return 1; }
  /// Throws Error (internal) where shapes or parameters do not fit.
  virtual void check(const Layer& layer, const LayerInputs& inputs) const = 0;
  [[nodiscard]] virtual std::int64_t flops(const Layer& layer, const LayerInputs& inputs) const = 0;

  /// Which input's buffers may serve as this layer's own; -1 for none.
  [[nodiscard]] virtual int in_place_input() const { return -1; }
  /// Whether backward reads the layer's own value: nobody may then write into it, but for zeroing what dropout drops.
  [[nodiscard]] virtual bool backward_reads_value() const { return false; }
  [[nodiscard]] virtual std::size_t kept_floats(const Layer&, const LayerInputs&, int /*rows*/, int /*shards*/) const {
    return 0;
  }
  [[nodiscard]] virtual std::size_t scratch_floats(const Layer&, const LayerInputs&) const { return 0; }

  virtual void forward(const BoundLayer& l, const Pass& pass) const = 0;
  virtual void backward(const BoundLayer& l, const Pass& pass) const = 0;

  /// BatchNorm, whose training needs sums over the whole batch: every shard gives its own, `join` makes one of them,
  /// and only then forward or backward follows.
  [[nodiscard]] virtual bool spans_batch() const { return false; }
  virtual void forward_sums(const BoundLayer&, const Pass&) const {}
  virtual void join_forward(const BoundLayer&) const {}
  virtual void backward_sums(const BoundLayer&, const Pass&) const {}
  virtual void join_backward(const BoundLayer&) const {}

  /// The parameters' gradients are computed by tiles, once backward is done for every row; tiles may run on different
  /// threads at once. They follow from the layer's shape alone.
  [[nodiscard]] virtual int tiles(const Layer&) const { return 0; }
  [[nodiscard]] virtual Tile tile(const Layer&, int /*index*/) const { return {}; }
  /// Writes, or where `add` adds, the gradient of each block of the tile.
  virtual void tile_gradient(const BoundLayer&, int /*index*/, std::span<const Block> /*out*/, bool /*add*/) const {}
};

/// Errors (internal): an input has no kind.
[[nodiscard]] const LayerKind& kind_of(LayerType type);

/// Throws Error (internal) that names the layer unless `holds`.
void require_layer(bool holds, const Layer& layer, const std::string& what);
/// Throws unless parameter `index` is there and (rows, cols).
void require_parameter(const Layer& layer, std::size_t index, const char* name, int rows, int cols);

/// What a BatchNorm found in the batch it trained on, after join_forward and before join_backward.
struct BatchStatistics {
  const float* mean;
  const float* variance;  ///< biased: the sum of squares over rows
  int cols, rows;
};
[[nodiscard]] BatchStatistics batch_statistics(const BoundLayer& l);

// One a file.
const LayerKind& linear_kind();
const LayerKind& relu_kind();
const LayerKind& dropout_kind();
const LayerKind& add_kind();
const LayerKind& batchnorm_kind();
const LayerKind& layernorm_kind();
const LayerKind& reglu_kind();
const LayerKind& tokens_kind();
const LayerKind& first_kind();
const LayerKind& attention_kind();

}  // namespace tabjoule
