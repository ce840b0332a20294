#include "pipeline/prepared_data.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "pipeline/class_weights.h"
#include "table/append.h"

namespace tabjoule {
namespace {

/// Columns of `table` with their kinds: how a further file of the same data must be read.
std::vector<std::pair<std::string, ColumnKind>> schema_of(const Table& table) {
  std::vector<std::pair<std::string, ColumnKind>> schema;
  for (const auto& column : table.columns) schema.emplace_back(column.name, column.kind);
  return schema;
}

/// Row ranges of the parts that came as files of their own; empty where none did.
struct FileRows {
  std::size_t train_end = 0, validation_end = 0, test_end = 0;
};

Table read_all(const DataRequest& request, int threads, FileRows& rows, const NoticeSink& notice) {
  ReadOptions options;
  options.kinds = request.kinds;
  options.drop = request.drop;
  options.keep = {request.target};
  if (!request.split_column.empty()) options.keep.push_back(request.split_column);
  options.threads = threads;
  Table table = read_table(request.data, options, notice);
  rows.train_end = rows.validation_end = rows.test_end = table.rows;
  if (request.validation_data.empty() && request.test_data.empty()) return table;
  if (table.find(request.target) == nullptr) return table;  // make_dataset names the column and its neighbours
  options.schema = schema_of(table);
  if (!request.validation_data.empty()) append_rows(table, read_table(request.validation_data, options, notice));
  rows.validation_end = rows.test_end = table.rows;
  if (!request.test_data.empty()) append_rows(table, read_table(request.test_data, options, notice));
  rows.test_end = table.rows;
  return table;
}

/// A column that says which file each row came from, so that rows which make_dataset drops keep their part.
Column parts_column(const FileRows& rows, bool has_validation, bool has_test, std::uint64_t seed) {
  Column parts{"part", ColumnKind::categorical, {}, {}, {"test", "train", "validation"}};
  parts.codes.assign(rows.test_end, 1);
  for (std::size_t r = rows.train_end; r < rows.validation_end; ++r) parts.codes[r] = 2;
  for (std::size_t r = rows.validation_end; r < rows.test_end; ++r) parts.codes[r] = 0;
  Rng rng(seed);
  for (std::size_t r = 0; r < rows.train_end; ++r) {
    const double draw = rng.uniform();
    if (!has_test && draw < 0.2)
      parts.codes[r] = 0;
    else if (!has_validation && draw > (has_test ? 0.8 : 0.84))
      parts.codes[r] = 2;
  }
  return parts;
}

Samples samples_of(const PreparedData& data, const RowIndices& rows) {
  Samples samples;
  samples.task = data.dataset->target.task;
  samples.loss = data.loss;
  samples.x = transform(data.preprocessor, data.dataset->features, rows);
  for (const std::uint32_t row : rows) {
    if (samples.task == Task::regression)
      samples.values.push_back(data.dataset->target.values[row]);
    else
      samples.labels.push_back(data.dataset->target.labels[row]);
  }
  return samples;
}

void standardise_target(PreparedData& data) {
  const auto& values = data.train.values;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double variance = 0;
  for (const float value : values) variance += (value - mean) * (value - mean) / count;
  for (Samples* samples : {&data.train, &data.validation, &data.test}) {
    samples->target_mean = static_cast<float>(mean);
    samples->target_std = variance > 0 ? static_cast<float>(std::sqrt(variance)) : 1.0F;
  }
}

LossOptions loss_options(const DataRequest& request, const PreparedData& data) {
  if (!(request.label_smoothing >= 0 && request.label_smoothing < 1))
    fail_usage("the label smoothing must lie in [0, 1), it is {}", request.label_smoothing);
  const Target& target = data.dataset->target;
  if (request.label_smoothing > 0 && target.task == Task::regression)
    fail_usage("label smoothing is for classes; the target \"{}\" is a number", target.name);
  if (request.label_smoothing > 0 && request.teacher)
    fail_usage("label smoothing is for labels: a teacher's answers are smooth themselves");
  std::vector<std::int32_t> labels;
  if (target.task != Task::regression)
    for (const std::uint32_t row : data.split.train) labels.push_back(target.labels[row]);
  return {class_weights_from(request.class_weights, target, labels), static_cast<float>(request.label_smoothing)};
}

void require_parts(const Split& split) {
  const auto require = [](const RowIndices& rows, const char* part) {
    if (rows.empty()) fail_input("no rows are left for {}: give more data or another split", part);
  };
  require(split.train, "training");
  require(split.validation, "validation");
  require(split.test, "testing");
}

}  // namespace

PreparedData prepare_data(const DataRequest& request, std::uint64_t seed, int threads, const NoticeSink& notice) {
  const bool files = !request.validation_data.empty() || !request.test_data.empty();
  if (files && !request.split_column.empty())
    fail_usage("give either a split column or separate files for validation and test, not both");
  FileRows rows;
  Table table = read_all(request, threads, rows, notice);
  std::string parts = request.split_column;
  if (files) {
    Column column = parts_column(rows, !request.validation_data.empty(), !request.test_data.empty(), seed);
    while (table.find(column.name) != nullptr) column.name += "_";
    parts = column.name;
    table.columns.push_back(std::move(column));
  } else if (!parts.empty() && table.find(parts) == nullptr) {
    fail_input("{}: there is no split column \"{}\"", table.source, parts);
  }

  PreparedData data;
  Dataset dataset = make_dataset(std::move(table), request.target, request.task, notice);
  const std::string source = dataset.features.source;
  if (parts.empty()) {
    SplitOptions options;
    options.seed = seed;
    data.split = with_context(source, [&] { return make_split(dataset.target, options, notice); });
  } else {
    auto& columns = dataset.features.columns;
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == parts; });
    if (found == columns.end()) fail_input("the split column \"{}\" is the target", parts);
    data.split = with_context(source, [&] { return split_by_column(*found, dataset.target, seed, notice); });
    columns.erase(found);
  }
  data.dataset = std::make_shared<const Dataset>(std::move(dataset));
  with_context(source, [&] { require_parts(data.split); });
  data.loss = loss_options(request, data);
  preprocess(data, request.preprocess, notice);
  return data;
}

