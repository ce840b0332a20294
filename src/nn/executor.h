// Runs a Network forward and backward on slices of a ParameterStore. The way in is bind, then forward, then backward,
// then parameter_gradient.
//
// The executor keeps its buffers: binding a network and batch no larger than an earlier one allocates nothing. forward
// and backward work on a range of rows, and different ranges may run on different threads at once; so may the
// gradients of different parameters.
#pragma once

#include <vector>

#include "base/matrix.h"
#include "base/random.h"
#include "nn/network.h"
#include "nn/parameter_store.h"

namespace tabjoule {

class Executor {
 public:
  /// Prepares for `rows` rows through `network`, whose parameters `store` must hold. Both must outlive the calls
  /// that follow; the network is trusted to be valid. `training` reserves room for gradients.
  void bind(const Network& network, const ParameterStore& store, int rows, bool training);

  /// Where the caller writes the input rows, (B, F), before forward.
  [[nodiscard]] Block input() const { return values_.front(); }

  /// Computes rows [first, last) of the output. `dropout` null: evaluation, dropout layers pass through.
  void forward(int first, int last, Rng* dropout);

  /// (B, K): the last layer's values.
  [[nodiscard]] ConstBlock output() const { return values_.back(); }

  /// Where the caller writes the loss's gradient with respect to the output, (B, K), before backward.
  [[nodiscard]] Block output_gradient() const { return gradients_.back(); }

  /// Computes rows [first, last) of the gradients of every layer's values.
  void backward(int first, int last);

  /// After backward of all rows, for linear layer `layer`: rows [first, first + weight.rows) of its weight's gradient,
  /// (n, D_in), and as many columns of its bias's, (1, n). `add`: to what is there.
  void parameter_gradient(std::size_t layer, int first, Block weight, Block bias, bool add) const;

 private:
  struct Operands {
    ConstBlock weight, bias;
  };
  Block carve(int rows, int cols);
  void bind_layer(std::size_t index, const ParameterStore& store, int rows);
  void dropout_forward(std::size_t index, int first, int last, Rng* rng);

  const Network* network_ = nullptr;
  bool training_ = false;
  std::vector<float> arena_;
  std::size_t used_ = 0;
  std::vector<Block> values_;       // (B, D) of each layer; in-place layers share their input's
  std::vector<Block> gradients_;    // of the values, likewise
  std::vector<Block> masks_;        // dropout: 0 or 1 / (1 - rate), (B, D)
  std::vector<Operands> operands_;  // linear layers
  std::vector<int> readers_;        // how many layers read this one
  std::vector<char> relu_follows_;  // linear: the ReLU behind it is done with the bias
  std::vector<char> adds_;          // backward: another reader has written this layer's input's gradient before
};

}  // namespace tabjoule
