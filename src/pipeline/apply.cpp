#include "pipeline/apply.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "nn/loss.h"
#include "table/table.h"

namespace tabjoule {
namespace {

/// Rows given to the runtime at once: bounds memory, large enough that the call does not matter.
constexpr std::size_t kRowsAtOnce = 4096;

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

}  // namespace

Predictions apply_model(const std::filesystem::path& run, const std::string& data, int threads,
                        const NoticeSink& notice) {
  Predictions result;
  if (!std::filesystem::exists(run / "model.json"))
    fail_input("{}: is not a run directory, it holds no model.json", run.string());
  result.model =
      with_context((run / "model.json").string(), [&] { return description_from_json(read_json(run / "model.json")); });
  const auto runner = make_cpu_runner({threads});
  const auto model = runner->load(read_file(run / "model.onnx"));

  ReadOptions options;
  options.schema = result.model.preprocessor.schema();
  options.threads = threads;
  const Table table = read_table(data, options, notice);
  result.rows = table.rows;
  RowIndices rows(table.rows);
  std::iota(rows.begin(), rows.end(), 0U);
  const PredictionHead& head = result.model.head;
  const auto outputs = static_cast<Eigen::Index>(head.task == Task::regression ? 1 : head.classes.size());
  result.values.resize(static_cast<Eigen::Index>(table.rows), outputs);
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    const std::size_t count = std::min(kRowsAtOnce, rows.size() - first);
    const Matrix x = transform(result.model.preprocessor, table, std::span(rows).subspan(first, count));
    RuntimeTensor input{"features", {x.rows(), x.cols()}, std::vector<float>(x.data(), x.data() + x.size())};
    const auto answer = model->run({input});
    const auto& values = std::get<std::vector<float>>(answer.front().data);
    if (values.size() != count * static_cast<std::size_t>(outputs))
      fail_input("{}: model.onnx gives {} values for {} rows, model.json says {} a row", run.string(), values.size(),
                 count, outputs);
    std::copy(values.begin(), values.end(), result.values.data() + first * static_cast<std::size_t>(outputs));
  }
  if (head.task == Task::regression) {
    for (Eigen::Index i = 0; i < result.values.size(); ++i)
      result.values.data()[i] = static_cast<float>(result.values.data()[i] * head.target_std + head.target_mean);
  } else {
    softmax_rows(block(result.values));
  }
  return result;
}

std::string to_csv(const Predictions& predictions) {
  const PredictionHead& head = predictions.model.head;
  std::string text = quoted(predictions.model.target);
  for (const auto& name : head.classes) text += "," + quoted("probability of " + name);
  text += "\n";
  for (Eigen::Index r = 0; r < predictions.values.rows(); ++r) {
    if (head.task == Task::regression) {
      text += fmt::format("{}\n", predictions.values(r, 0));
      continue;
    }
    Eigen::Index best = 0;
    for (Eigen::Index c = 1; c < predictions.values.cols(); ++c)
      if (predictions.values(r, c) > predictions.values(r, best)) best = c;
    text += quoted(head.classes[static_cast<std::size_t>(best)]);
    for (Eigen::Index c = 0; c < predictions.values.cols(); ++c) text += fmt::format(",{}", predictions.values(r, c));
    text += "\n";
  }
  return text;
}

}  // namespace tabjoule
