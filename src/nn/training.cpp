#include "nn/training.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Rows (times tokens) of a shard: enough for an efficient product, few enough to keep cores busy. A small batch is cut
/// in two down to the first, a large one into shards of the second.
constexpr int kSmallShardRows = 64;
constexpr int kShardRows = 128;
constexpr int kTokenShardRows = 256;
/// Rows times tokens of a part of a batch: its values stay in the cache between forward and backward.
constexpr int kPartRows = 1024;
/// Rows times tokens that are evaluated at once.
constexpr int kEvaluationRows = 256;
constexpr int kEvaluationTokenRows = 1024;
/// How far the running statistics move to each batch's, as in PyTorch.
constexpr double kMomentum = 0.1;

void require_width(const Network& network, const Matrix& x) {
  if (x.cols() != network.input_width())
    fail_internal("the network takes {} features, the rows have {}", network.input_width(), x.cols());
}

int divided_up(int number, int by) { return (number + by - 1) / by; }

bool has_batchnorm(const Network& network) {
  return std::any_of(network.layers.begin(), network.layers.end(),
                     [](const Layer& layer) { return layer.type == LayerType::batchnorm; });
}

/// How a batch is cut: parts one after the other, shards of a part on different threads.
struct Cut {
  int rows;  // of a part, the last one may have fewer
  int parts;
  int shards;  // of each part
};

Cut cut_batch(const Network& network, int batch) {
  const int tokens = network.most_tokens();
  if (tokens == 1 || has_batchnorm(network)) {
    const int rows = std::clamp(divided_up(batch, 2), kSmallShardRows, kShardRows);
    return {batch, 1, divided_up(batch, rows)};
  }
  const int rows = std::clamp(kPartRows / tokens, 1, batch);
  const int shards = std::clamp(divided_up(rows * tokens, kTokenShardRows), 1, rows);
  return {rows, divided_up(batch, rows), shards};
}

int evaluation_rows(const Network& network) {
  const int tokens = network.most_tokens();
  return tokens == 1 ? kEvaluationRows : std::max(1, kEvaluationTokenRows / tokens);
}

void copy_row(const Matrix& x, std::uint32_t row, float* out) {
  std::copy_n(x.data() + std::size_t{row} * static_cast<std::size_t>(x.cols()), x.cols(), out);
}

std::size_t floats_of(const Tile& tile) {
  std::size_t floats = 0;
  for (int b = 0; b < tile.count; ++b)
    floats += static_cast<std::size_t>(tile.blocks[static_cast<std::size_t>(b)].rows) *
              static_cast<std::size_t>(tile.blocks[static_cast<std::size_t>(b)].cols);
  return whole_lines(floats);
}

}  // namespace

/// Forward and backward go by shards; then each tile of a parameter sums its gradient over the whole part and, with the
/// last part, is updated while that gradient is still in the cache.
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
  const int rows = static_cast<int>(job.batch.size());
  const Cut cut = cut_batch(*job.network, rows);
  job_ = job;
  job_.shards = cut.shards;
  job_.parts = cut.parts;
  losses_.assign(static_cast<std::size_t>(cut.parts) * static_cast<std::size_t>(cut.shards), 0);
  labels_.resize(job.batch.size());
  values_.resize(job.batch.size());
  if (const Matrix& taught = job.samples->taught;
      taught.rows() > 0 && (taught_.rows() < std::ssize(job.batch) || taught_.cols() != taught.cols()))
    taught_.resize(std::ssize(job.batch), taught.cols());
  cut_tiles();
  for (job_.part = 0; job_.part < cut.parts; ++job_.part) {
    const int first = job_.part * cut.rows;
    run_part(first, std::min(cut.rows, rows - first));
  }
  return std::accumulate(losses_.begin(), losses_.end(), 0.0);
}

void TrainingStep::run_part(int first, int rows) {
  job_.first = first;
  job_.shards = std::min(job_.shards, rows);
  executor_.bind(*job_.network, store_, {rows, job_.shards, job_.rng, first});
  const int last = executor_.stages() - 1;
  if (last > 0)
    pool_.run(job_.shards, [this](int shard) {
      fill_input(executor_.rows_of_shard(shard));
      executor_.forward(0, shard);
    });
  for (int stage = 1; stage <= last; ++stage) {
    executor_.join_forward(stage - 1);
    if (stage < last) pool_.run(job_.shards, [this, stage](int shard) { executor_.forward(stage, shard); });
  }
  executor_.move_running_statistics(store_, kMomentum);
  pool_.run(job_.shards, [this](int shard) { forward_loss_backward(shard); });
  for (int stage = last; stage > 0; --stage) {
    executor_.join_backward(stage);
    pool_.run(job_.shards, [this, stage](int shard) { executor_.backward(stage - 1, shard); });
  }
  pool_.run(static_cast<int>(tiles_.size()), [this](int tile) { update_tile(tile); });
}

