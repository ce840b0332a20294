#include "suite/boosting.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "predict/xgboost.h"
#include "profile/measure.h"

namespace tabjoule {
namespace {

constexpr int kDefaultRounds = 100;
constexpr int kMostRounds = 600;
constexpr int kPatience = 30;  // rounds without a better validation score

struct Setting {
  int depth = 6;
  double rate = 0.3;
  double fraction = 1;  // of rows and of columns that a tree sees
};
constexpr Setting kDefault{};
constexpr Setting kTried[] = {{4, 0.1, 0.8},  {6, 0.1, 0.8},  {9, 0.1, 0.8},
                              {4, 0.05, 0.8}, {6, 0.05, 0.8}, {9, 0.05, 0.8}};

using xgboost::BoosterPtr;
using xgboost::check;
using xgboost::MatrixPtr;

MatrixPtr make_matrix(const Samples& samples) {
  DMatrixHandle handle = nullptr;
  check(XGDMatrixCreateFromMat(samples.x.data(), samples.rows(), static_cast<bst_ulong>(samples.x.cols()),
                               std::numeric_limits<float>::quiet_NaN(), &handle));
  MatrixPtr matrix(handle);
  std::vector<float> labels(samples.labels.begin(), samples.labels.end());
  for (const float value : samples.values) labels.push_back((value - samples.target_mean) / samples.target_std);
  check(XGDMatrixSetFloatInfo(handle, "label", labels.data(), labels.size()));
  return matrix;
}

class Booster {
 public:
  Booster(const MatrixPtr& train, const Samples& samples, int classes, const Setting& setting,
          const BoostingRequest& request)
      : train_(train.get()),
        task_(samples.task),
        mean_(samples.target_mean),
        std_(samples.target_std),
        classes_(classes) {
    BoosterHandle handle = nullptr;
    check(XGBoosterCreate(&train_, 1, &handle));
    booster_.reset(handle);
    set("objective", task_ == Task::regression ? "reg:squarederror"
                     : task_ == Task::binary   ? "binary:logistic"
                                               : "multi:softprob");
    if (task_ == Task::multiclass) set("num_class", std::to_string(classes));
    if (task_ == Task::regression) set("base_score", "0");
    set("tree_method", "hist");
    set("verbosity", "0");
    set("nthread", std::to_string(request.threads));
    set("seed", std::to_string(request.seed));
    set("max_depth", std::to_string(setting.depth));
    set("eta", std::to_string(setting.rate));
    set("subsample", std::to_string(setting.fraction));
    set("colsample_bytree", std::to_string(setting.fraction));
  }

  void set(const char* name, const std::string& value) {
    check(XGBoosterSetParam(booster_.get(), name, value.c_str()));
  }
  void round() { check(XGBoosterUpdateOneIter(booster_.get(), rounds_++, train_)); }
  [[nodiscard]] int rounds() const { return rounds_; }
  /// What is left is a booster no longer.
  [[nodiscard]] BoosterPtr taken() { return std::move(booster_); }

  /// As evaluate takes them, after the first `rounds` rounds.
  [[nodiscard]] Matrix predict(const MatrixPtr& rows, int rounds) const {
    bst_ulong size = 0;
    const float* values = nullptr;
    check(XGBoosterPredict(booster_.get(), rows.get(), 0, static_cast<unsigned>(rounds), 0, &size, &values));
    const int width = task_ == Task::multiclass ? classes_ : 1;
    const auto count = static_cast<Eigen::Index>(size) / width;
    Matrix result(count, task_ == Task::regression ? 1 : classes_);
    for (Eigen::Index i = 0; i < count; ++i) switch (task_) {
        case Task::regression:
          result(i, 0) = values[i] * std_ + mean_;
          break;
        case Task::binary:
          result(i, 0) = 1 - values[i];
          result(i, 1) = values[i];
          break;
        case Task::multiclass:
          std::copy_n(values + i * width, width, result.row(i).data());
      }
    return result;
  }

  /// Of the first `rounds` rounds.
  [[nodiscard]] std::int64_t leaves(int rounds) const {
    bst_ulong size = 0;
    const char** trees = nullptr;
    check(XGBoosterDumpModel(booster_.get(), "", 0, &size, &trees));
    const int trees_a_round = task_ == Task::multiclass ? classes_ : 1;
    const auto counted = static_cast<bst_ulong>(rounds) * static_cast<bst_ulong>(trees_a_round);
    std::int64_t leaves = 0;
    for (bst_ulong i = 0; i < std::min(size, counted); ++i)
      for (const char* at = trees[i]; (at = std::strstr(at, "leaf=")) != nullptr; ++at) ++leaves;
    return leaves;
  }

