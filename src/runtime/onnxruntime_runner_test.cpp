#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/examples/networks.h"
#include "graph/network_graph.h"
#include "graph/onnx/onnx_file.h"
#include "runtime/runner.h"

namespace tabjoule::onnxruntime_runner_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Matrix random_matrix(int rows, int cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix x(rows, cols);
  for (Eigen::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(rng.normal());
  return x;
}

RuntimeTensor tensor_of(const std::string& name, const Matrix& x) {
  return {name, {x.rows(), x.cols()}, std::vector<float>(x.data(), x.data() + x.size())};
}

struct Example {
  Network network;
  ParameterStore store;

  explicit Example(const std::vector<int>& widths) : network(example::mlp(6, widths, 3)) { store.add(network, Rng(5)); }
  std::string bytes(std::int64_t batch = -1) const { return to_onnx(to_graph(network, &store, batch)); }
};

template <class Body>
std::string message_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::input);
    EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
    return error.what();
  }
  return "no error";
}

TEST(OnnxRuntime, AgreesWithTheForwardPassComputedByHand) {
  for (const auto& widths : {std::vector<int>{}, {7}, {32, 16}, {5, 64, 9}}) {
    const Example example(widths);
    const auto model = make_cpu_runner({})->load(example.bytes());
    for (const int batch : {1, 2, 33}) {
      const Matrix x = random_matrix(batch, 6, 1);
      const Matrix expected = example::naive_forward(example.network, example.store, x);
      const auto outputs = model->run({tensor_of("features", x)});
      ASSERT_EQ(outputs.size(), 1U);
      EXPECT_EQ(outputs[0].name, "output");
      EXPECT_EQ(outputs[0].dims, (std::vector<std::int64_t>{batch, 3}));
      const auto& values = std::get<std::vector<float>>(outputs[0].data);
      for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected.data()[i], 1e-5);
    }
  }
}

TEST(OnnxRuntime, SeveralThreadsGiveTheSameResult) {
  const Example example({64});
  const RuntimeTensor x = tensor_of("features", random_matrix(300, 6, 2));
  const auto one = make_cpu_runner({1})->load(example.bytes())->run({x});
  const auto two = make_cpu_runner({2})->load(example.bytes())->run({x});
  const auto& a = std::get<std::vector<float>>(one[0].data);
  const auto& b = std::get<std::vector<float>>(two[0].data);
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
  EXPECT_THROW(static_cast<void>(make_cpu_runner({0})), Error);
}

TEST(OnnxRuntime, InputsAreCheckedBeforeTheRun) {
  const auto model = make_cpu_runner({})->load(Example({4}).bytes());
  const auto refusal = [&](const std::vector<RuntimeTensor>& inputs) {
    return message_of([&] { static_cast<void>(model->run(inputs)); });
  };
  EXPECT_THAT(refusal({}), HasSubstr("input \"features\" is absent"));
  EXPECT_THAT(refusal({tensor_of("other", random_matrix(1, 6, 1))}), HasSubstr("input \"other\": the model has none"));
  EXPECT_THAT(refusal({tensor_of("features", random_matrix(2, 5, 1))}),
              HasSubstr("expected float32 (-1, 6), came float32 (2, 5)"));
  EXPECT_THAT(refusal({{"features", {1, 6}, std::vector<double>(6)}}), HasSubstr("came float64 (1, 6)"));
  EXPECT_THAT(refusal({{"features", {2, 6}, std::vector<float>(6)}}), HasSubstr("needs 12 values, 6 came"));
}

TEST(OnnxRuntime, BytesThatAreNoModelAreRefused) {
  const auto runner = make_cpu_runner({});
  EXPECT_THAT(message_of([&] { static_cast<void>(runner->load("no model")); }), HasSubstr("ONNX Runtime refuses"));
  EXPECT_THAT(message_of([&] { static_cast<void>(runner->load("")); }), HasSubstr("ONNX Runtime refuses"));
}

/// y = x[rows]: an index beyond the table fails while the model runs.
Graph look_up() {
  Graph graph;
  graph.name = "look_up";
  graph.opsets[""] = 17;
  graph.inputs = {{"rows", ElementType::int64, {-1}, {"batch"}}};
  graph.outputs = {{"text", ElementType::string, {-1}, {"batch"}}};
  graph.constants = {{"table", ElementType::string, {2}, {}, {}, {}, {"no", "yes"}}};
  graph.nodes = {{"gather", "Gather", "", {"table", "rows"}, {"text"}, {}}};
  return graph;
}