/// The last stage, whose backward follows its forward at once.
void TrainingStep::forward_loss_backward(int shard) {
  const int stage = executor_.stages() - 1;
  const Pass pass = executor_.rows_of_shard(shard);
  if (stage == 0) fill_input(pass);
  executor_.forward(stage, shard);
  const std::size_t shards_of_part = losses_.size() / static_cast<std::size_t>(job_.parts);
  losses_[static_cast<std::size_t>(job_.part) * shards_of_part + static_cast<std::size_t>(shard)] = loss_of(pass);
  executor_.backward(stage, shard);
}

void TrainingStep::fill_input(const Pass& pass) {
  const Samples& samples = *job_.samples;
  for (int r = pass.first; r < pass.last; ++r) {
    const std::size_t slot = static_cast<std::size_t>(job_.first) + static_cast<std::size_t>(r);
    const std::uint32_t row = job_.batch[slot];
    copy_row(samples.x, row, executor_.input().row(r));
    if (samples.task == Task::regression)
      values_[slot] = (samples.values[row] - samples.target_mean) / samples.target_std;
    else
      labels_[slot] = samples.labels[row];
    if (samples.taught.rows() > 0) copy_row(samples.taught, row, taught_.row(static_cast<Eigen::Index>(slot)).data());
  }
}

double TrainingStep::loss_of(const Pass& pass) {
  const Samples& samples = *job_.samples;
  const ConstBlock outputs = executor_.output().middle_rows(pass.first, pass.rows());
  const Block gradient = executor_.output_gradient().middle_rows(pass.first, pass.rows());
  const Distillation& distillation = job_.distillation;
  const double scale = 1 / static_cast<double>(job_.batch.size());
  const int begin = job_.first + pass.first;
  const auto first = static_cast<std::size_t>(begin);
  const auto count = static_cast<std::size_t>(pass.rows());
  if (distillation.outputs.data != nullptr)
    for (int r = 0; r < pass.rows(); ++r)
      std::copy_n(outputs.row(r), outputs.cols, distillation.outputs.row(begin + r));
  const ConstBlock all_taught = distillation.teacher.data != nullptr ? distillation.teacher
                                : samples.taught.rows() > 0          ? block(std::as_const(taught_))
                                                                     : ConstBlock{};
  const bool taught = all_taught.data != nullptr;
  const ConstBlock teacher = taught ? all_taught.middle_rows(begin, pass.rows()) : ConstBlock{};
  if (samples.task == Task::regression) {
    const std::span<const float> truth = std::span<const float>(values_).subspan(first, count);
    return squared_error(outputs, taught ? std::span(teacher.data, count) : truth, scale, gradient);
  }
  if (taught) return soft_cross_entropy(outputs, teacher, scale, gradient, samples.loss.class_weights);
  return cross_entropy(outputs, std::span(labels_).subspan(first, count), scale, gradient, samples.loss);
}

void TrainingStep::cut_tiles() {
  tiles_.clear();
  largest_tile_ = 0;
  std::size_t all = 0;
  for (std::size_t i = 1; i < job_.network->layers.size(); ++i) {
    const Layer& layer = job_.network->layers[i];
    const LayerKind& kind = kind_of(layer.type);
    std::array<Parameter*, kMostParameters> parameters{};
    std::array<AdamWStep, kMostParameters> steps{};
    for (std::size_t p = 0; p < layer.parameters.size(); ++p) {
      if (!layer.parameters[p].trained) continue;
      parameters[p] = &store_.at(layer.parameters[p].name);
      if (job_.options != nullptr) steps[p] = adamw_begin(*parameters[p], *job_.options);
    }
    for (int index = 0; index < kind.tiles(layer); ++index) {
      TileWork work{i, index, kind.tile(layer, index), {}, {}, all, 0};
      for (int b = 0; b < work.tile.count; ++b) {
        const auto p = static_cast<std::size_t>(work.tile.blocks[static_cast<std::size_t>(b)].parameter);
        work.parameters[static_cast<std::size_t>(b)] = parameters[p];
        work.steps[static_cast<std::size_t>(b)] = steps[p];
      }
      work.floats = floats_of(work.tile);
      all += work.floats;
      largest_tile_ = std::max(largest_tile_, work.floats);
      tiles_.push_back(work);
    }
  }
  const std::size_t floats = job_.parts > 1 ? all : largest_tile_ * static_cast<std::size_t>(pool_.threads());
  if (gradients_.size() < floats) gradients_.resize(floats);
}

