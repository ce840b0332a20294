#include "teach/teacher.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "nn/train_network.h"

namespace tabjoule {
namespace {

/// Networks by turns. With ResNets among them they are better than MLPs alone (bench/README.md).
constexpr const char* kArchitectures[] = {R"({"space": "resnet", "depth": 4, "width": 128, "hidden": 256})",
                                          R"({"space": "mlp", "depth": 3, "width": 256})"};
constexpr int kBins = 48;
/// Embedded numbers need rows to learn from, and widen the first layer.
constexpr std::size_t kRowsForBins = 2000;
constexpr int kMostEmbedded = 100;
constexpr float kDropout = 0.1F;
constexpr double kLearningRate = 1e-3, kWeightDecay = 1e-5;
constexpr double kAveragingEpochs = 5;
constexpr int kEpochs = 200;
/// Weights of the trees that are tried, between 0 and 1.
constexpr int kShares = 8;

constexpr int kTreeDepths[] = {6, 9};
constexpr double kTreeRate = 0.05;
constexpr double kTreeRateOfClasses = 0.1;  ///< where a round is a tree a class
constexpr double kTreeFraction = 0.8;
constexpr int kRounds = 1500;
constexpr int kPatience = 50;

constexpr std::size_t kMostTaughtRows = 200'000;
constexpr std::size_t kMostTaughtNumbers = 100'000'000;  ///< 400 MB of them
constexpr std::size_t kMostCopies = 8;

constexpr float kLeastProbability = 1e-6F;

Metric loss_metric(Task task) { return task == Task::regression ? Metric::rmse : Metric::log_loss; }

NetworkShape shape_for_members(const Matrix& view, const Preprocessor& preprocessor, int outputs) {
  NetworkShape shape;
  shape.inputs = static_cast<int>(view.cols());
  shape.outputs = outputs;
  shape.dropout = kDropout;
  const int numbers = preprocessor.numeric_width();
  if (numbers > 0 && numbers <= kMostEmbedded && static_cast<std::size_t>(view.rows()) >= kRowsForBins)
    shape.embedding = std::make_shared<const NumericEmbedding>(NumericEmbedding{quantile_edges(view, numbers, kBins)});
  return shape;
}

Network network_of_member(int member, const NetworkShape& shape) {
  const Json architecture = Json::parse(kArchitectures[static_cast<std::size_t>(member) % std::size(kArchitectures)]);
  const SearchSpace space = load_space(architecture.at("space").get<std::string>());
  return to_network(space, architecture_from_json(space, architecture), shape);
}

}  // namespace

Matrix one_hot_view(const Matrix& x, const Preprocessor& preprocessor) {
  const auto is_code = [](const CategoricalFeature& feature) { return feature.encoding == CategoryEncoding::codes; };
  const int numbers = preprocessor.numeric_width();
  int width = numbers;
  for (const CategoricalFeature& feature : preprocessor.categorical)
    width += is_code(feature) ? feature.cardinality() : feature.width();
  if (width == x.cols()) return x;
  Matrix view = Matrix::Zero(x.rows(), width);
  view.leftCols(numbers) = x.leftCols(numbers);
  int from = numbers, to = numbers;
  for (const CategoricalFeature& feature : preprocessor.categorical) {
    for (Eigen::Index r = 0; r < x.rows(); ++r) view(r, to + static_cast<int>(x(r, from))) = 1;
    ++from;
    to += feature.cardinality();
  }
  return view;
}

Teacher::Teacher(Boosting trees, Preprocessor preprocessor, const Samples& train)
    : trees_(std::move(trees)),
      preprocessor_(std::move(preprocessor)),
      task_(train.task),
      target_mean_(train.target_mean),
      target_std_(train.target_std) {}

Samples Teacher::rows_for_members(Matrix view) const {
  Samples rows;
  rows.x = std::move(view);
  rows.task = task_;
  rows.target_mean = target_mean_;
  rows.target_std = target_std_;
  return rows;
}

Matrix Teacher::predict_networks(const Samples& rows, ThreadPool& pool) const {
  Evaluator evaluator(pool);
  Matrix sum = Matrix::Zero(rows.x.rows(), networks_.front().network.output_width());
  for (const Member& member : networks_) sum += evaluator.predict(member.network, member.store, rows);
  return sum / static_cast<float>(networks_.size());
}

Matrix Teacher::predict(const Matrix& x, ThreadPool& pool) const {
  const Samples rows = rows_for_members(one_hot_view(x, preprocessor_));
  if (share_of_trees_ == 1) return trees_.predict(rows.x);
  const auto share = static_cast<float>(share_of_trees_);
  Matrix networks = predict_networks(rows, pool);
  if (share_of_trees_ == 0) return networks;
  return share * trees_.predict(rows.x) + (1 - share) * networks;
}

Teacher Teacher::train(const Samples& train, const Samples& validation, const Preprocessor& preprocessor, int outputs,
                       const TeacherOptions& options, ThreadPool& pool, const ProgressSink& progress) {
  const int members = options.networks + 1;
  int done = 0;
  const auto tell = [&](double fraction) {
    if (progress) progress({"teacher", (done + fraction) / members, ""});
  };
  const Metric metric = loss_metric(train.task);
  Samples rows = train;
  Samples judged = validation;
  rows.loss = {};  // weights of classes are the student's concern
  rows.x = one_hot_view(train.x, preprocessor);
  judged.x = one_hot_view(validation.x, preprocessor);

  BoostingOptions boosting;
  boosting.metric = metric;
  boosting.settings.clear();
  for (const int depth : kTreeDepths)
    boosting.settings.push_back(
        {depth, train.task == Task::multiclass ? kTreeRateOfClasses : kTreeRate, kTreeFraction});
  boosting.rounds = kRounds;
  boosting.patience = kPatience;
  boosting.seed = options.seed;
  boosting.stop = options.stop;
  boosting.progress = [&](const Progress& p) { tell(p.fraction); };
  tell(0);
  Teacher teacher(Boosting::train(rows, judged, outputs, boosting, pool), preprocessor, train);
  teacher.trees_.set_threads(pool.threads());
  tell(1);

  const NetworkShape shape = shape_for_members(rows.x, preprocessor, outputs);
  TrainOptions training;
  training.metric = metric;
  training.averaging_epochs = kAveragingEpochs;
  training.stop = options.stop;
  training.adamw.learning_rate = kLearningRate;
  training.adamw.weight_decay = kWeightDecay;
  for (int i = 0; i < options.networks; ++i) {
    ++done;
    Member& member = teacher.networks_.emplace_back(Member{network_of_member(i, shape), {}});
    training.max_epochs = kEpochs;
    limit_epochs(training, member.network, rows.rows(), options.flop_budget);
    training.seed = Rng(options.seed).split(static_cast<std::uint64_t>(i)).next();
    (void)train_network(member.network, member.store, rows, judged, training, pool,
                        [&](const Progress& p) { tell(p.fraction); });
  }
  if (!teacher.networks_.empty()) teacher.weigh(judged, pool);
  return teacher;
}

void Teacher::weigh(const Samples& judged, ThreadPool& pool) {
  const Matrix trees = trees_.predict(judged.x);
  const Matrix networks = predict_networks(judged, pool);
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= kShares; ++i) {
    const auto share = static_cast<float>(i) / kShares;
    const Matrix both = share * trees + (1 - share) * networks;
    const double loss = evaluate(loss_metric(task_), block(both), judged.truth());
    if (loss >= best) continue;
    best = loss;
    share_of_trees_ = share;
  }
}

Samples taught_samples(const Samples& train, Matrix x, const Matrix& answers) {
  Samples taught;
  taught.x = std::move(x);
  taught.task = train.task;
  taught.target_mean = train.target_mean;
  taught.target_std = train.target_std;
  taught.loss = train.loss;
  if (train.task == Task::regression) {
    taught.values.assign(answers.data(), answers.data() + answers.size());
    taught.taught = (answers.array() - train.target_mean) / train.target_std;
    return taught;
  }
  taught.labels.resize(taught.rows());
  for (Eigen::Index r = 0; r < answers.rows(); ++r)
    answers.row(r).maxCoeff(&taught.labels[static_cast<std::size_t>(r)]);
  taught.taught = answers.array().max(kLeastProbability).log();
  return taught;
}

int default_copies(const Matrix& x) {
  const auto fitting = [](std::size_t most, Eigen::Index size) { return most / static_cast<std::size_t>(size); };
  const std::size_t copies = std::min(fitting(kMostTaughtRows, x.rows()), fitting(kMostTaughtNumbers, x.size()));
  return static_cast<int>(std::clamp<std::size_t>(copies, 1, kMostCopies));
}

}  // namespace tabjoule
