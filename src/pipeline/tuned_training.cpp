#include "pipeline/tuned_training.h"

#include <algorithm>
#include <array>
#include <optional>

#include "pipeline/score_error.h"

namespace tabjoule {
namespace {

constexpr double kFirstRung = 1.0 / 6;  // of a training's budget
constexpr std::size_t kFinalists = 2;
constexpr double kFewestEpochs = 15;  // of a training, where tuning is worth it
constexpr double kMostEpochs = 60;

struct Setting {
  double learning_rate, weight_decay;
  float dropout;
};

std::array<Setting, 4> settings(float dropout) {
  return {{{1e-3, 1e-5, dropout}, {1e-3, 1e-3, 0.3F}, {3e-3, 1e-5, 0.0F}, {3e-4, 1e-4, 0.2F}}};
}

/// In trainings to the end.
double cost_of_tuning(std::size_t count) {
  return static_cast<double>(kFinalists) + kFirstRung * static_cast<double>(count);
}

/// The tuning of one network while it happens.
class Tuning {
 public:
  Tuning(const SearchSpace& space, const SearchPoint& point, const NetworkShape& shape, const PreparedData& data,
         const TuningOptions& options, ThreadPool& pool, const ProgressSink& progress)
      : space_(space),
        point_(point),
        shape_(shape),
        data_(data),
        options_(options),
        pool_(pool),
        progress_(progress),
        settings_(settings(options.dropout)) {}

  TrainedPoint run() {
    const Network network = to_network(space_, point_.architecture, shape_);
    const double each = options_.flop_budget / cost_of_tuning(settings_.size());
    if (each < kFewestEpochs * epoch_flops(network, data_.learnt().rows()))
      return trained(settings_.front(), options_.flop_budget, 0, 1);
    const double cost = cost_of_tuning(settings_.size());
    std::vector<std::pair<double, Setting>> order;
    std::optional<TrainedPoint> best;
    const auto keep_better = [&](TrainedPoint trained) {
      const double score = utility_of(trained);
      if (!best || score > utility_of(*best)) best = std::move(trained);
      return score;
    };
    for (const Setting& setting : settings_) {
      const double from = kFirstRung / cost * static_cast<double>(order.size());
      const double score = keep_better(trained(setting, each * kFirstRung, from, kFirstRung / cost));
      order.emplace_back(score, setting);
      if (stopped()) return std::move(*best);
    }
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    best.reset();  // what is trained to the end is better, if not always on these rows
    for (std::size_t i = 0; i < kFinalists && (!best || !stopped()); ++i) {
      const double from = (kFirstRung * static_cast<double>(settings_.size()) + static_cast<double>(i)) / cost;
      (void)keep_better(trained(order[i].second, each, from, 1 / cost));
    }
    return std::move(*best);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop && options_.stop(); }
  [[nodiscard]] double utility_of(const TrainedPoint& trained) const {
    return utility(options_.metric, trained.model.score_validation, 1);
  }

  /// Progress goes from `from` on by `share`.
  [[nodiscard]] TrainedPoint trained(const Setting& setting, double flops, double from, double share) const {
    FinalTrainingOptions training;
    training.metric = options_.metric;
    training.flop_budget = flops;
    training.seed = options_.seed;
    training.stop = options_.stop;
    training.recipe.learning_rate = setting.learning_rate;
    training.recipe.weight_decay = setting.weight_decay;
    training.recipe.batch = default_batch(data_.train.rows());
    NetworkShape shape = shape_;
    shape.dropout = shape.attention_dropout = setting.dropout;
    TrainedPoint result{point_, {}, training.recipe, setting.dropout, {}};
    result.model =
        train_architecture(space_, point_.architecture, shape, data_, training, pool_, [&](const Progress& p) {
          if (progress_) progress_({p.phase, from + share * p.fraction, p.detail});
        });
    const Matrix predictions = Evaluator(pool_).predict(result.model.network, result.model.store, data_.validation);
    result.left_out = left_out_scores(options_.metric, block(predictions), data_.validation.truth());
    return result;
  }

  const SearchSpace& space_;
  const SearchPoint& point_;
  const NetworkShape& shape_;
  const PreparedData& data_;
  const TuningOptions& options_;
  ThreadPool& pool_;
  const ProgressSink& progress_;
  std::array<Setting, 4> settings_;
};

}  // namespace

double tuning_need(const Network& network, std::size_t rows) {
  return kMostEpochs * cost_of_tuning(settings(0).size()) * epoch_flops(network, rows);
}

TrainedPoint train_tuned(const SearchSpace& space, const SearchPoint& point, const NetworkShape& shape,
                         const PreparedData& data, const TuningOptions& options, ThreadPool& pool,
                         const ProgressSink& progress) {
  return Tuning(space, point, shape, data, options, pool, progress).run();
}

}  // namespace tabjoule
