#include "pipeline/train_run.h"

#include <limits>

#include "base/clock.h"
#include "base/error.h"
#include "base/version.h"
#include "pipeline/lesson.h"
#include "pipeline/model_files.h"

namespace tabjoule {
namespace {

void require_request(const TrainRequest& request) {
  const Recipe& recipe = request.recipe;
  const auto require = [](bool holds, const char* what, auto value) {
    if (!holds) fail_usage("{}, it is {}", what, value);
  };
  require(recipe.learning_rate > 0 && recipe.learning_rate <= 1, "the learning rate must lie in (0, 1]",
          recipe.learning_rate);
  require(recipe.weight_decay >= 0 && recipe.weight_decay <= 1, "the weight decay must lie in [0, 1]",
          recipe.weight_decay);
  require(recipe.batch >= 0 && recipe.batch <= 65536, "the batch must lie in 0 .. 65536", recipe.batch);
  require(recipe.max_epochs >= 1, "the epochs must be at least 1", recipe.max_epochs);
  require(recipe.patience >= 1, "the patience must be at least 1 epoch", recipe.patience);
  require(recipe.averaging_epochs >= 0 && recipe.averaging_epochs <= 1000,
          "the epochs to average over must lie in [0, 1000]", recipe.averaging_epochs);
  require(request.dropout >= 0 && request.dropout < 1, "the dropout must lie in [0, 1)", request.dropout);
  require(request.embedding.bins >= 0 && request.embedding.bins <= 1024, "the embedding's bins must lie in 0 .. 1024",
          request.embedding.bins);
  require(request.embedding.width >= 1 && request.embedding.width <= 1024,
          "the embedding's width must lie in 1 .. 1024", request.embedding.width);
  require(request.threads >= 0 && request.threads <= 1024, "the threads must lie in 0 .. 1024", request.threads);
  for (const char* file : {"run.json", "train.json"})
    if (std::filesystem::exists(request.out / file))
      fail_usage("{} holds a run already: choose another --out", request.out.string());
}

NetworkShape embedded_shape(const PreparedData& data, const TrainRequest& request) {
  NetworkShape shape = shape_of(data, static_cast<float>(request.dropout));
  const int numbers = data.preprocessor.numeric_width();
  if (request.embedding.bins > 0 && numbers > 0)
    shape.embedding = std::make_shared<const NumericEmbedding>(
        NumericEmbedding{quantile_edges(data.train.x, numbers, request.embedding.bins), request.embedding.width});
  return shape;
}

struct Chosen {
  SearchSpace space;
  Architecture architecture;
};

/// A space file that the architecture names is looked for beside the architecture's own file too.
std::string space_of(const TrainRequest& request, const Json& json) {
  if (!request.space.empty()) return request.space;
  if (!json.is_object() || !json.contains("space") || !json.at("space").is_string())
    fail_input(
        "the architecture names no \"space\": expected {{\"space\": \"mlp\", \"depth\": 3, \"width\": 256}}, say");
  const auto name = json.at("space").get<std::string>();
  const auto beside = std::filesystem::path(request.architecture).parent_path() / name;
  const bool inline_text = request.architecture.front() == '{';
  return !inline_text && !std::filesystem::exists(name) && std::filesystem::exists(beside) ? beside.string() : name;
}

Chosen choose(const TrainRequest& request) {
  if (request.architecture.empty()) fail_usage("give an architecture: a JSON file or its text");
  const bool inline_text = request.architecture.front() == '{';
  Json json;
  if (inline_text) {
    json = Json::parse(request.architecture, nullptr, false);
    if (json.is_discarded()) fail_usage("the architecture is not JSON: {}", request.architecture);
  } else {
    json = read_json(request.architecture);
  }
  return with_context(inline_text ? "architecture" : request.architecture, [&] {
    Chosen chosen;
    chosen.space = load_space(space_of(request, json));
    json["space"] = chosen.space.name;
    chosen.architecture = architecture_from_json(chosen.space, json);
    return chosen;
  });
}

Scores scores_of(Task task, ConstBlock predictions, const Truth& truth) {
  Scores scores;
  for (const std::string& name : metric_names(task)) {
    const Metric metric = metric_from(name, task);
    scores.emplace_back(metric, evaluate(metric, predictions, truth));
  }
  return scores;
}

/// Records what the table and the request come to.
void describe_data(const PreparedData& data, TrainRecord& record) {
  const Target& target = data.dataset->target;
  record.target = target.name;
  record.task = to_string(target.task);
  record.rows_train = data.train.rows();
  record.rows_validation = data.validation.rows();
  record.rows_test = data.test.rows();
  record.raw_columns = static_cast<int>(data.dataset->features.columns.size());
  record.features = data.preprocessor.width();
  record.classes = target.classes;
  record.class_weights = data.loss.class_weights;
  for (const std::string& name : metric_names(target.task)) {
    const Metric metric = metric_from(name, target.task);
    record.dummy_test.emplace_back(metric, dummy_score(data.train, data.test, target.outputs(), metric));
  }
}

void describe_model(const TrainedModel& model, const Chosen& chosen, const PreparedData& data, ThreadPool& pool,
                    TrainRecord& record) {
  record.architecture = to_json(chosen.space, chosen.architecture);
  record.text = to_text(chosen.space, chosen.architecture);
  record.parameters = model.network.parameter_count();
  record.flops = model.network.flops();
  record.training = model.training;
  Evaluator evaluator(pool);
  const Matrix validation = evaluator.predict(model.network, model.store, data.validation);
  const Matrix test = evaluator.predict(model.network, model.store, data.test);
  record.validation = scores_of(data.train.task, block(validation), data.validation.truth());
  record.test = scores_of(data.train.task, block(test), data.test.truth());
}

/// The run while it happens. One phase is one member function.
class TrainRun {
 public:
  TrainRun(const TrainRequest& request, const NoticeSink& notice, const ProgressSink& progress)
      : request_(request),
        notice_(notice),
        progress_(progress),
        chosen_(choose(request)),
        pool_(request.threads > 0 ? request.threads : available_threads()) {
    record_.request = request;
    record_.version = kVersion;
    record_.created = utc_now();
    record_.threads = pool_.threads();
  }

