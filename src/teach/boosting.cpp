#include "teach/boosting.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

#include "predict/xgboost.h"

namespace tabjoule {
namespace {

using xgboost::BoosterPtr;
using xgboost::check;
using xgboost::MatrixPtr;

MatrixPtr rows_of(const Matrix& x) {
  DMatrixHandle handle = nullptr;
  check(XGDMatrixCreateFromMat(x.data(), static_cast<bst_ulong>(x.rows()), static_cast<bst_ulong>(x.cols()),
                               std::numeric_limits<float>::quiet_NaN(), &handle));
  return MatrixPtr(handle);
}

MatrixPtr labelled_rows(const Samples& samples) {
  MatrixPtr rows = rows_of(samples.x);
  std::vector<float> labels(samples.labels.begin(), samples.labels.end());
  for (const float value : samples.values) labels.push_back((value - samples.target_mean) / samples.target_std);
  check(XGDMatrixSetFloatInfo(rows.get(), "label", labels.data(), labels.size()));
  return rows;
}

}  // namespace

struct Boosting::State {
  BoosterPtr booster;
  Task task = Task::regression;
  float mean = 0, std = 1;
  int classes = 1;
  BoostingSetting setting;
  int rounds = 0;  // that are used

  State(const MatrixPtr& rows, const Samples& train, int class_count, const BoostingSetting& tried,
        const BoostingOptions& options)
      : task(train.task), mean(train.target_mean), std(train.target_std), classes(class_count), setting(tried) {
    BoosterHandle handle = nullptr;
    DMatrixHandle known = rows.get();
    check(XGBoosterCreate(&known, 1, &handle));
    booster.reset(handle);
    set("objective", task == Task::regression ? "reg:squarederror"
                     : task == Task::binary   ? "binary:logistic"
                                              : "multi:softprob");
    if (task == Task::multiclass) set("num_class", std::to_string(classes));
    if (task == Task::regression) set("base_score", "0");
    set("tree_method", "hist");
    set("verbosity", "0");
    set("nthread", "1");  // more would sum in another order
    set("seed", std::to_string(options.seed));
    set("max_depth", std::to_string(setting.depth));
    set("eta", std::to_string(setting.rate));
    set("subsample", std::to_string(setting.fraction));
    set("colsample_bytree", std::to_string(setting.fraction));
  }

  void set(const char* name, const std::string& value) const {
    check(XGBoosterSetParam(booster.get(), name, value.c_str()));
  }

  /// As evaluate takes them, after the first `count` rounds.
  [[nodiscard]] Matrix predict(const MatrixPtr& rows, int count) const {
    bst_ulong size = 0;
    const float* values = nullptr;
    check(XGBoosterPredict(booster.get(), rows.get(), 0, static_cast<unsigned>(count), 0, &size, &values));
    const int width = task == Task::multiclass ? classes : 1;
    const auto n = static_cast<Eigen::Index>(size) / width;
    Matrix result(n, task == Task::regression ? 1 : classes);
    for (Eigen::Index i = 0; i < n; ++i) switch (task) {
        case Task::regression:
          result(i, 0) = values[i] * std + mean;
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

  /// Makes the rounds; returns the score of those that are kept, larger is better.
  double train(const MatrixPtr& rows, const MatrixPtr& validation_rows, const Samples& validation,
               const BoostingOptions& options) {
    const auto score = [&](int count) {
      const Matrix predictions = predict(validation_rows, count);
      const double value = evaluate(options.metric, block(predictions), validation.truth());
      return higher_is_better(options.metric) ? value : -value;
    };
    double best = -std::numeric_limits<double>::infinity();
    for (int made = 1; made <= options.rounds; ++made) {
      if (made > 1 && options.stop && options.stop()) break;
      check(XGBoosterUpdateOneIter(booster.get(), made - 1, rows.get()));
      if (options.progress) options.progress({"trees", static_cast<double>(made) / options.rounds, ""});
      if (options.patience == 0) {
        rounds = made;
      } else if (const double reached = score(made); reached > best) {
        best = reached;
        rounds = made;
      } else if (made - rounds >= options.patience) {
        break;
      }
    }
    return options.patience == 0 ? score(rounds) : best;
  }
};

Boosting::Boosting(std::unique_ptr<State> state) : state_(std::move(state)) {}
Boosting::Boosting(Boosting&&) noexcept = default;
Boosting::~Boosting() = default;

Boosting Boosting::train(const Samples& train, const Samples& validation, int classes, const BoostingOptions& options,
                         ThreadPool& pool) {
  const std::size_t count = options.settings.size();
  if (count == 0) fail_internal("boosting without a setting");
  std::vector<std::unique_ptr<State>> tried(count);
  std::vector<double> scores(count);
  std::vector<double> done(count);
  std::mutex asking;
  pool.run(static_cast<int>(count), [&](int task) {
    const auto i = static_cast<std::size_t>(task);
    BoostingOptions own = options;
    if (options.stop)
      own.stop = [&] {
        const std::lock_guard lock(asking);
        return options.stop();
      };
    if (options.progress)
      own.progress = [&, i](const Progress& progress) {
        const std::lock_guard lock(asking);
        done[i] = progress.fraction;
        const double all = std::accumulate(done.begin(), done.end(), 0.0) / static_cast<double>(count);
        options.progress({progress.phase, all, ""});
      };
    const MatrixPtr rows = labelled_rows(train);  // of its own: XGBoost keeps in them what it computes of them
    const MatrixPtr validation_rows = rows_of(validation.x);
    tried[i] = std::make_unique<State>(rows, train, classes, options.settings[i], own);
    scores[i] = tried[i]->train(rows, validation_rows, validation, own);
  });
  const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
  return Boosting(std::move(tried[static_cast<std::size_t>(best)]));
}

Matrix Boosting::predict(const Matrix& x) const { return state_->predict(rows_of(x), state_->rounds); }
int Boosting::rounds() const { return state_->rounds; }
const BoostingSetting& Boosting::setting() const { return state_->setting; }
void Boosting::set_threads(int threads) { state_->set("nthread", std::to_string(threads)); }
void* Boosting::handle() const { return state_->booster.get(); }

std::int64_t Boosting::leaves() const {
  bst_ulong size = 0;
  const char** trees = nullptr;
  check(XGBoosterDumpModel(state_->booster.get(), "", 0, &size, &trees));
  const int trees_a_round = state_->task == Task::multiclass ? state_->classes : 1;
  const auto counted = static_cast<bst_ulong>(state_->rounds) * static_cast<bst_ulong>(trees_a_round);
  std::int64_t leaves = 0;
  for (bst_ulong i = 0; i < std::min(size, counted); ++i)
    for (const char* at = trees[i]; (at = std::strstr(at, "leaf=")) != nullptr; ++at) ++leaves;
  return leaves;
}

}  // namespace tabjoule