TEST(OnnxRuntime, AFailureWhileRunningIsOneLineAndPrintsNothing) {
  const auto model = make_cpu_runner({})->load(to_onnx(look_up()));
  EXPECT_EQ(std::get<std::vector<std::string>>(model->run({{"rows", {2}, std::vector<std::int64_t>{1, 0}}})[0].data),
            (std::vector<std::string>{"yes", "no"}));
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  const std::string message = message_of([&] {
    static_cast<void>(model->run({{"rows", {1}, std::vector<std::int64_t>{9}}}));
  });
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(message, HasSubstr("ONNX Runtime refuses to run the model"));
}

/// y = x, of one type.
Graph identity(ElementType type) {
  Graph graph;
  graph.opsets[""] = 17;
  graph.name = "identity";
  graph.inputs = {{"x", type, {-1, 2}, {"batch", ""}}};
  graph.outputs = {{"y", type, {-1, 2}, {"batch", ""}}};
  graph.nodes = {{"n", "Identity", "", {"x"}, {"y"}, {}}};
  return graph;
}

TEST(OnnxRuntime, BoundRunsNeedNumbersAndABinding) {
  const auto model = make_cpu_runner({})->load(to_onnx(identity(ElementType::string)));
  EXPECT_THAT(message_of([&] { model->bind_random(4, 1); }), HasSubstr("input \"x\" is string"));
  EXPECT_THROW(model->run_bound(1), Error);
  EXPECT_THROW(model->bind_random(0, 1), Error);
}

TEST(OnnxRuntime, InputsOfEveryKindOfNumberAreBound) {
  const auto embedding = make_cpu_runner({})->load(to_onnx(look_up()));
  embedding->bind_random(4, 1);  // a row that is there
  embedding->run_bound(2);
  for (const ElementType type : {ElementType::float32, ElementType::float64, ElementType::float16, ElementType::int8,
                                 ElementType::uint8, ElementType::int16, ElementType::uint16, ElementType::int32,
                                 ElementType::uint32, ElementType::int64, ElementType::boolean}) {
    SCOPED_TRACE(to_string(type));
    const auto model = make_cpu_runner({})->load(to_onnx(identity(type)));
    model->bind_random(3, 1);
    model->run_bound(2);
  }
}

TEST(OnnxRuntime, IntegersBecomeWhatTheModelTakes) {
  const auto narrow = make_cpu_runner({})->load(to_onnx(identity(ElementType::int32)));
  const std::vector<std::int64_t> values{1, -2, 3, 70000};
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(narrow->run({{"x", {2, 2}, values}})[0].data), values);
  const auto flags = make_cpu_runner({})->load(to_onnx(identity(ElementType::boolean)));
  const std::vector<std::int64_t> truth{1, 0, 0, 1};
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(flags->run({{"x", {2, 2}, truth}})[0].data), truth);
  EXPECT_THAT(message_of([&] {
                (void)flags->run({{"x", {2, 2}, std::vector<float>(4)}});
              }),
              HasSubstr("expected boolean (-1, 2), came float32"));
}

TEST(OnnxRuntime, BoundRunsWorkAtEveryBatchAndAgain) {
  const auto model = make_cpu_runner({})->load(Example({16}).bytes());
  for (const std::int64_t batch : {1, 256, 7}) {
    model->bind_random(batch, 1);
    model->run_bound(3);
  }
  const auto fixed = make_cpu_runner({})->load(Example({16}).bytes(5));
  fixed->bind_random(1, 1);  // the model's own batch wins
  fixed->run_bound(2);
}

/// A test that means something only where the runtime has no GPU providers, as the one scripts/setup fetches.
TEST(OnnxRuntime, SaysWhatToInstallWhereAProviderIsMissing) {
  for (const Provider provider : {Provider::cuda, Provider::tensorrt}) {
    try {
      static_cast<void>(make_onnxruntime_runner({.provider = provider}));
      GTEST_SKIP() << "this ONNX Runtime has GPU providers";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::device);
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      EXPECT_THAT(error.what(), HasSubstr("onnxruntime-gpu"));
      EXPECT_THAT(error.what(), HasSubstr(provider == Provider::cuda ? "CUDA" : "TensorRT"));
    }
  }
  EXPECT_THROW(static_cast<void>(make_onnxruntime_runner({.provider = Provider::cuda, .gpu = -1})), Error);
}

TEST(OnnxRuntime, KnowsItsNameAndVersion) {
  const auto runner = make_cpu_runner({});
  EXPECT_EQ(runner->name(), "onnxruntime-cpu");
  EXPECT_THAT(runner->version(), HasSubstr("1."));
}

}  // namespace
}  // namespace tabjoule::onnxruntime_runner_test
