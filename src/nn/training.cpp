#include "nn/training.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Rows of a shard, half the batch between these: enough for an efficient product, few enough to keep cores busy.
constexpr std::size_t kSmallShardRows = 64;
constexpr std::size_t kShardRows = 128;
/// Rows of a weight's gradient that are one task, likewise.
constexpr int kTileRows = 128;
constexpr int kSmallTileRows = 64;
constexpr int kEvaluationRows = 256;

void require_width(const Network& network, const Matrix& x) {
  if (x.cols() != network.input_width())
    fail_internal("the network takes {} features, the rows have {}", network.input_width(), x.cols());
}

int divided_up(int number, int by) { return (number + by - 1) / by; }

}  // namespace

/// Forward and backward go by shards of the batch; then each tile of a parameter sums its gradient over the whole
/// batch and is updated while that gradient is still in the cache. Shards and tiles follow from the shapes alone.
double TrainingStep::run(const Network& network, const Samples& samples, std::span<const std::uint32_t> batch,
                         const AdamWOptions& options, const Rng& rng) {
  return backpropagate({&network, &samples, batch, &options, &rng, nullptr, {}});
}

double TrainingStep::accumulate(const Network& network, const Samples& samples, std::span<const std::uint32_t> batch,
                                GradientSum& sum, const Rng& rng, const Distillation& distillation) {
  sum.touch(network);
  return backpropagate({&network, &samples, batch, nullptr, &rng, &sum, distillation});
}

double TrainingStep::backpropagate(const Job& job) {
  require_width(*job.network, job.samples->x);
  const std::size_t rows = job.batch.size();
  const std::size_t shard_rows = std::clamp((rows + 1) / 2, kSmallShardRows, kShardRows);
  const std::size_t shards = (rows + shard_rows - 1) / shard_rows;
  job_ = job;
  executor_.bind(*job.network, store_, static_cast<int>(rows), true);
  losses_.assign(shards, 0);
  labels_.resize(rows);
  values_.resize(rows);
  pool_.run(static_cast<int>(shards), [this](int shard) { run_shard(shard); });
  cut_tiles(*job.network);
  pool_.run(static_cast<int>(tiles_.size()), [this](int tile) { update_tile(tile); });
  return std::accumulate(losses_.begin(), losses_.end(), 0.0);
}

void TrainingStep::run_shard(int shard) {
  const Samples& samples = *job_.samples;
  const auto part = [&](std::size_t index) { return job_.batch.size() * index / losses_.size(); };
  const std::size_t first = part(static_cast<std::size_t>(shard));
  const std::size_t last = part(static_cast<std::size_t>(shard) + 1);
  const Block x = executor_.input();
  for (std::size_t slot = first; slot < last; ++slot) {
    const std::uint32_t row = job_.batch[slot];
    std::copy_n(samples.x.data() + std::size_t{row} * static_cast<std::size_t>(x.cols), x.cols,
                x.row(static_cast<int>(slot)));
    if (samples.task == Task::regression)
      values_[slot] = (samples.values[row] - samples.target_mean) / samples.target_std;
    else
      labels_[slot] = samples.labels[row];
  }
  const int begin = static_cast<int>(first);
  const int count = static_cast<int>(last - first);
  Rng dropout = job_.rng->split(static_cast<std::uint64_t>(shard));
  executor_.forward(begin, begin + count, &dropout);
  losses_[static_cast<std::size_t>(shard)] = loss_of(begin, count);
  executor_.backward(begin, begin + count);
}

double TrainingStep::loss_of(int first, int count) {
  const Samples& samples = *job_.samples;
  const Distillation& distillation = job_.distillation;
  const ConstBlock outputs = executor_.output().middle_rows(first, count);
  const Block gradient = executor_.output_gradient().middle_rows(first, count);
  const double scale = 1 / static_cast<double>(job_.batch.size());
  const auto begin = static_cast<std::size_t>(first);
  const auto rows = static_cast<std::size_t>(count);
  if (distillation.outputs.data != nullptr)
    for (int r = 0; r < count; ++r) std::copy_n(outputs.row(r), outputs.cols, distillation.outputs.row(first + r));
  const bool taught = distillation.teacher.data != nullptr;
  const ConstBlock teacher = taught ? distillation.teacher.middle_rows(first, count) : ConstBlock{};
  if (samples.task == Task::regression) {
    const std::span<const float> truth = std::span<const float>(values_).subspan(begin, rows);
    return squared_error(outputs, taught ? std::span(teacher.data, rows) : truth, scale, gradient);
  }
  if (taught) return soft_cross_entropy(outputs, teacher, scale, gradient);
  return cross_entropy(outputs, std::span(labels_).subspan(begin, rows), scale, gradient, samples.loss);
}

