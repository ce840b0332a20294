// Values, gradients and 20 AdamW steps against PyTorch's (tests/data/make_reference.py).
#include <gtest/gtest.h>

#include "base/json.h"
#include "nn/testing.h"

namespace tabjoule::torch_reference_test {
namespace {

using namespace testing_nn;

const Json& reference() {
  static const Json json = read_json(std::string(TABJOULE_TEST_DATA) + "/nn_reference.json");
  return json;
}

/// The rows that make_reference.py makes.
Samples samples_for(Task task) {
  const int rows = reference().at("rows").get<int>();
  const int features = reference().at("features").get<int>();
  Samples samples;
  samples.task = task;
  samples.x.resize(rows, features);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < features; ++j)
      samples.x(i, j) = static_cast<float>((i * 37 + j * 101 + i * j * 5) % 64 - 32) / 16;
    samples.labels.push_back((i * i + i / 3) % 3);
    samples.values.push_back(static_cast<float>((i * 11) % 50 - 25) / 8);
  }
  return samples;
}

struct Case {
  const Json& expected;
  Samples samples;
  Network network;
  ParameterStore store;

  Case(const char* name, Task task)
      : expected(reference().at(name)),
        samples(samples_for(task)),
        network(mlp(reference().at("features").get<int>(), reference().at("hidden").get<std::vector<int>>(),
                    expected.at("outputs").get<int>())) {
    store.add(network, Rng(0));
    for (auto& [parameter, p] : store.all()) {
      const auto initial = expected.at("initial").at(parameter).get<std::vector<float>>();
      std::copy(initial.begin(), initial.end(), p.value.data());
    }
  }
};

/// The largest difference, as a share of the largest expected magnitude.
double difference(const float* values, const Json& expected) {
  double worst = 0;
  double scale = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected[i].get<double>();
    worst = std::max(worst, std::abs(static_cast<double>(values[i]) - wanted));
    scale = std::max(scale, std::abs(wanted));
  }
  return worst / scale;
}

class TorchReference : public testing::TestWithParam<std::pair<const char*, Task>> {
 protected:
  Case case_{GetParam().first, GetParam().second};
};

TEST_P(TorchReference, ValuesAreEqual) {
  ThreadPool pool(1);
  const Matrix y = Evaluator(pool).outputs(case_.network, case_.store, case_.samples.x);
  EXPECT_LT(difference(y.data(), case_.expected.at("values")), 1e-6);
}

TEST_P(TorchReference, GradientsOfTheFirstStepAreEqual) {
  // AdamW's first moment after one step is 0.1 times the gradient of the whole batch.
  ThreadPool pool(2);
  TrainingStep step(case_.store, pool);
  step.run(case_.network, case_.samples, first_rows(static_cast<int>(case_.samples.rows())), {}, Rng(0));
  for (const auto& [name, p] : case_.store.all()) {
    const Matrix gradient = p.first_moment * 10;
    EXPECT_LT(difference(gradient.data(), case_.expected.at("gradients").at(name)), 2e-6) << name;
  }
}

TEST_P(TorchReference, TwentyStepsOfAdamWGiveTheSameLossesAndWeights) {
  ThreadPool pool(2);
  TrainingStep step(case_.store, pool);
  const AdamWOptions options{reference().at("learning_rate").get<double>(), 0.9, 0.999, 1e-8,
                             reference().at("weight_decay").get<double>()};
  const RowIndices batch = first_rows(static_cast<int>(case_.samples.rows()));
  for (const auto& expected : case_.expected.at("losses")) {
    const double loss = step.run(case_.network, case_.samples, batch, options, Rng(0));
    EXPECT_NEAR(loss, expected.get<double>(), 2e-6 * expected.get<double>());
  }
  for (const auto& [name, p] : case_.store.all())
    EXPECT_LT(difference(p.value.data(), case_.expected.at("final").at(name)), 1e-5) << name;
}

INSTANTIATE_TEST_SUITE_P(Tasks, TorchReference,
                         testing::Values(std::pair{"classification", Task::multiclass},
                                         std::pair{"regression", Task::regression}),
                         [](const auto& tested) { return tested.param.first; });

}  // namespace
}  // namespace tabjoule::torch_reference_test
