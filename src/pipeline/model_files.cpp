#include "pipeline/model_files.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "nn/loss.h"

namespace tabjoule {
namespace {

constexpr std::size_t kCheckedRows = 512;
constexpr double kTolerance = 1e-4;

const std::vector<float>& floats_of(const std::vector<RuntimeTensor>& outputs, const std::string& name) {
  for (const auto& tensor : outputs)
    if (tensor.name == name) return std::get<std::vector<float>>(tensor.data);
  fail_internal("the exported model has no output \"{}\"", name);
}

/// Largest difference, relative to the largest expected value where that is over 1. A difference that is not a
/// number counts as infinite.
double largest_difference(const std::vector<float>& found, const Matrix& expected) {
  if (found.size() != static_cast<std::size_t>(expected.size())) return INFINITY;
  double largest = 0;
  double scale = 1;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double difference = std::abs(static_cast<double>(found[i]) - expected.data()[i]);
    if (!(difference <= largest)) largest = std::isnan(difference) ? INFINITY : difference;
    scale = std::max(scale, std::abs(static_cast<double>(expected.data()[i])));
  }
  return largest / scale;
}

void require_same(double difference, const std::string& file) {
  if (difference > kTolerance)
    fail_internal("{} differs from the trained network by {:.2g}, more than {:.0e} is a defect: please report it", file,
                  difference, kTolerance);
}

}  // namespace

ModelDescription describe(const PreparedData& data) {
  const Target& target = data.dataset->target;
  return {data.preprocessor, {target.task, target.classes, data.train.target_mean, data.train.target_std}, target.name};
}

Json to_json(const ModelDescription& description) {
  return {{"format", "tabjoule-model"},
          {"version", 1},
          {"target", description.target},
          {"task", to_string(description.head.task)},
          {"classes", description.head.classes},
          {"target_mean", description.head.target_mean},
          {"target_std", description.head.target_std},
          {"preprocessor", to_json(description.preprocessor)}};
}

ModelDescription description_from_json(const Json& json) {
  require_format(json, "tabjoule-model", 1);
  try {
    ModelDescription description;
    description.target = json.at("target").get<std::string>();
    description.head.task = task_from(json.at("task").get<std::string>());
    description.head.classes = json.at("classes").get<std::vector<std::string>>();
    description.head.target_mean = json.at("target_mean").get<double>();
    description.head.target_std = json.at("target_std").get<double>();
    description.preprocessor = preprocessor_from_json(json.at("preprocessor"));
    return description;
  } catch (const nlohmann::json::exception& error) {
    fail_input("not a model description: {}", error.what());
  }
}

double export_model(const std::filesystem::path& folder, const TrainedModel& model, const PreparedData& data,
                    Runner& runner, ThreadPool& pool) {
  const ModelDescription description = describe(data);
  const Graph graph = to_graph(model.network, &model.store);
  const std::string model_bytes = to_onnx(graph);
  const std::string pipeline_bytes = to_onnx(pipeline_graph(description.preprocessor, graph, description.head));
  write_file(folder / "model.onnx", model_bytes);
  write_file(folder / "pipeline.onnx", pipeline_bytes);
  write_json(folder / "model.json", to_json(description));

  const RowIndices rows(data.split.test.begin(), data.split.test.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                               kCheckedRows, data.split.test.size())));
  Samples samples = data.test;
  samples.x = data.test.x.topRows(static_cast<Eigen::Index>(rows.size()));
  Evaluator evaluator(pool);

  const Matrix outputs = evaluator.outputs(model.network, model.store, samples.x);
  RuntimeTensor features{"features", {samples.x.rows(), samples.x.cols()}, {}};
  features.data = std::vector<float>(samples.x.data(), samples.x.data() + samples.x.size());
  const auto found = runner.load(model_bytes)->run({features});
  const double model_difference = largest_difference(floats_of(found, "output"), outputs);
  require_same(model_difference, "model.onnx");

  const Matrix predictions = evaluator.predict(model.network, model.store, samples);
  const auto answered = runner.load(pipeline_bytes)->run(raw_inputs(data.preprocessor, data.dataset->features, rows));
  const std::string output = samples.task == Task::regression ? "prediction" : "probabilities";
  const double pipeline_difference = largest_difference(floats_of(answered, output), predictions);
  require_same(pipeline_difference, "pipeline.onnx");
  return std::max(model_difference, pipeline_difference);
}

std::vector<RuntimeTensor> raw_inputs(const Preprocessor& preprocessor, const Table& table,
                                      std::span<const std::uint32_t> rows) {
  std::vector<RuntimeTensor> inputs;
  for (const auto& [name, kind] : preprocessor.schema()) {
    const Column* column = table.find(name);
    if (column == nullptr) fail_input("{}: there is no column \"{}\"", table.source, name);
    RuntimeTensor tensor{name, {static_cast<std::int64_t>(rows.size()), 1}, {}};
    if (kind == ColumnKind::categorical) {
      std::vector<std::string> texts;
      for (const std::uint32_t row : rows) {
        const std::int32_t code = column->codes[row];
        texts.push_back(code < 0 ? "" : column->levels[static_cast<std::size_t>(code)]);
      }
      tensor.data = std::move(texts);
    } else {
      std::vector<double> numbers;
      for (const std::uint32_t row : rows) numbers.push_back(column->numbers[row]);
      tensor.data = std::move(numbers);
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

}  // namespace tabjoule