void TrainingStep::cut_tiles(const Network& network) {
  tiles_.clear();
  std::size_t largest = 0;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    if (layer.type != LayerType::linear) continue;
    Parameter& weight = store_.at(layer.parameters[0].name);
    Parameter& bias = store_.at(layer.parameters[1].name);
    const bool update = job_.options != nullptr;
    const AdamWStep weight_step = update ? adamw_begin(weight, *job_.options) : AdamWStep{};
    const AdamWStep bias_step = update ? adamw_begin(bias, *job_.options) : AdamWStep{};
    const int inputs = layer.parameters[0].cols;
    const int rows = std::clamp(divided_up(layer.width, 2), kSmallTileRows, kTileRows);
    for (int first = 0; first < layer.width; first += rows)
      tiles_.push_back({i, first, std::min(rows, layer.width - first), inputs, &weight, &bias, weight_step, bias_step});
    largest = std::max(largest, static_cast<std::size_t>(rows) * static_cast<std::size_t>(inputs + 1));
  }
  const auto threads = static_cast<std::size_t>(pool_.threads());
  if (gradients_.size() < threads) gradients_.resize(threads);
  for (auto& buffer : gradients_)
    if (buffer.size() < largest) buffer.resize(largest);
}

void TrainingStep::update_tile(int index) {
  const Tile& tile = tiles_[static_cast<std::size_t>(index)];
  if (job_.sum != nullptr) {
    const Layer& layer = job_.network->layers[tile.layer];
    const Block bias = job_.sum->view(layer.parameters[1]);
    executor_.parameter_gradient(tile.layer, tile.first,
                                 job_.sum->view(layer.parameters[0]).middle_rows(tile.first, tile.rows),
                                 {bias.data + tile.first, 1, tile.rows, bias.stride}, true);
    return;
  }
  float* buffer = gradients_[static_cast<std::size_t>(index % pool_.threads())].data();
  const Block weight{buffer, tile.rows, tile.inputs, tile.inputs};
  const Block bias{buffer + std::ptrdiff_t{tile.rows} * tile.inputs, 1, tile.rows, tile.rows};
  executor_.parameter_gradient(tile.layer, tile.first, weight, bias, false);
  adamw_update(*tile.weight, tile.first, 0, weight, tile.weight_step);
  adamw_update(*tile.bias, 0, tile.first, bias, tile.bias_step);
}

Matrix Evaluator::outputs(const Network& network, const ParameterStore& store, const Matrix& x) {
  require_width(network, x);
  Matrix result(x.rows(), network.output_width());
  const int rows = static_cast<int>(x.rows());
  const int chunks = divided_up(rows, kEvaluationRows);
  const int threads = pool_.threads();
  pool_.run(std::min(threads, chunks), [&](int thread) {
    Executor& executor = executors_[static_cast<std::size_t>(thread)];
    for (int chunk = thread; chunk < chunks; chunk += threads) {
      const int first = chunk * kEvaluationRows;
      const int count = std::min(kEvaluationRows, rows - first);
      executor.bind(network, store, count, false);
      const Block input = executor.input();
      std::copy_n(x.data() + std::ptrdiff_t{first} * x.cols(), std::ptrdiff_t{count} * x.cols(), input.data);
      executor.forward(0, count, nullptr);
      const ConstBlock out = executor.output();
      std::copy_n(out.data, std::ptrdiff_t{count} * out.cols, result.data() + std::ptrdiff_t{first} * out.cols);
    }
  });
  return result;
}

Matrix Evaluator::predict(const Network& network, const ParameterStore& store, const Samples& samples) {
  Matrix result = outputs(network, store, samples.x);
  if (samples.task == Task::regression)
    result.array() = result.array() * samples.target_std + samples.target_mean;
  else
    softmax_rows(block(result));
  return result;
}

double annealed(double learning_rate, double done) {
  return learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

int default_batch(std::size_t rows) {
  return static_cast<int>(std::clamp<std::size_t>(std::bit_floor(std::max<std::size_t>(rows / 64, 1)), 16, 256));
}

}  // namespace tabjoule
