#include "supernet/supernet.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "base/error.h"

namespace tabjoule {
namespace {

/// Mean forward operations a row over architectures drawn from the prior, of a fixed sample.
double mean_flops(const Supernet& supernet) {
  constexpr int kDraws = 200;
  Rng rng(0);
  double sum = 0;
  for (int i = 0; i < kDraws; ++i)
    sum += static_cast<double>(supernet.network(random_architecture(supernet.space(), rng)).flops());
  return sum / kDraws;
}

/// Architectures that stand for the space while it is trained.
class Probes {
 public:
  Probes(const Supernet& supernet, const Samples& validation, Metric metric, ThreadPool& pool)
      : supernet_(supernet), validation_(validation), metric_(metric), evaluator_(pool) {
    constexpr int kDrawn = 4;
    Rng rng(0);
    networks_ = {supernet.network(smallest(supernet.space())), supernet.network(largest(supernet.space()))};
    for (int i = 0; i < kDrawn; ++i) networks_.push_back(supernet.network(random_architecture(supernet.space(), rng)));
  }

  [[nodiscard]] double mean_utility() {
    double sum = 0;
    for (const Network& network : networks_) {
      const Matrix predictions = evaluator_.predict(network, supernet_.store(), validation_);
      sum += utility(metric_, evaluate(metric_, block(predictions), validation_.truth()), 1);
    }
    return sum / static_cast<double>(networks_.size());
  }

 private:
  const Supernet& supernet_;
  const Samples& validation_;
  Metric metric_;
  Evaluator evaluator_;
  std::vector<Network> networks_;
};

int epochs_for(const Supernet& supernet, std::size_t rows, const SupernetOptions& options) {
  const double flops_per_epoch = 3 * mean_flops(supernet) * static_cast<double>(rows);  // backward costs two forwards
  const double affordable = std::clamp(options.flop_budget / flops_per_epoch, 0.0, 1e6);
  return std::clamp(static_cast<int>(affordable), options.min_epochs, options.max_epochs);
}

}  // namespace

Supernet::Supernet(SearchSpace space, NetworkShape shape, std::uint64_t seed)
    : space_(std::move(space)), shape_(shape) {
  store_.add(network(largest(space_)), Rng(seed));
}

SupernetResult train_supernet(Supernet& supernet, const Samples& train, const Samples& validation,
                              const SupernetOptions& options, ThreadPool& pool, const ProgressSink& progress) {
  const auto batch = static_cast<std::size_t>(options.batch > 0 ? options.batch : default_batch(train.rows()));
  const std::size_t steps_per_epoch = (train.rows() + batch - 1) / batch;
  const int epochs = epochs_for(supernet, train.rows(), options);
  const auto total = static_cast<double>(steps_per_epoch) * epochs;
  const Rng rng(options.seed);
  Rng paths = rng.split(0);
  RowIndices order(train.rows());
  std::iota(order.begin(), order.end(), 0U);

  TrainingStep step(supernet.store(), pool);
  Probes probes(supernet, validation, options.metric, pool);
  SupernetResult result;
  std::map<std::string, Matrix> best;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const Rng epoch_rng = rng.split(static_cast<std::uint64_t>(epoch) + 1);
    Rng(epoch_rng).shuffle(std::span(order));
    double loss = 0;
    for (std::size_t first = 0; first < order.size(); first += batch) {
      const auto rows = std::span<const std::uint32_t>(order).subspan(first, std::min(batch, order.size() - first));
      AdamWOptions adamw = options.adamw;
      adamw.learning_rate = annealed(adamw.learning_rate, static_cast<double>(result.steps) / total);
      const Network path = supernet.network(random_architecture(supernet.space(), paths));
      loss += step.run(path, train, rows, adamw, epoch_rng.split(first)) * static_cast<double>(rows.size());
      ++result.steps;
      if (progress) progress({"supernet", static_cast<double>(result.steps) / total, ""});
    }
    loss /= static_cast<double>(order.size());
    if (!std::isfinite(loss))
      fail_internal("supernet training diverged in epoch {}: the loss is not finite", epoch + 1);
    result.losses.push_back(loss);
    result.probe_scores.push_back(probes.mean_utility());
    result.epochs = epoch + 1;
    if (epoch == 0 || result.probe_scores.back() > result.probe_scores[static_cast<std::size_t>(result.best_epoch)]) {
      result.best_epoch = epoch;
      for (const auto& [name, parameter] : supernet.store().all()) best[name] = parameter.value;
    }
    if (epoch - result.best_epoch >= options.patience) break;
  }
  for (auto& [name, value] : best) supernet.store().at(name).value = std::move(value);
  return result;
}

double SupernetScorer::score(const Architecture& architecture) {
  if (const auto known = scores_.find(architecture); known != scores_.end()) return known->second;
  const Matrix predictions = evaluator_.predict(supernet_.network(architecture), supernet_.store(), validation_);
  const double score = evaluate(metric_, block(predictions), validation_.truth());
  scores_.emplace(architecture, score);
  return score;
}

}  // namespace tabjoule
