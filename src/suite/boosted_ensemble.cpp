#include "suite/boosted_ensemble.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "predict/xgboost.h"
#include "profile/measure.h"
#include "teach/boosting.h"

namespace tabjoule {
namespace {

constexpr int kMostRounds = 600;
constexpr int kPatience = 30;  // rounds without a better validation score

constexpr BoostingSetting kTried[] = {{4, 0.1, 0.8},  {6, 0.1, 0.8},  {9, 0.1, 0.8},
                                      {4, 0.05, 0.8}, {6, 0.05, 0.8}, {9, 0.05, 0.8}};

/// Predictions in place, as a deployed booster makes them: what is measured.
class DeployedBooster final : public LoadedModel {
 public:
  DeployedBooster(const Boosting& boosting, std::int64_t batch, std::int64_t features, std::uint64_t seed)
      : booster_(boosting.handle()), rows_(static_cast<std::size_t>(batch * features)) {
    Rng rng(seed);
    for (float& value : rows_) value = static_cast<float>(rng.normal());
    values_ = fmt::format(R"({{"data": [{}, true], "shape": [{}, {}], "typestr": "<f4", "version": 3}})",
                          reinterpret_cast<std::uintptr_t>(rows_.data()), batch, features);
    settings_ = fmt::format(
        R"({{"type": 0, "training": false, "iteration_begin": 0, "iteration_end": {}, "strict_shape": true, "missing": NaN, "cache_id": 0}})",
        boosting.rounds());
  }

  std::vector<RuntimeTensor> run(const std::vector<RuntimeTensor>& /*inputs*/) override {
    fail_internal("a booster is run by its own rows only");
  }
  void bind_random(std::int64_t /*batch*/, std::uint64_t /*seed*/) override {}
  void run_bound(int times) override {
    for (int i = 0; i < times; ++i) {
      const bst_ulong* shape = nullptr;
      bst_ulong dimensions = 0;
      const float* result = nullptr;
      xgboost::check(XGBoosterPredictFromDense(booster_, values_.c_str(), settings_.c_str(), nullptr, &shape,
                                               &dimensions, &result));
    }
  }
  Graph executed_graph() override { return {}; }

 private:
  BoosterHandle booster_;
  std::vector<float> rows_;
  std::string values_, settings_;
};

BoostingOptions options_of(const BoostingRequest& request) {
  BoostingOptions options;
  options.metric = request.metric;
  options.seed = request.seed;
  if (request.tuned) {
    options.settings.assign(std::begin(kTried), std::end(kTried));
    options.rounds = kMostRounds;
    options.patience = kPatience;
  }
  return options;
}

}  // namespace

struct BoostedEnsemble::State {
  Boosting boosting;
  BoostingScores scores;
  std::int64_t features = 0;
  std::uint64_t seed = 0;
};

BoostedEnsemble::BoostedEnsemble(std::unique_ptr<State> state) : state_(std::move(state)) {}
BoostedEnsemble::BoostedEnsemble(BoostedEnsemble&&) noexcept = default;
BoostedEnsemble::~BoostedEnsemble() = default;

BoostedEnsemble BoostedEnsemble::train(const PreparedData& data, const BoostingRequest& request) {
  SystemClock clock;
  const double begin_s = clock.now_s();
  ThreadPool pool(request.threads);
  auto state = std::make_unique<State>(
      State{Boosting::train(data.train, data.validation, data.dataset->target.outputs(), options_of(request), pool),
            {},
            data.train.x.cols(),
            request.seed});
  const Boosting& boosting = state->boosting;
  const auto score = [&](const Samples& samples) {
    const Matrix predictions = boosting.predict(samples.x);
    return evaluate(request.metric, block(predictions), samples.truth());
  };
  BoostingScores& scores = state->scores;
  scores.training_s = clock.now_s() - begin_s;
  scores.tuned = request.tuned;
  scores.text = fmt::format("{} rounds, depth {}, rate {:g}", boosting.rounds(), boosting.setting().depth,
                            boosting.setting().rate);
  scores.score_validation = score(data.validation);
  scores.score_test = score(data.test);
  scores.leaves = boosting.leaves();
  return BoostedEnsemble(std::move(state));
}

const BoostingScores& BoostedEnsemble::scores() const { return state_->scores; }

BoostingCost BoostedEnsemble::measure_on(Device& device, std::int64_t batch) {
  DeployedBooster deployed(state_->boosting, batch, state_->features, state_->seed);
  try {
    const Measurement measured = measure(deployed, batch, device, {});
    return {measured.energy_j(), measured.time_per_batch_s / static_cast<double>(batch)};
  } catch (const UnstableError&) {  // a busy machine: the scores stand
    return {};
  }
}

}  // namespace tabjoule
