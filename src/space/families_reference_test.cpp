// Values, gradients and 20 AdamW steps of the three families against PyTorch's (tests/data/make_families_reference.py).
#include <gtest/gtest.h>

#include <numeric>

#include "nn/training.h"
#include "space/search_space.h"

namespace tabjoule::families_reference_test {
namespace {

const Json& reference() {
  static const Json json = read_json(std::string(TABJOULE_TEST_DATA) + "/families_reference.json");
  return json;
}

/// The rows that the script makes.
Samples samples() {
  const int rows = reference().at("rows").get<int>();
  const int numeric = reference().at("numeric").get<int>();
  Samples result;
  result.task = Task::multiclass;
  result.x.resize(rows, numeric + 2);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < numeric; ++j)
      result.x(i, j) = static_cast<float>((i * 37 + j * 101 + i * j * 5) % 64 - 32) / 16;
    result.x(i, numeric) = static_cast<float>((i * 7 + i / 3) % 4);
    result.x(i, numeric + 1) = static_cast<float>((i * 5) % 3);
    result.labels.push_back((i * i + i / 3) % 3);
  }
  return result;
}

/// The largest difference, as a share of the largest expected magnitude, or of 0.01: some gradients are zero but for
/// rounding.
double difference(const Matrix& values, const Json& expected) {
  double worst = 0;
  double scale = 1e-2;
  EXPECT_EQ(static_cast<std::size_t>(values.size()), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double wanted = expected[i].get<double>();
    worst = std::max(worst, std::abs(static_cast<double>(values.data()[i]) - wanted));
    scale = std::max(scale, std::abs(wanted));
  }
  return worst / scale;
}

class FamiliesReference : public testing::TestWithParam<const char*> {
 protected:
  FamiliesReference() {
    const SearchSpace space = load_space(GetParam());
    NetworkShape shape{static_cast<int>(samples_.x.cols()), reference().at("outputs").get<int>()};
    if (category_encoding(space) == CategoryEncoding::codes)
      shape.cardinalities = reference().at("cardinalities").get<std::vector<int>>();
    network_ = to_network(space, architecture_from_json(space, expected_.at("architecture")), shape);
    store_.add(network_, Rng(0));
    std::size_t trained = 0;
    for (const Layer& layer : network_.layers) {
      for (const ParameterRef& ref : layer.parameters) {
        if (!ref.trained) continue;
        const auto initial = expected_.at("initial").at(ref.name).get<std::vector<float>>();
        EXPECT_EQ(initial.size(), static_cast<std::size_t>(ref.rows) * static_cast<std::size_t>(ref.cols)) << ref.name;
        std::copy(initial.begin(), initial.end(), store_.at(ref.name).value.data());
        ++trained;
      }
    }
    EXPECT_EQ(trained, expected_.at("initial").size());
    rows_.resize(samples_.rows());
    std::iota(rows_.begin(), rows_.end(), 0U);
  }

  [[nodiscard]] Matrix outputs(std::size_t numbers) {
    const Matrix all = Evaluator(pool_).outputs(network_, store_, samples_.x);
    return all.topRows(static_cast<Eigen::Index>(numbers) / all.cols());
  }

  const Json& expected_ = reference().at("cases").at(GetParam());
  Samples samples_ = samples();
  Network network_;
  ParameterStore store_;
  RowIndices rows_;
  ThreadPool pool_{2};
};

TEST_P(FamiliesReference, ValuesAreEqual) {
  EXPECT_LT(difference(outputs(expected_.at("values").size()), expected_.at("values")), 2e-6);
}

TEST_P(FamiliesReference, GradientsOfTheFirstStepAreEqual) {
  // AdamW's first moment after one step is 0.1 times the gradient of the whole batch.
  TrainingStep(store_, pool_).run(network_, samples_, rows_, {}, Rng(0));
  for (const auto& [name, gradient] : expected_.at("gradients").items())
    EXPECT_LT(difference(store_.at(name).first_moment * 10, gradient), 1e-5) << name;
}

TEST_P(FamiliesReference, TwentyStepsOfAdamWGiveTheSameLossesWeightsAndStatistics) {
  TrainingStep step(store_, pool_);
  const AdamWOptions options{reference().at("learning_rate").get<double>(), 0.9, 0.999,
                             reference().at("epsilon").get<double>(), reference().at("weight_decay").get<double>()};
  for (const auto& expected : expected_.at("losses")) {
    const double loss = step.run(network_, samples_, rows_, options, Rng(0));
    EXPECT_NEAR(loss, expected.get<double>(), 5e-6 * expected.get<double>());
  }
  for (const auto& [name, value] : expected_.at("final").items())
    EXPECT_LT(difference(store_.at(name).value, value), 1e-5) << name;
  EXPECT_LT(difference(outputs(expected_.at("final_values").size()), expected_.at("final_values")), 5e-5);
}

INSTANTIATE_TEST_SUITE_P(Families, FamiliesReference, testing::Values("mlp", "resnet", "ft"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace tabjoule::families_reference_test
