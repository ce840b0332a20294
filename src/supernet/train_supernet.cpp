#include "supernet/train_supernet.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "supernet/checkpoint.h"

namespace tabjoule {
namespace {

int epochs_for(const Supernet& supernet, std::size_t rows, const SupernetOptions& options) {
  const double flops_per_epoch = 3 * mean_path_flops(supernet.space(), supernet.shape(), options.paths) *
                                 static_cast<double>(rows);  // backward costs two forwards
  const double affordable = std::clamp(options.flop_budget / flops_per_epoch, 0.0, 1e6);
  return std::clamp(static_cast<int>(affordable), options.min_epochs, options.max_epochs);
}

/// Architectures that stand for the space while it is trained. The largest is not among them: it alone would take
/// longer to score than an epoch of a small table takes to train.
std::vector<Architecture> probes_of(const SearchSpace& space) {
  constexpr int kDrawn = 4;
  Rng rng(0);
  std::vector<Architecture> probes{smallest(space)};
  for (int i = 0; i < kDrawn; ++i) probes.push_back(random_architecture(space, rng));
  return probes;
}

/// Steps of an epoch.
std::size_t batches_of(std::size_t rows, std::size_t batch) { return (rows + batch - 1) / batch; }

/// The training while it happens.
class SupernetTraining {
 public:
  SupernetTraining(Supernet& supernet, const Samples& train, const Samples& validation, const SupernetOptions& options,
                   ThreadPool& pool, const ProgressSink& progress)
      : supernet_(supernet),
        train_(train),
        validation_(validation),
        options_(options),
        pool_(pool),
        progress_(progress),
        batch_(static_cast<std::size_t>(options.batch > 0 ? options.batch : default_batch(train.rows()))),
        epochs_(epochs_for(supernet, train.rows(), options)),
        total_steps_(static_cast<double>(batches_of(train.rows(), batch_)) * epochs_),
        probes_(probes_of(supernet.space())),
        step_(supernet.store(), pool),
        sum_(supernet.store()),
        teacher_(batch_ * static_cast<std::size_t>(supernet.shape().outputs)) {}

  SupernetResult run();

 private:
  [[nodiscard]] bool ended() const;
  [[nodiscard]] bool stopped();
  void run_epoch();
  double run_step(std::span<const std::uint32_t> rows, const Rng& rng);
  double sum_paths(const std::vector<Architecture>& paths, std::span<const std::uint32_t> rows, const Rng& rng);
  void judge();

