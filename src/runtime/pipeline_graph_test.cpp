// pipeline_graph, executed by ONNX Runtime, against transform and the network computed by hand.
#include "graph/pipeline_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "runtime/runner.h"

namespace tabjoule::pipeline_graph_test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

NumericFeature standard(const std::string& column, bool indicator, double center, double scale) {
  return {column, ColumnKind::numeric, DatePart::none, 2.5, indicator, Scaling::standard, center, scale, {}, {}};
}

NumericFeature quantile(const std::string& column, bool indicator, std::vector<double> x, std::vector<double> z) {
  return {column, ColumnKind::numeric, DatePart::none, 0.3, indicator, Scaling::quantile, 0,
          1,      std::move(x),        std::move(z)};
}

NumericFeature date(const std::string& column, DatePart part, bool indicator) {
  return {column, ColumnKind::datetime, part, 7, indicator, Scaling::standard, 3, 2, {}, {}};
}

/// Every kind of feature; columns are called like tensors and outputs of ours.
Preprocessor every_kind() {
  Preprocessor p;
  p.numeric = {standard("features", true, 1, 3),
               quantile("a b/c", false, {-2, -1, 0.5, 4}, {-3, -0.5, 0.25, 5}),
               date("when", DatePart::epoch_days, false),
               date("when", DatePart::year, true),
               date("when", DatePart::month, false),
               date("when", DatePart::day, false),
               date("when", DatePart::weekday, false),
               date("when", DatePart::hour, false),
               quantile("output", true, {0, 1}, {-1, 1}),
               quantile("one knot", false, {5}, {0.75}),
               standard("label", false, 0, 1),
               date("since", DatePart::hour, false)};
  p.numeric[10].kind = ColumnKind::boolean;
  p.categorical = {{"probabilities", {"a", "b", "zebra"}, true, true, CategoryEncoding::one_hot},
                   {"job", {"clerk"}, false, false, CategoryEncoding::one_hot},
                   {"block0.linear.weight", {"x", "y"}, false, true, CategoryEncoding::codes},
                   {"city", {"Köln", "O'Hare \"x\""}, true, false, CategoryEncoding::one_hot}};
  return p;
}

const std::vector<double>& moments() {
  static const std::vector<double> values = {0,
                                             -1,
                                             -86400,
                                             -86400.5,
                                             86399.999,
                                             951782400 /* 2000-02-29 */,
                                             951868799,
                                             -2208988800 /* 1900 */,
                                             -62135596800 /* year 1 */,
                                             -62167219200 /* year 0 */,
                                             253402300799,
                                             1e15,
                                             -1e15,
                                             4107542400 /* 2100-03-01 */,
                                             -1.5,
                                             1709164800 /* 2024-02-29 */,
                                             1735689599,
                                             kNaN};
  return values;
}

double random_number(Rng& rng) {
  if (rng.below(5) == 0) return kNaN;
  const double edges[] = {-2, -1, 0, 0.5, 1, 4, 5, 1e300, -1e300};
  return rng.below(4) == 0 ? edges[rng.below(std::size(edges))] : rng.uniform(-4, 7);
}

/// `rows` random rows for the schema of `p`, with missing and unseen values.
Table random_table(const Preprocessor& p, std::size_t rows, std::uint64_t seed) {
  Rng rng(seed);
  Table table{"test", {}, rows};
  for (const auto& [name, kind] : p.schema()) {
    Column column{name, kind, {}, {}, {}};
    if (kind == ColumnKind::categorical)
      column.levels = {"Köln", "O'Hare \"x\"", "a", "b", "clerk", "new", "x", "y", "zebra"};
    for (std::size_t i = 0; i < rows; ++i) {
      if (kind == ColumnKind::categorical) {
        column.codes.push_back(static_cast<std::int32_t>(rng.below(10)) - 1);
      } else if (kind == ColumnKind::datetime) {
        column.numbers.push_back(rng.below(2) ? moments()[rng.below(moments().size())] : rng.uniform(-4e10, 4e10));
      } else {
        column.numbers.push_back(kind == ColumnKind::boolean ? static_cast<double>(rng.below(2)) : random_number(rng));
      }
    }
    table.columns.push_back(std::move(column));
  }
  return table;
}