  TrainRecord run();

 private:
  template <class Body>
  void phase(const std::string& name, Body&& body);
  void tell(const std::string& text);

  void read();
  void scale();
  void teach();
  void train();
  void export_files();

  const TrainRequest& request_;
  const NoticeSink& notice_;
  const ProgressSink& progress_;
  Chosen chosen_;
  ThreadPool pool_;
  TrainRecord record_;
  DataRequest wanted_;  ///< what is asked, with the encoding that the family takes
  PreparedData data_;
  TrainedModel model_;
};

template <class Body>
void TrainRun::phase(const std::string& name, Body&& body) {
  SystemClock clock;
  const double start_s = clock.now_s();
  if (progress_) progress_({name, 0, ""});
  body();
  record_.timing_s.emplace_back(name, clock.now_s() - start_s);
}

void TrainRun::tell(const std::string& text) {
  record_.notices.push_back(text);
  if (notice_) notice_(text);
}

void TrainRun::read() {
  wanted_ = request_.data;
  wanted_.preprocess.encoding = category_encoding(chosen_.space);
  data_ = prepare_data(wanted_, request_.seed, pool_.threads(), [this](const std::string& text) { tell(text); });
  const Task task = data_.dataset->target.task;
  record_.metric = request_.metric.empty() ? default_metric(task) : metric_from(request_.metric, task);
  std::error_code error;
  std::filesystem::create_directories(request_.out, error);
  if (error) fail_internal("{}: cannot be made: {}", request_.out.string(), error.message());
}

void TrainRun::scale() {
  record_.scaling.scaling = request_.data.preprocess.scaling;
  if (request_.data.choose_scaling)
    record_.scaling = choose_scaling(data_, wanted_.preprocess, request_.seed, pool_, progress_);
  describe_data(data_, record_);
}

void TrainRun::teach() {
  TeacherOptions options;
  options.seed = request_.seed;
  const NearbyRows rows = rows_to_teach(data_, request_.seed, pool_);
  const Lesson lesson = make_lesson(data_, rows, options, pool_, progress_);
  data_.taught = learnt_from(lesson, rows, data_);
  const Task task = data_.train.task;
  record_.teacher = {lesson.share_of_trees, data_.taught->rows(),
                     scores_of(task, block(lesson.validation_answers), data_.validation.truth()),
                     scores_of(task, block(lesson.test_answers), data_.test.truth())};
}

void TrainRun::train() {
  FinalTrainingOptions options;
  options.metric = record_.metric;
  options.flop_budget = std::numeric_limits<double>::infinity();  // what is asked is done
  options.seed = request_.seed;
  options.recipe = request_.recipe;
  // Steps as small as without a teacher: that there are more rows is no reason for fewer steps.
  record_.batch = options.recipe.batch =
      request_.recipe.batch > 0 ? request_.recipe.batch : default_batch(data_.train.rows());
  const NetworkShape shape = embedded_shape(data_, request_);
  record_.training_bytes =
      training_bytes(to_network(chosen_.space, chosen_.architecture, shape), record_.batch, pool_.threads());
  if (record_.training_bytes > kToldTrainingBytes)
    tell(fmt::format("training takes {:.1f} GB of memory beside the rows: a smaller --batch takes less",
                     static_cast<double>(record_.training_bytes) / 1e9));
  model_ = train_architecture(chosen_.space, chosen_.architecture, shape, data_, options, pool_, progress_);
  describe_model(model_, chosen_, data_, pool_, record_);
}

void TrainRun::export_files() {
  const auto runner = make_cpu_runner({pool_.threads()});
  record_.export_difference = export_model(request_.out, model_, data_, *runner, pool_);
}

TrainRecord TrainRun::run() {
  phase("read", [this] { read(); });
  phase("scaling", [this] { scale(); });
  if (request_.data.teacher) phase("teacher", [this] { teach(); });
  phase("train", [this] { train(); });
  phase("export", [this] { export_files(); });
  write_json(request_.out / "train.json", to_json(record_));
  return std::move(record_);
}

}  // namespace

TrainRecord run_train(const TrainRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  require_request(request);
  return TrainRun(request, notice, progress).run();
}

}  // namespace tabjoule