 private:
  DMatrixHandle train_;
  BoosterPtr booster_;
  Task task_;
  float mean_, std_;
  int classes_;
  int rounds_ = 0;
};

/// Predictions in place, as a deployed booster makes them: what is measured.
class DeployedBooster final : public LoadedModel {
 public:
  DeployedBooster(BoosterHandle booster, int rounds, std::int64_t batch, std::int64_t features, std::uint64_t seed)
      : booster_(booster), rows_(static_cast<std::size_t>(batch * features)) {
    Rng rng(seed);
    for (float& value : rows_) value = static_cast<float>(rng.normal());
    values_ = fmt::format(R"({{"data": [{}, true], "shape": [{}, {}], "typestr": "<f4", "version": 3}})",
                          reinterpret_cast<std::uintptr_t>(rows_.data()), batch, features);
    settings_ = fmt::format(
        R"({{"type": 0, "training": false, "iteration_begin": 0, "iteration_end": {}, "strict_shape": true, "missing": NaN, "cache_id": 0}})",
        rounds);
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
      check(XGBoosterPredictFromDense(booster_, values_.c_str(), settings_.c_str(), nullptr, &shape, &dimensions,
                                      &result));
    }
  }
  Graph executed_graph() override { return {}; }

 private:
  BoosterHandle booster_;
  std::vector<float> rows_;
  std::string values_, settings_;
};

/// A booster, and how many of its rounds are used.
struct Trained {
  std::unique_ptr<Booster> booster;
  int rounds = 0;
  Setting setting;
  double utility = -std::numeric_limits<double>::infinity();
};

class Training {
 public:
  Training(const PreparedData& data, const BoostingRequest& request)
      : data_(data),
        request_(request),
        classes_(data.dataset->target.outputs()),
        dummy_(dummy_score(data.train, data.validation, classes_, request.metric)),
        train_(make_matrix(data.train)),
        validation_(make_matrix(data.validation)) {}

  Trained run() {
    if (!request_.tuned) return train(kDefault);
    Trained best;
    for (const Setting& setting : kTried) {
      Trained trained = train(setting);
      if (trained.utility > best.utility) best = std::move(trained);
    }
    return best;
  }

  [[nodiscard]] double score(const Trained& trained, const Samples& samples) const {
    const Matrix predictions = trained.booster->predict(make_matrix(samples), trained.rounds);
    return evaluate(request_.metric, block(predictions), samples.truth());
  }

 private:
  Trained train(const Setting& setting) {
    Trained trained;
    trained.booster = std::make_unique<Booster>(train_, data_.train, classes_, setting, request_);
    trained.setting = setting;
    const int most = request_.tuned ? kMostRounds : kDefaultRounds;
    while (trained.booster->rounds() < most) {
      trained.booster->round();
      const int rounds = trained.booster->rounds();
      if (!request_.tuned && rounds < most) continue;
      const Matrix predictions = trained.booster->predict(validation_, rounds);
      const double reached =
          utility(request_.metric, evaluate(request_.metric, block(predictions), data_.validation.truth()), dummy_);
      if (reached > trained.utility) {
        trained.utility = reached;
        trained.rounds = rounds;
      } else if (rounds - trained.rounds >= kPatience) {
        break;
      }
    }
    return trained;
  }

  const PreparedData& data_;
  const BoostingRequest& request_;
  int classes_;
  double dummy_;
  MatrixPtr train_, validation_;
};

}  // namespace

struct BoostedEnsemble::State {
  BoosterPtr booster;
  int rounds = 0;  ///< of the booster's, those that are used
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
  Training training(data, request);
  const Trained trained = training.run();
  auto state = std::make_unique<State>();
  BoostingScores& scores = state->scores;
  scores.training_s = clock.now_s() - begin_s;
  scores.tuned = request.tuned;
  scores.text =
      fmt::format("{} rounds, depth {}, rate {:g}", trained.rounds, trained.setting.depth, trained.setting.rate);
  scores.score_validation = training.score(trained, data.validation);
  scores.score_test = training.score(trained, data.test);
  scores.leaves = trained.booster->leaves(trained.rounds);
  trained.booster->set("nthread", "1");
  state->booster = trained.booster->taken();
  state->rounds = trained.rounds;
  state->features = data.train.x.cols();
  state->seed = request.seed;
  return BoostedEnsemble(std::move(state));
}

const BoostingScores& BoostedEnsemble::scores() const { return state_->scores; }

BoostingCost BoostedEnsemble::measure_on(Device& device, std::int64_t batch) {
  DeployedBooster deployed(state_->booster.get(), state_->rounds, batch, state_->features, state_->seed);
  try {
    const Measurement measured = measure(deployed, batch, device, {});
    return {measured.energy_j(), measured.time_per_batch_s / static_cast<double>(batch)};
  } catch (const UnstableError&) {  // a busy machine: the scores stand
    return {};
  }
}

}  // namespace tabjoule