  Supernet& supernet_;
  const Samples& train_;
  const Samples& validation_;
  const SupernetOptions& options_;
  ThreadPool& pool_;
  const ProgressSink& progress_;
  std::size_t batch_;
  int epochs_;
  double total_steps_;
  std::vector<Architecture> probes_;
  TrainingStep step_;
  GradientSum sum_;
  std::vector<float> teacher_;  // (B, K): the largest network's outputs
  SupernetState state_;
  bool stopped_ = false;
};

/// Once stopped, always stopped.
bool SupernetTraining::stopped() {
  stopped_ = stopped_ || (options_.stop && options_.stop());
  return stopped_;
}

bool SupernetTraining::ended() const {
  const SupernetResult& result = state_.result;
  return result.epochs >= epochs_ || (result.epochs > 0 && result.epochs - 1 - result.best_epoch >= options_.patience);
}

double SupernetTraining::sum_paths(const std::vector<Architecture>& paths, std::span<const std::uint32_t> rows,
                                   const Rng& rng) {
  const int count = static_cast<int>(rows.size());
  const Block teacher{teacher_.data(), count, supernet_.shape().outputs, supernet_.shape().outputs};
  double loss = 0;
  for (std::size_t p = 0; p < paths.size(); ++p) {
    Distillation distillation;
    if (options_.distil && p == 0) distillation.outputs = teacher;
    if (options_.distil && p > 0) distillation.teacher = teacher;
    loss += step_.accumulate(supernet_.network(paths[p]), train_, rows, sum_, rng.split(p), distillation);
  }
  return loss / static_cast<double>(paths.size());
}

double SupernetTraining::run_step(std::span<const std::uint32_t> rows, const Rng& rng) {
  AdamWOptions adamw = options_.adamw;
  adamw.learning_rate = annealed(adamw.learning_rate, static_cast<double>(state_.result.steps) / total_steps_);
  Rng draws = rng.split(0);
  const std::vector<Architecture> paths = draw_paths(supernet_.space(), options_.paths, draws);
  if (options_.paths.sampling != PathSampling::sandwich)
    return step_.run(supernet_.network(paths.front()), train_, rows, adamw, rng.split(1));
  const double loss = sum_paths(paths, rows, rng.split(1));
  sum_.update(adamw, pool_);
  return loss;
}

void SupernetTraining::run_epoch() {
  SupernetResult& result = state_.result;
  const Rng rng = Rng(options_.seed).split(static_cast<std::uint64_t>(result.epochs));
  RowIndices order(train_.rows());
  std::iota(order.begin(), order.end(), 0U);
  Rng(rng).shuffle(std::span(order));
  double loss = 0;
  std::size_t done = 0;
  while (done < order.size()) {
    const auto rows = std::span<const std::uint32_t>(order).subspan(done, std::min(batch_, order.size() - done));
    loss += run_step(rows, rng.split(done)) * static_cast<double>(rows.size());
    done += rows.size();
    ++result.steps;
    if (progress_) progress_({"supernet", static_cast<double>(result.steps) / total_steps_, ""});
    if (stopped()) break;
  }
  loss /= static_cast<double>(done);
  ++result.epochs;
  if (!std::isfinite(loss))
    fail_internal("supernet training diverged in epoch {}: the loss is not finite", result.epochs);
  result.losses.push_back(loss);
}

/// Scores the probes and keeps the weights if they are the best so far.
void SupernetTraining::judge() {
  SupernetScorer scorer(supernet_, train_, validation_, options_.metric, pool_);
  double sum = 0;
  for (const Architecture& probe : probes_) sum += utility(options_.metric, scorer.score(probe), 1);
  SupernetResult& result = state_.result;
  result.probe_scores.push_back(sum / static_cast<double>(probes_.size()));
  const double best = result.probe_scores[static_cast<std::size_t>(result.best_epoch)];
  if (result.epochs > 1 && result.probe_scores.back() <= best) return;
  result.best_epoch = result.epochs - 1;
  for (const auto& [name, parameter] : supernet_.store().all()) state_.best[name] = parameter.value;
}

SupernetResult SupernetTraining::run() {
  using Clock = std::chrono::steady_clock;
  const bool kept = !options_.checkpoint.empty();
  const Json identity = kept ? checkpoint_identity(supernet_, train_, validation_, options_) : Json();
  if (kept && std::filesystem::exists(options_.checkpoint))
    state_ = read_checkpoint(options_.checkpoint, identity, supernet_.store());
  auto written = Clock::now();
  while (!ended() && (state_.result.epochs == 0 || !stopped())) {
    run_epoch();
    judge();
    if (!kept) continue;
    const double since_s = std::chrono::duration<double>(Clock::now() - written).count();
    if (since_s < options_.checkpoint_interval_s && !ended() && !stopped_) continue;
    write_checkpoint(options_.checkpoint, identity, state_, supernet_.store());
    written = Clock::now();
  }
  for (auto& [name, value] : state_.best) supernet_.store().at(name).value = std::move(value);
  return std::move(state_.result);
}

}  // namespace

double mean_path_flops(const SearchSpace& space, const NetworkShape& shape, const PathOptions& options) {
  constexpr int kDraws = 200;
  Rng rng(0);
  double sum = 0;
  for (int i = 0; i < kDraws; ++i)
    for (const Architecture& path : draw_paths(space, options, rng))
      sum += static_cast<double>(to_network(space, path, shape).flops());
  return sum / kDraws;
}

SupernetResult train_supernet(Supernet& supernet, const Samples& train, const Samples& validation,
                              const SupernetOptions& options, ThreadPool& pool, const ProgressSink& progress) {
  if (options.distil && options.paths.sampling != PathSampling::sandwich)
    fail_usage("in-place distillation needs sandwich sampling: other steps do not hold the largest network");
  return SupernetTraining(supernet, train, validation, options, pool, progress).run();
}

}  // namespace tabjoule
