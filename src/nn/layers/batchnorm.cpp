// BatchNorm (Ioffe and Szegedy, arXiv 1502.03167, algorithm 1), each column over the whole batch:
//   xhat = (x - mean) istd, istd = 1 / sqrt(variance + eps), y = xhat weight + bias
// Every shard sums its own rows; the sums of the shards are joined in their order, whichever threads computed them.
//
// kept, rows of D floats: mean, istd, sum of dy, sum of dy xhat; then a shard's two each.
#include <cmath>

#include "nn/layers/elementwise.h"
#include "nn/layers/layer_kind.h"

namespace tabjoule {
namespace {

constexpr float kBatchNormEpsilon = 1e-5F;
enum Kept { kMean, kIstd, kSum, kSumXhat, kShards };
enum Parameters { kWeight, kBias, kRunningMean, kRunningVariance };

float* kept(const BoundLayer& l, int row) { return l.kept + std::ptrdiff_t{row} * l.value.cols; }
float* shard_sums(const BoundLayer& l, int shard, int which) { return kept(l, kShards + 2 * shard + which); }

class BatchNorm final : public LayerKind {
 public:
  const char* name() const override { return "batchnorm"; }

  void check(const Layer& layer, const LayerInputs& inputs) const override {
    require_layer(layer.width == inputs[0]->width && layer.tokens == 1 && inputs[0]->tokens == 1, layer,
                  "must keep the width of its input, a matrix");
    int index = 0;
    for (const char* what : {"a weight", "a bias", "a running mean", "a running variance"})
      require_parameter(layer, static_cast<std::size_t>(index++), what, 1, layer.width);
    require_layer(!layer.parameters[kRunningMean].trained && !layer.parameters[kRunningVariance].trained, layer,
                  "its running mean and variance are not trained");
  }

  std::int64_t flops(const Layer& layer, const LayerInputs&) const override { return 2 * std::int64_t{layer.width}; }

  std::size_t kept_floats(const Layer& layer, const LayerInputs&, int, int shards) const override {
    return static_cast<std::size_t>(layer.width) * static_cast<std::size_t>(kShards + 2 * shards);
  }

  bool spans_batch() const override { return true; }

  /// Of the shard's rows: the mean of each column and the sum of squared differences from it.
  void forward_sums(const BoundLayer& l, const Pass& pass) const override {
    const Block x = rows_of(l.inputs[0].value, pass, 1);
    float* mean = shard_sums(l, pass.shard, 0);
    float* squares = shard_sums(l, pass.shard, 1);
    vector_loop(x.cols, [=](int c) { mean[c] = squares[c] = 0; });
    for (int r = 0; r < x.rows; ++r) vector_loop(x.cols, [mean, row = x.row(r)](int c) { mean[c] += row[c]; });
    const float share = 1 / static_cast<float>(x.rows);
    vector_loop(x.cols, [=](int c) { mean[c] *= share; });
    for (int r = 0; r < x.rows; ++r)
      vector_loop(x.cols, [=, row = x.row(r)](int c) { squares[c] += (row[c] - mean[c]) * (row[c] - mean[c]); });
  }

  /// Chan, Golub and LeVeque's formula (1979) for the shards' sums. The batch's variance is left in kSum.
  void join_forward(const BoundLayer& l) const override {
    float* mean = kept(l, kMean);
    float* istd = kept(l, kIstd);
    float* variance = kept(l, kSum);
    for (int c = 0; c < l.value.cols; ++c) {
      double joint = 0;
      for (int s = 0; s < l.shards; ++s) joint += shard_rows(l, s) * static_cast<double>(shard_sums(l, s, 0)[c]);
      joint /= l.rows;
      double squares = 0;
      for (int s = 0; s < l.shards; ++s) {
        const double apart = static_cast<double>(shard_sums(l, s, 0)[c]) - joint;
        squares += static_cast<double>(shard_sums(l, s, 1)[c]) + shard_rows(l, s) * apart * apart;
      }
      mean[c] = static_cast<float>(joint);
      variance[c] = static_cast<float>(squares / l.rows);
      istd[c] = 1 / std::sqrt(variance[c] + kBatchNormEpsilon);
    }
  }