std::vector<RuntimeTensor> inputs_of(const Table& table) {
  std::vector<RuntimeTensor> inputs;
  for (const Column& column : table.columns) {
    RuntimeTensor tensor{column.name, {static_cast<std::int64_t>(table.rows), 1}, column.numbers};
    if (column.kind == ColumnKind::categorical) {
      std::vector<std::string> texts;
      for (const std::int32_t code : column.codes) {
        texts.push_back(code < 0 ? "" : column.levels[static_cast<std::size_t>(code)]);
      }
      tensor.data = std::move(texts);
    }
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

Matrix transformed(const Preprocessor& p, const Table& table) {
  RowIndices rows(table.rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(i);
  return transform(p, table, rows);
}

struct Pipeline {
  Preprocessor preprocessor;
  Network network;
  ParameterStore store;
  PredictionHead head;

  Pipeline(Preprocessor p, const PredictionHead& h)
      : preprocessor(std::move(p)),
        network(example::mlp(preprocessor.width(), {6},
                             h.task == Task::regression ? 1 : static_cast<int>(h.classes.size()))),
        head(h) {
    store.add(network, Rng(2));
  }
  Graph graph() const { return pipeline_graph(preprocessor, to_graph(network, &store), head); }

  /// The network on the preprocessed matrix, (B, K), tamed: a linear layer of values of 1e38 says nothing.
  Matrix forward(const Table& table) const {
    return example::naive_forward(network, store, transformed(preprocessor, table));
  }
};

/// The matrix that the network inside `graph` is given.
Matrix preprocessed(Graph graph, const Table& table, int width) {
  for (const Node& node : graph.nodes) {
    if (node.op != "Gemm") continue;
    graph.outputs.push_back({node.inputs[0], ElementType::float32, {-1, width}, {"batch", ""}});
    break;
  }
  const auto outputs = make_cpu_runner({})->load(to_onnx(graph))->run(inputs_of(table));
  const auto& values = std::get<std::vector<float>>(outputs.back().data);
  return Eigen::Map<const Matrix>(values.data(), static_cast<Eigen::Index>(table.rows), width);
}

void expect_same(const Matrix& came, const Matrix& expected, const std::vector<std::string>& names) {
  for (Eigen::Index r = 0; r < expected.rows(); ++r) {
    for (Eigen::Index c = 0; c < expected.cols(); ++c) {
      const double tolerance = 1e-6 + 1e-6 * std::abs(static_cast<double>(expected(r, c)));
      ASSERT_NEAR(came(r, c), expected(r, c), tolerance) << names[static_cast<std::size_t>(c)] << ", row " << r;
    }
  }
}

TEST(PipelineGraph, PreprocessesAsTransformDoes) {
  const Pipeline pipeline(every_kind(), {Task::multiclass, {"no", "perhaps", "yes"}});
  for (const std::size_t rows : {1U, 2U, 500U}) {
    const Table table = random_table(pipeline.preprocessor, rows, rows);
    expect_same(preprocessed(pipeline.graph(), table, pipeline.preprocessor.width()),
                transformed(pipeline.preprocessor, table), pipeline.preprocessor.output_names());
  }
}

TEST(PipelineGraph, SubsetsOfFeaturesWorkToo) {
  const Preprocessor all = every_kind();
  Rng rng(4);
  for (int round = 0; round < 30; ++round) {
    Preprocessor some;
    for (const auto& feature : all.numeric) {
      if (rng.below(3) == 0) some.numeric.push_back(feature);
    }
    for (const auto& feature : all.categorical) {
      if (rng.below(2) == 0) some.categorical.push_back(feature);
    }
    if (some.width() == 0) continue;
    const Pipeline pipeline(some, {Task::binary, {"0", "1"}});
    const Table table = random_table(some, 40, static_cast<std::uint64_t>(round));
    expect_same(preprocessed(pipeline.graph(), table, some.width()), transformed(some, table), some.output_names());
  }
}

TEST(PipelineGraph, QuantileScalesOfEveryLengthAreExactOnAndBetweenKnots) {
  Rng rng(8);
  Preprocessor p;
  for (int knots = 1; knots <= 40; ++knots) {
    std::vector<double> x, z;
    for (int i = 0; i < knots; ++i) {
      x.push_back((i ? x.back() : -50) + rng.uniform(1e-9, 4));
      z.push_back((i ? z.back() : -3) + rng.uniform(0, 0.3));
    }
    p.numeric.push_back(quantile(fmt::format("q{}", knots), false, x, z));
  }
  Table table = random_table(p, 400, 1);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto& x = p.numeric[c].knots_x;
    for (double& value : table.columns[c].numbers) value = rng.below(2) ? x[rng.below(x.size())] : rng.uniform(-60, 60);
  }
  const Pipeline pipeline(p, {Task::regression, {}, 0, 1});
  expect_same(preprocessed(pipeline.graph(), table, p.width()), transformed(p, table), p.output_names());
}

TEST(PipelineGraph, ClassesHaveProbabilitiesAndALabel) {
  Preprocessor p = every_kind();
  const Pipeline pipeline(p, {Task::multiclass, {"no", "perhaps", "yes"}});
  const Graph graph = pipeline.graph();
  EXPECT_EQ(graph.outputs[0].name, "predicted_probabilities");  // columns are called as outputs would be
  EXPECT_EQ(graph.outputs[1].name, "predicted_label");
  const Table table = random_table(p, 200, 3);
  const auto outputs = make_cpu_runner({})->load(to_onnx(graph))->run(inputs_of(table));
  const auto& probabilities = std::get<std::vector<float>>(outputs[0].data);
  const auto& labels = std::get<std::vector<std::string>>(outputs[1].data);
  EXPECT_EQ(outputs[0].dims, (std::vector<std::int64_t>{200, 3}));
  EXPECT_EQ(outputs[1].dims, (std::vector<std::int64_t>{200}));
  const Eigen::MatrixXd logits = pipeline.forward(table).cast<double>();
  for (Eigen::Index r = 0; r < logits.rows(); ++r) {
    Eigen::Index best = 0;
    const double most = logits.row(r).maxCoeff(&best);
    if (most > 1e6) continue;  // a value of 1e300 went in
    const Eigen::RowVectorXd weights = (logits.row(r).array() - most).exp();
    for (Eigen::Index k = 0; k < 3; ++k) {
      EXPECT_NEAR(probabilities[static_cast<std::size_t>(3 * r + k)], weights[k] / weights.sum(), 1e-4);
    }
    Eigen::RowVectorXd others = logits.row(r);
    others[best] = -std::numeric_limits<double>::infinity();
    if (most - others.maxCoeff() < 1e-3) continue;
    EXPECT_EQ(labels[static_cast<std::size_t>(r)], pipeline.head.classes[static_cast<std::size_t>(best)]);
  }
}

TEST(PipelineGraph, RegressionIsInTheTargetsUnit) {
  Preprocessor p;
  p.numeric = {standard("x", true, 0, 1), quantile("y", false, {0, 1}, {-1, 1})};
  const Pipeline pipeline(p, {Task::regression, {}, 1000, 25});
  Table table = random_table(p, 50, 6);
  for (Column& column : table.columns) {
    for (double& value : column.numbers) value = std::abs(value) > 100 ? 1 : value;
  }
  const auto outputs = make_cpu_runner({})->load(to_onnx(pipeline.graph()))->run(inputs_of(table));
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(outputs[0].name, "prediction");
  EXPECT_EQ(outputs[0].dims, (std::vector<std::int64_t>{50}));
  const Matrix expected = pipeline.forward(table);
  const auto& came = std::get<std::vector<float>>(outputs[0].data);
  for (std::size_t i = 0; i < came.size(); ++i) {
    EXPECT_NEAR(came[i], 1000 + 25 * expected(static_cast<Eigen::Index>(i), 0), 2e-4);
  }
}

TEST(PipelineGraph, InfinitiesCountAsMissing) {
  Preprocessor p;
  p.numeric = {standard("x", true, 0, 1), date("when", DatePart::year, true)};
  const Pipeline pipeline(p, {Task::binary, {"0", "1"}});
  Table table = random_table(p, 2, 6);
  for (Column& column : table.columns) column.numbers = {INFINITY, -INFINITY};
  Table missing = table;
  for (Column& column : missing.columns) column.numbers = {kNaN, kNaN};
  expect_same(preprocessed(pipeline.graph(), table, 4), transformed(p, missing), p.output_names());
}

TEST(PipelineGraph, MetadataSaysWhatToFeed) {
  const Graph graph = from_onnx(to_onnx(Pipeline(every_kind(), {Task::binary, {"0", "1"}}).graph()), "test");
  EXPECT_EQ(graph.metadata.at("producer"), "tabjoule");
  EXPECT_EQ(graph.metadata.at("task"), "binary");
  EXPECT_EQ(Json::parse(graph.metadata.at("classes")), Json({"0", "1"}));
  const Json inputs = Json::parse(graph.metadata.at("inputs"));
  ASSERT_EQ(inputs.size(), graph.inputs.size());
  EXPECT_EQ(inputs[2]["name"], "when");
  EXPECT_THAT(inputs[2]["unit"].get<std::string>(), ::testing::HasSubstr("1970"));
}

TEST(PipelineGraph, WhatDoesNotFitIsRefused) {
  Pipeline pipeline(every_kind(), {Task::binary, {"0", "1"}});
  pipeline.head.classes.push_back("2");
  EXPECT_THROW(static_cast<void>(pipeline.graph()), Error);
  Pipeline width(every_kind(), {Task::binary, {"0", "1"}});
  width.preprocessor.numeric.pop_back();
  EXPECT_THROW(static_cast<void>(width.graph()), Error);
  Pipeline knots(every_kind(), {Task::binary, {"0", "1"}});
  knots.preprocessor.numeric[1].knots_x[1] = 100;
  EXPECT_THROW(static_cast<void>(knots.graph()), Error);
}

TEST(PipelineGraph, EightHundredColumnsNeedFewNodes) {
  Preprocessor p;
  Rng rng(1);
  for (int c = 0; c < 800; ++c) {
    std::vector<double> x, z;
    for (int i = 0; i < 257; ++i) {
      x.push_back((i ? x.back() : -2) + rng.uniform(0.001, 0.02));
      z.push_back((i ? z.back() : -3) + 0.02);
    }
    p.numeric.push_back(quantile(fmt::format("c{}", c), c % 2 == 0, x, z));
  }
  const Pipeline pipeline(p, {Task::binary, {"0", "1"}});
  const Graph graph = pipeline.graph();
  EXPECT_LT(graph.nodes.size(), 80U);
  const Table table = random_table(p, 100, 1);
  expect_same(preprocessed(graph, table, p.width()), transformed(p, table), p.output_names());
}

}  // namespace
}  // namespace tabjoule::pipeline_graph_test