void TrainingStep::update_tile(int index) {
  const TileWork& work = tiles_[static_cast<std::size_t>(index)];
  const auto count = static_cast<std::size_t>(work.tile.count);
  std::array<Block, 3> gradients;
  if (job_.sum != nullptr) {
    for (std::size_t b = 0; b < count; ++b) {
      const ParameterBlock& shape = work.tile.blocks[b];
      const Layer& layer = job_.network->layers[work.layer];
      const Block whole = job_.sum->view(layer.parameters[static_cast<std::size_t>(shape.parameter)]);
      gradients[b] = {whole.row(shape.row) + shape.col, shape.rows, shape.cols, whole.stride};
    }
    executor_.tile_gradient(work.layer, work.index, std::span(gradients).first(count), true);
    return;
  }
  const std::size_t thread = static_cast<std::size_t>(index % pool_.threads());
  float* place = gradients_.data() + (job_.parts > 1 ? work.offset : thread * largest_tile_);
  for (std::size_t b = 0; b < count; ++b) {
    const ParameterBlock& shape = work.tile.blocks[b];
    gradients[b] = {place, shape.rows, shape.cols, shape.cols};
    place += std::ptrdiff_t{shape.rows} * shape.cols;
  }
  executor_.tile_gradient(work.layer, work.index, std::span(gradients).first(count), job_.part > 0);
  if (job_.part + 1 < job_.parts) return;
  for (std::size_t b = 0; b < count; ++b)
    adamw_update(*work.parameters[b], work.tile.blocks[b].row, work.tile.blocks[b].col, gradients[b], work.steps[b]);
}

std::size_t training_bytes(const Network& network, int batch, int threads) {
  const Cut cut = cut_batch(network, batch);
  std::size_t parameters = 0;
  for (const Layer& layer : network.layers)
    for (const ParameterRef& ref : layer.parameters)
      parameters += static_cast<std::size_t>(ref.rows) * static_cast<std::size_t>(ref.cols);
  const std::size_t copies = 4 + (cut.parts > 1 ? 1 : 0);  // value, two moments, the best epoch's, summed gradients
  return copies * parameters * sizeof(float) + Executor::bytes(network, cut.rows, cut.shards) +
         static_cast<std::size_t>(threads) * Executor::bytes(network, evaluation_rows(network), 0);
}

void recalibrate_batchnorm(const Network& network, ParameterStore& store, const Samples& samples,
                           std::span<const std::uint32_t> rows, int batch, ThreadPool& pool) {
  if (!has_batchnorm(network) || rows.empty()) return;
  require_width(network, samples.x);
  const auto most = static_cast<std::size_t>(std::max(batch, 1));
  const std::size_t batches = std::max<std::size_t>(rows.size() / most, 1);
  Executor executor;
  for (std::size_t b = 0; b < batches; ++b) {
    const auto part = rows.subspan(b * most, std::min(most, rows.size() - b * most));
    const Cut cut = cut_batch(network, static_cast<int>(part.size()));
    executor.bind(network, store, {cut.rows, cut.shards});
    for (std::size_t r = 0; r < part.size(); ++r)
      copy_row(samples.x, part[r], executor.input().row(static_cast<int>(r)));
    for (int stage = 0; stage + 1 < executor.stages(); ++stage) {
      pool.run(cut.shards, [&](int shard) { executor.forward(stage, shard); });
      executor.join_forward(stage);
    }
    executor.move_running_statistics(store, 1 / static_cast<double>(b + 1));  // so that it ends at their mean
  }
}

Matrix Evaluator::outputs(const Network& network, const ParameterStore& store, const Matrix& x) {
  require_width(network, x);
  Matrix result(x.rows(), network.output_width());
  const int rows = static_cast<int>(x.rows());
  const int chunk_rows = evaluation_rows(network);
  const int chunks = divided_up(rows, chunk_rows);
  const int threads = pool_.threads();
  pool_.run(std::min(threads, chunks), [&](int thread) {
    Executor& executor = executors_[static_cast<std::size_t>(thread)];
    for (int chunk = thread; chunk < chunks; chunk += threads) {
      const int first = chunk * chunk_rows;
      const int count = std::min(chunk_rows, rows - first);
      executor.bind(network, store, {count});
      const Block input = executor.input();
      std::copy_n(x.data() + std::ptrdiff_t{first} * x.cols(), std::ptrdiff_t{count} * x.cols(), input.data);
      executor.evaluate();
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