  void forward(const BoundLayer& l, const Pass& pass) const override {
    float* mean = kept(l, kMean);
    float* istd = kept(l, kIstd);
    if (!l.training) {
      for (int c = 0; c < l.value.cols; ++c) {
        mean[c] = l.parameters[kRunningMean].data[c];
        istd[c] = 1 / std::sqrt(l.parameters[kRunningVariance].data[c] + kBatchNormEpsilon);
      }
    }
    const float* weight = l.parameters[kWeight].data;
    const float* bias = l.parameters[kBias].data;
    const Block x = rows_of(l.inputs[0].value, pass, 1);
    const Block y = rows_of(l.value, pass, 1);
    for (int r = 0; r < y.rows; ++r)
      vector_loop(y.cols, [=, in = x.row(r), out = y.row(r)](int c) {
        out[c] = (in[c] - mean[c]) * istd[c] * weight[c] + bias[c];
      });
  }

  void backward_sums(const BoundLayer& l, const Pass& pass) const override {
    const Block x = rows_of(l.inputs[0].value, pass, 1);
    const Block dy = rows_of(l.gradient, pass, 1);
    const float* mean = kept(l, kMean);
    float* sum = shard_sums(l, pass.shard, 0);
    float* sum_xhat = shard_sums(l, pass.shard, 1);
    const float* istd = kept(l, kIstd);
    vector_loop(x.cols, [=](int c) { sum[c] = sum_xhat[c] = 0; });
    for (int r = 0; r < x.rows; ++r)
      vector_loop(x.cols, [=, in = x.row(r), g = dy.row(r)](int c) {
        sum[c] += g[c];
        sum_xhat[c] += g[c] * (in[c] - mean[c]);
      });
    vector_loop(x.cols, [=](int c) { sum_xhat[c] *= istd[c]; });
  }

  void join_backward(const BoundLayer& l) const override {
    for (const int which : {0, 1}) {
      float* sum = kept(l, kSum + which);
      vector_loop(l.value.cols, [=](int c) { sum[c] = 0; });
      for (int s = 0; s < l.shards; ++s)
        vector_loop(l.value.cols, [=, part = shard_sums(l, s, which)](int c) { sum[c] += part[c]; });
    }
  }

  // forward: y = (x - mean) istd weight + bias, where mean and istd depend on every row; so
  // dx = weight istd (dy - mean over rows of dy - xhat mean over rows of dy xhat)
  void backward(const BoundLayer& l, const Pass& pass) const override {
    const BoundLayer::Input& in = l.inputs[0];
    if (!in.wanted) return;
    const Block x = rows_of(in.value, pass, 1);
    const Block dx = rows_of(in.gradient, pass, 1);
    const Block dy = rows_of(l.gradient, pass, 1);
    const float* mean = kept(l, kMean);
    const float* istd = kept(l, kIstd);
    const float* sum = kept(l, kSum);
    const float* sum_xhat = kept(l, kSumXhat);
    const float* weight = l.parameters[kWeight].data;
    const float share = 1 / static_cast<float>(l.rows);
    for (int r = 0; r < x.rows; ++r) {
      const float* row = x.row(r);
      const float* g = dy.row(r);
      float* out = dx.row(r);
      const auto value = [=](int c) {
        const float xhat = (row[c] - mean[c]) * istd[c];
        return weight[c] * istd[c] * (g[c] - share * (sum[c] + xhat * sum_xhat[c]));
      };
      if (in.adds)
        vector_loop(x.cols, [=](int c) { out[c] += value(c); });
      else
        vector_loop(x.cols, [=](int c) { out[c] = value(c); });
    }
  }

  int tiles(const Layer&) const override { return 1; }
  Tile tile(const Layer& layer, int) const override {
    return {2, {{{kWeight, 0, 0, 1, layer.width}, {kBias, 0, 0, 1, layer.width}}}};
  }

  void tile_gradient(const BoundLayer& l, int, std::span<const Block> out, bool add) const override {
    for (const auto& [target, source] : {std::pair{out[0].data, kept(l, kSumXhat)}, {out[1].data, kept(l, kSum)}})
      vector_loop(l.value.cols, [=, to = target, from = source](int c) { to[c] = add ? to[c] + from[c] : from[c]; });
  }

 private:
  static double shard_rows(const BoundLayer& l, int shard) {
    const Pass pass = shard_of(l.rows, l.shards, shard);
    return pass.rows();
  }
};

}  // namespace

const LayerKind& batchnorm_kind() {
  static const BatchNorm kind;
  return kind;
}

BatchStatistics batch_statistics(const BoundLayer& l) { return {kept(l, kMean), kept(l, kSum), l.value.cols, l.rows}; }

}  // namespace tabjoule
