#include "pipeline/train_run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/version.h"
#include "pipeline/model_files.h"
#include "table/preprocessor_names.h"

namespace tabjoule {
namespace {

/// Memory that a user is told of before training starts.
constexpr std::size_t kToldBytes = std::size_t{1} << 30;

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
  int numbers = 0;
  for (const NumericFeature& feature : data.preprocessor.numeric) numbers += feature.indicator ? 2 : 1;
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
  const Target& target = data.dataset.target;
  record.target = target.name;
  record.task = to_string(target.task);
  record.rows_train = data.train.rows();
  record.rows_validation = data.validation.rows();
  record.rows_test = data.test.rows();
  record.raw_columns = static_cast<int>(data.dataset.features.columns.size());
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

Json to_json(const Scores& scores) {
  Json json = Json::object();
  for (const auto& [metric, value] : scores) json[to_string(metric)] = value;
  return json;
}

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json recipe_json(const TrainRecord& record) {
  const Recipe& recipe = record.request.recipe;
  return {{"learning_rate", recipe.learning_rate},
          {"weight_decay", recipe.weight_decay},
          {"dropout", record.request.dropout},
          {"batch", record.batch},
          {"max_epochs", recipe.max_epochs},
          {"patience", recipe.patience},
          {"averaging_epochs", recipe.averaging_epochs},
          {"label_smoothing", record.request.data.label_smoothing},
          {"class_weights", record.class_weights},
          {"embedding_bins", record.request.embedding.bins},
          {"embedding_width", record.request.embedding.width}};
}

}  // namespace

TrainRecord run_train(const TrainRequest& request, const NoticeSink& notice, const ProgressSink& progress) {
  require_request(request);
  const Chosen chosen = choose(request);
  TrainRecord record;
  record.request = request;
  record.version = kVersion;
  record.created = utc_now();
  const auto tell = [&](const std::string& text) {
    record.notices.push_back(text);
    if (notice) notice(text);
  };
  const auto phase = [&](const std::string& name, const auto& body) {
    SystemClock clock;
    const double start_s = clock.now_s();
    if (progress) progress({name, 0, ""});
    body();
    record.timing_s.emplace_back(name, clock.now_s() - start_s);
  };

  ThreadPool pool(request.threads > 0 ? request.threads : available_threads());
  record.threads = pool.threads();
  DataRequest wanted = request.data;
  wanted.preprocess.encoding = category_encoding(chosen.space);
  PreparedData data;
  phase("read", [&] {
    data = prepare_data(wanted, request.seed, pool.threads(), tell);
    const Task task = data.dataset.target.task;
    record.metric = request.metric.empty() ? default_metric(task) : metric_from(request.metric, task);
  });
  std::error_code error;
  std::filesystem::create_directories(request.out, error);
  if (error) fail_internal("{}: cannot be made: {}", request.out.string(), error.message());
  phase("scaling", [&] {
    record.scaling.scaling = request.data.preprocess.scaling;
    if (request.data.choose_scaling)
      record.scaling = choose_scaling(data, wanted.preprocess, request.seed, pool, progress);
    describe_data(data, record);
  });
  FinalTrainingOptions options;
  options.metric = record.metric;
  options.flop_budget = std::numeric_limits<double>::infinity();  // what is asked is done
  options.seed = request.seed;
  options.recipe = request.recipe;
  record.batch = request.recipe.batch > 0 ? request.recipe.batch : default_batch(data.train.rows());
  TrainedModel model;
  phase("train", [&] {
    const NetworkShape shape = embedded_shape(data, request);
    record.training_bytes =
        training_bytes(to_network(chosen.space, chosen.architecture, shape), record.batch, pool.threads());
    if (record.training_bytes > kToldBytes)
      tell(fmt::format("training takes {:.1f} GB of memory beside the rows: a smaller --batch takes less",
                       static_cast<double>(record.training_bytes) / 1e9));
    model = train_architecture(chosen.space, chosen.architecture, shape, data, options, pool, progress);
    describe_model(model, chosen, data, pool, record);
  });
  phase("export", [&] {
    const auto runner = make_cpu_runner({pool.threads()});
    record.export_difference = export_model(request.out, model, data, *runner, pool);
  });
  write_json(request.out / "train.json", to_json(record));
  return record;
}

Json to_json(const TrainRecord& record) {
  Json timing = Json::object();
  for (const auto& [name, time_s] : record.timing_s) timing[name] = {{"time_s", time_s}};
  return {{"format", "tabjoule-train"},
          {"version", 1},
          {"program_version", record.version},
          {"created", record.created},
          {"data", record.request.data.data},
          {"target", record.target},
          {"task", record.task},
          {"metric", to_string(record.metric)},
          {"higher_is_better", higher_is_better(record.metric)},
          {"rows", {{"train", record.rows_train}, {"validation", record.rows_validation}, {"test", record.rows_test}}},
          {"raw_columns", record.raw_columns},
          {"features", record.features},
          {"classes", record.classes},
          {"architecture", record.architecture},
          {"text", record.text},
          {"parameters", record.parameters},
          {"flops", record.flops},
          {"scaling",
           {{"chosen", name_of(record.scaling.scaling, scaling_names)},
            {"validation_loss_quantile", optional_json(record.scaling.loss_quantile)},
            {"validation_loss_standard", optional_json(record.scaling.loss_standard)}}},
          {"recipe", recipe_json(record)},
          {"training_bytes", record.training_bytes},
          {"seed", record.request.seed},
          {"threads", record.threads},
          {"epochs", record.training.epochs},
          {"best_epoch", record.training.best_epoch},
          {"scores",
           {{"validation", to_json(record.validation)},
            {"test", to_json(record.test)},
            {"dummy_test", to_json(record.dummy_test)}}},
          {"trace", {{"losses", record.training.losses}, {"validation_scores", record.training.validation_scores}}},
          {"export_difference", record.export_difference},
          {"timing", std::move(timing)},
          {"notices", record.notices}};
}

}  // namespace tabjoule
