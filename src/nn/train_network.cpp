#include "nn/train_network.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/error.h"
#include "nn/weight_average.h"

namespace tabjoule {
namespace {

constexpr double kFewestEpochs = 3;
/// Fewer are annealed.
constexpr int kFewPasses = 30;

/// One run while it happens.
class Run {
 public:
  Run(const Network& network, ParameterStore& store, const Samples& train, const Samples& validation,
      const TrainOptions& options, ThreadPool& pool, const ProgressSink& progress);
  TrainResult run();

 private:
  [[nodiscard]] bool stopped();
  [[nodiscard]] std::span<const std::uint32_t> rows_of_epoch(int epoch, Rng rng);
  [[nodiscard]] double train_epoch(int epoch);
  void score_epoch(int epoch);

  const Network& network_;
  ParameterStore& store_;
  const Samples& train_;
  const Samples& validation_;
  const TrainOptions& options_;
  const ProgressSink& progress_;
  Rng rng_;
  std::size_t batch_;
  RowIndices order_;
  TrainingStep step_;
  Evaluator evaluator_;
  std::optional<WeightAverage> average_;
  TrainResult result_;
  bool stopped_ = false;
  std::map<std::string, Matrix> best_;
};

Run::Run(const Network& network, ParameterStore& store, const Samples& train, const Samples& validation,
         const TrainOptions& options, ThreadPool& pool, const ProgressSink& progress)
    : network_(network),
      store_(store),
      train_(train),
      validation_(validation),
      options_(options),
      progress_(progress),
      rng_(options.seed),
      batch_(static_cast<std::size_t>(options.batch > 0 ? options.batch : default_batch(train.rows()))),
      order_(train.rows()),
      step_(store, pool),
      evaluator_(pool) {
  std::iota(order_.begin(), order_.end(), 0U);
  store.add(network, rng_.split(0));
  const double steps =
      std::ceil(static_cast<double>(train.rows()) / options.epochs_a_pass / static_cast<double>(batch_));
  if (options.averaging_epochs > 0) average_.emplace(network, store, options.averaging_epochs * steps);
}

/// Once stopped, always stopped.
bool Run::stopped() {
  stopped_ = stopped_ || (options_.stop && options_.stop());
  return stopped_;
}

/// The rows of an epoch: the next part of all in an order that each pass shuffles anew.
std::span<const std::uint32_t> Run::rows_of_epoch(int epoch, Rng rng) {
  const auto parts = static_cast<std::size_t>(options_.epochs_a_pass);
  const std::size_t part = static_cast<std::size_t>(epoch) % parts;
  if (part == 0) rng.shuffle(std::span(order_));
  const std::size_t first = order_.size() * part / parts;
  return std::span<const std::uint32_t>(order_).subspan(first, order_.size() * (part + 1) / parts - first);
}

/// Returns the mean loss.
double Run::train_epoch(int epoch) {
  const Rng epoch_rng = rng_.split(static_cast<std::uint64_t>(epoch) + 1);
  const std::span<const std::uint32_t> all = rows_of_epoch(epoch, epoch_rng);
  double loss = 0;
  std::size_t trained = all.size();
  for (std::size_t first = 0; first < all.size(); first += batch_) {
    const auto rows = all.subspan(first, std::min(batch_, all.size() - first));
    const double done = (epoch + static_cast<double>(first) / static_cast<double>(all.size())) / options_.max_epochs;
    if (progress_) progress_({"train", done, ""});
    if (first > 0 && stopped()) {
      trained = first;
      break;
    }
    AdamWOptions adamw = options_.adamw;
    if (options_.anneal) adamw.learning_rate = annealed(adamw.learning_rate, done);
    loss += step_.run(network_, train_, rows, adamw, epoch_rng.split(first)) * static_cast<double>(rows.size());
    if (average_) average_->update(store_);
  }
  return loss / static_cast<double>(trained);
}

/// Scores the weights (or their average) on validation and keeps them if they are the best so far.
void Run::score_epoch(int epoch) {
  if (average_) average_->swap(store_);
  const Matrix predictions = evaluator_.predict(network_, store_, validation_);
  const double score = evaluate(options_.metric, block(predictions), validation_.truth());
  result_.validation_scores.push_back(score);
  const double gain =
      higher_is_better(options_.metric) ? score - result_.validation_score : result_.validation_score - score;
  if (epoch == 0 || gain > 0) {
    result_.validation_score = score;
    result_.best_epoch = epoch;
    for (const auto& layer : network_.layers)
      for (const auto& ref : layer.parameters) best_[ref.name] = store_.at(ref.name).value;
  }
  if (average_) average_->swap(store_);
}

TrainResult Run::run() {
  for (int epoch = 0; epoch < options_.max_epochs && (epoch == 0 || !stopped()); ++epoch) {
    const double loss = train_epoch(epoch);
    if (!std::isfinite(loss)) fail_internal("training diverged in epoch {}: the loss is not finite", epoch + 1);
    result_.losses.push_back(loss);
    score_epoch(epoch);
    result_.epochs = epoch + 1;
    if (epoch - result_.best_epoch >= options_.patience) break;
  }
  if (progress_) progress_({"train", 1, ""});
  for (auto& [name, value] : best_) store_.at(name).value = std::move(value);
  return std::move(result_);
}

}  // namespace

double epoch_flops(const Network& network, std::size_t rows) {
  return 3.0 * static_cast<double>(network.flops()) * static_cast<double>(rows);
}

void limit_epochs(TrainOptions& options, const Network& network, std::size_t rows, double flop_budget) {
  const double epoch = epoch_flops(network, rows) / options.epochs_a_pass;
  const auto affordable = static_cast<int>(std::clamp(flop_budget / epoch, kFewestEpochs, 1e6));
  options.anneal = affordable < std::min(kFewPasses * options.epochs_a_pass, options.max_epochs);
  options.max_epochs = std::min(affordable, options.max_epochs);
}

TrainResult train_network(const Network& network, ParameterStore& store, const Samples& train,
                          const Samples& validation, const TrainOptions& options, ThreadPool& pool,
                          const ProgressSink& progress) {
  validate(network);
  return Run(network, store, train, validation, options, pool, progress).run();
}

}  // namespace tabjoule