void preprocess(PreparedData& data, const PreprocessOptions& options, const NoticeSink& notice) {
  data.preprocessor = with_context(data.dataset->features.source, [&] {
    return fit_preprocessor(data.dataset->features, data.split.train, options, notice);
  });
  data.taught.reset();
  data.train = samples_of(data, data.split.train);
  data.validation = samples_of(data, data.split.validation);
  data.test = samples_of(data, data.split.test);
  if (data.dataset->target.task == Task::regression) standardise_target(data);
}

Samples spread_rows(const Samples& samples, std::size_t most) {
  if (samples.rows() <= most) return samples;
  Samples part = samples;
  part.x.resize(static_cast<Eigen::Index>(most), samples.x.cols());
  if (part.taught.rows() > 0) part.taught.resize(static_cast<Eigen::Index>(most), samples.taught.cols());
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t row = i * samples.rows() / most;
    part.x.row(static_cast<Eigen::Index>(i)) = samples.x.row(static_cast<Eigen::Index>(row));
    if (part.taught.rows() > 0)
      part.taught.row(static_cast<Eigen::Index>(i)) = samples.taught.row(static_cast<Eigen::Index>(row));
    if (!part.labels.empty()) part.labels[i] = samples.labels[row];
    if (!part.values.empty()) part.values[i] = samples.values[row];
  }
  if (!part.labels.empty()) part.labels.resize(most);
  if (!part.values.empty()) part.values.resize(most);
  return part;
}

NetworkShape shape_of(const PreparedData& data, float dropout) {
  NetworkShape shape;
  shape.inputs = data.preprocessor.width();
  shape.outputs = data.dataset->target.outputs();
  shape.dropout = shape.attention_dropout = dropout;
  for (const CategoricalFeature& feature : data.preprocessor.categorical)
    if (feature.encoding == CategoryEncoding::codes) shape.cardinalities.push_back(feature.cardinality());
  return shape;
}

double dummy_score(const Samples& train, const Samples& samples, int outputs, Metric metric) {
  Matrix constant(1, outputs);
  if (train.task == Task::regression) {
    std::vector<float> sorted = train.values;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    constant(0, 0) = metric == Metric::mae ? *middle : train.target_mean;
  } else {
    constant.setZero();
    for (const std::int32_t label : train.labels) constant(0, label) += 1.0F / static_cast<float>(train.labels.size());
  }
  const Matrix predictions = constant.replicate(samples.x.rows(), 1);
  return evaluate(metric, block(predictions), samples.truth());
}

}  // namespace tabjoule
