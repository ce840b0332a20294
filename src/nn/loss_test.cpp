#include "nn/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/json.h"
#include "nn/testing.h"

namespace tabjoule::loss_test {
namespace {

using testing_nn::random_matrix;

/// The definition, in double.
double slow_cross_entropy(const Matrix& logits, const std::vector<std::int32_t>& labels) {
  double loss = 0;
  for (Eigen::Index r = 0; r < logits.rows(); ++r) {
    double sum = 0;
    for (Eigen::Index c = 0; c < logits.cols(); ++c) sum += std::exp(static_cast<double>(logits(r, c)));
    loss -= static_cast<double>(logits(r, labels[static_cast<std::size_t>(r)])) - std::log(sum);
  }
  return loss;
}

TEST(CrossEntropy, IsItsDefinitionAndItsGradientIsNumeric) {
  Matrix logits = random_matrix(7, 4, 1) * 3;
  const std::vector<std::int32_t> labels{0, 3, 2, 1, 1, 0, 3};
  Matrix gradient(7, 4);
  const double loss = cross_entropy(block(logits), labels, 0.25, block(gradient));
  EXPECT_NEAR(loss, 0.25 * slow_cross_entropy(logits, labels), 1e-6);
  constexpr float kStep = 1.0F / 256;
  for (Eigen::Index i = 0; i < logits.size(); ++i) {
    const float kept = logits.data()[i];
    logits.data()[i] = kept + kStep;
    const double up = slow_cross_entropy(logits, labels);
    logits.data()[i] = kept - kStep;
    const double down = slow_cross_entropy(logits, labels);
    logits.data()[i] = kept;
    EXPECT_NEAR(gradient.data()[i], 0.25 * (up - down) / (2 * static_cast<double>(kStep)), 2e-6) << "element " << i;
  }
}

const Json& reference(const char* file) {
  static std::map<std::string, Json> read;
  if (!read.contains(file)) read[file] = read_json(std::string(TABJOULE_TEST_DATA) + "/" + file);
  return read[file];
}

/// A case of loss_case in make_reference.py.
struct LossCase {
  Matrix logits;
  std::vector<std::int32_t> labels;
  LossOptions options;

  explicit LossCase(const Json& json) : logits(json.at("rows").get<int>(), json.at("classes").get<int>()) {
    const auto rows = static_cast<int>(logits.rows());
    const auto classes = static_cast<int>(logits.cols());
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < classes; ++j)
        logits(i, j) = static_cast<float>((i * 37 + j * 101 + i * j * 5) % 64 - 32) / 16;
      labels.push_back((i * i + i / 3) % classes);
    }
    if (json.at("weighted").get<bool>())
      for (int c = 0; c < classes; ++c) options.class_weights.push_back(static_cast<float>(1 + c % 4) / 2);
    options.label_smoothing = json.at("smoothing").get<float>();
  }
};

class WeightedCrossEntropy : public testing::TestWithParam<const char*> {};

TEST_P(WeightedCrossEntropy, AndItsGradientEqualPyTorch) {
  const Json& expected = reference("loss_reference.json").at(GetParam());
  const LossCase c(expected);
  Matrix gradient(c.logits.rows(), c.logits.cols());
  const double loss = cross_entropy(block(c.logits), c.labels, 0.5, block(gradient), c.options);
  const double wanted = expected.at("loss").get<double>();
  EXPECT_NEAR(loss, 0.5 * wanted, 1e-6 * wanted);
  const auto gradients = expected.at("gradient").get<std::vector<float>>();
  for (std::size_t i = 0; i < gradients.size(); ++i) EXPECT_NEAR(gradient.data()[i], 0.5F * gradients[i], 1e-6) << i;
}

TEST_P(WeightedCrossEntropy, HasTheNumericGradientOfItsLoss) {
  LossCase c(reference("loss_reference.json").at(GetParam()));
  Matrix gradient(c.logits.rows(), c.logits.cols());
  Matrix scratch = gradient;
  (void)cross_entropy(block(c.logits), c.labels, 1, block(gradient), c.options);
  constexpr float kStep = 1.0F / 64;
  for (Eigen::Index i = 0; i < c.logits.size(); ++i) {
    const float kept = c.logits.data()[i];
    c.logits.data()[i] = kept + kStep;
    const double up = cross_entropy(block(c.logits), c.labels, 1, block(scratch), c.options);
    c.logits.data()[i] = kept - kStep;
    const double down = cross_entropy(block(c.logits), c.labels, 1, block(scratch), c.options);
    c.logits.data()[i] = kept;
    EXPECT_NEAR(gradient.data()[i], (up - down) / (2 * static_cast<double>(kStep)), 1e-4) << "element " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, WeightedCrossEntropy,
                         testing::Values("weighted", "smoothed", "weighted_and_smoothed", "hundred_classes"),
                         [](const auto& tested) { return tested.param; });

TEST(CrossEntropy, WithWeightsOfOneAndHardlyAnySmoothingIsThePlainOne) {
  const Matrix logits = random_matrix(8, 4, 6);
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 0, 1, 2, 3};
  Matrix plain(8, 4);
  Matrix weighted(8, 4);
  const double loss = cross_entropy(block(logits), labels, 1, block(plain));
  EXPECT_NEAR(cross_entropy(block(logits), labels, 1, block(weighted), {{1, 1, 1, 1}, 0}), loss, 1e-5);
  EXPECT_TRUE(weighted.isApprox(plain, 1e-6F));
}

TEST(BalancedClassWeights, EqualScikitLearnAndAreOneForAnAbsentClass) {
  const Json& expected = reference("metrics_reference.json").at("balanced_class_weights");
  const auto weights = balanced_class_weights(expected.at("labels").get<std::vector<std::int32_t>>(), 7);
  std::vector<float> wanted(7, 1);
  for (std::size_t i = 0; i < expected.at("classes").size(); ++i)
    wanted[expected.at("classes")[i].get<std::size_t>()] = expected.at("weights")[i].get<float>();
  EXPECT_EQ(weights, wanted);
}

TEST(CrossEntropy, StaysFiniteForLargeLogits) {
  Matrix logits(2, 3);
  logits << 1000, -1000, 0, -3e4F, 3e4F, 0;
  Matrix gradient(2, 3);
  const std::vector<std::int32_t> labels{0, 0};
  EXPECT_NEAR(cross_entropy(block(logits), labels, 1, block(gradient)), 6e4, 1e-2);
  Matrix expected(2, 3);
  expected << 0, 0, 0, -1, 1, 0;
  EXPECT_TRUE(gradient.isApprox(expected, 1e-6F)) << gradient;
}

TEST(CrossEntropy, GradientRowsSumToZero) {
  const Matrix logits = random_matrix(9, 5, 2) * 10;
  Matrix gradient(9, 5);
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 4, 0, 1, 2, 3};
  (void)cross_entropy(block(logits), labels, 1, block(gradient));
  for (Eigen::Index r = 0; r < 9; ++r) EXPECT_NEAR(gradient.row(r).sum(), 0, 1e-6);
}

TEST(SquaredError, IsItsDefinitionAndItsGradientIsNumeric) {
  Matrix outputs = random_matrix(6, 1, 3);
  const std::vector<float> targets{1, -2, 0.5F, 3, 0, -1};
  Matrix gradient(6, 1);
  const auto slow = [&] {
    double sum = 0;
    for (int r = 0; r < 6; ++r) sum += std::pow(outputs(r, 0) - targets[static_cast<std::size_t>(r)], 2.0);
    return sum / 6;
  };
  EXPECT_NEAR(squared_error(block(outputs), targets, 1.0 / 6, block(gradient)), slow(), 1e-6);
  for (int r = 0; r < 6; ++r) {
    const float kept = outputs(r, 0);
    outputs(r, 0) = kept + 0.5F;  // the loss is quadratic: any step is exact
    const double up = slow();
    outputs(r, 0) = kept - 0.5F;
    const double down = slow();
    outputs(r, 0) = kept;
    EXPECT_NEAR(gradient(r, 0), up - down, 1e-6);
  }
}

TEST(Losses, OfTwoShardsAddUpToThatOfTheBatch) {
  const Matrix logits = random_matrix(10, 3, 4);
  const std::vector<std::int32_t> labels{0, 1, 2, 2, 1, 0, 0, 1, 2, 0};
  Matrix whole(10, 3);
  Matrix shards(10, 3);
  const auto labels_of = [&](std::size_t first, std::size_t count) { return std::span(labels).subspan(first, count); };
  const double loss = cross_entropy(block(logits), labels, 0.1, block(whole));
  const double first =
      cross_entropy(block(logits).middle_rows(0, 4), labels_of(0, 4), 0.1, block(shards).middle_rows(0, 4));
  const double second =
      cross_entropy(block(logits).middle_rows(4, 6), labels_of(4, 6), 0.1, block(shards).middle_rows(4, 6));
  EXPECT_NEAR(loss, first + second, 1e-12);
  EXPECT_EQ(whole, shards);
}

TEST(SoftmaxRows, GivesProbabilitiesInTheOrderOfTheLogits) {
  Matrix p = random_matrix(20, 6, 5) * 50;
  const Matrix logits = p;
  softmax_rows(block(p));
  for (Eigen::Index r = 0; r < 20; ++r) {
    EXPECT_NEAR(p.row(r).sum(), 1, 1e-6);
    Eigen::Index before = 0;
    Eigen::Index after = 0;
    logits.row(r).maxCoeff(&before);
    p.row(r).maxCoeff(&after);
    EXPECT_EQ(before, after);
    for (Eigen::Index c = 0; c < 6; ++c)
      EXPECT_NEAR(p(r, c) / p(r, after), std::exp(logits(r, c) - logits(r, after)), 1e-5);
  }
}

TEST(SoftmaxRows, IsAsExactAsFloatsAreOverTheWholeRangeOfTheExponential) {
  Matrix p(1, 2);
  for (double x = 0; x > -90; x -= 0.0137) {
    p << 0, static_cast<float>(x);
    const double e = std::exp(static_cast<double>(p(0, 1)));
    softmax_rows(block(p));
    EXPECT_NEAR(p(0, 1), e / (1 + e), 4e-7 * e / (1 + e) + 1.7e-38) << x;  // 0 below exp(-87)
  }
}

TEST(SoftmaxRows, KeepsWhatIsNotANumberAndWhatIsInfinite) {
  Matrix p(2, 2);
  p << std::numeric_limits<float>::quiet_NaN(), 0, 0, -std::numeric_limits<float>::infinity();
  softmax_rows(block(p));
  EXPECT_TRUE(std::isnan(p(0, 0)));
  EXPECT_EQ(p(1, 0), 1);
  EXPECT_EQ(p(1, 1), 0);
}

TEST(SoftCrossEntropy, OfATeacherSureOfALabelIsTheCrossEntropyOfThatLabel) {
  const Matrix logits = Matrix::Random(5, 3);
  const std::vector<std::int32_t> labels{0, 2, 1, 1, 0};
  Matrix teacher = Matrix::Constant(5, 3, -60);
  for (int r = 0; r < 5; ++r) teacher(r, labels[static_cast<std::size_t>(r)]) = 30;
  Matrix soft(5, 3), hard(5, 3);
  EXPECT_NEAR(soft_cross_entropy(block(logits), block(std::as_const(teacher)), 0.2, block(soft)),
              cross_entropy(block(logits), labels, 0.2, block(hard)), 1e-6);
  EXPECT_TRUE(soft.isApprox(hard, 1e-5F));
}

TEST(SoftCrossEntropy, WeighsClassesAsTheCrossEntropyOfLabelsDoes) {
  const Matrix logits = Matrix::Random(4, 3);
  const std::vector<std::int32_t> labels{0, 2, 1, 1};
  const std::vector<float> weights{0.5F, 3, 1};
  Matrix teacher = Matrix::Constant(4, 3, -60);
  for (int r = 0; r < 4; ++r) teacher(r, labels[static_cast<std::size_t>(r)]) = 30;
  Matrix soft(4, 3), hard(4, 3);
  EXPECT_NEAR(soft_cross_entropy(block(logits), block(std::as_const(teacher)), 0.2, block(soft), weights),
              cross_entropy(block(logits), labels, 0.2, block(hard), {weights, 0}), 1e-6);
  EXPECT_TRUE(soft.isApprox(hard, 1e-5F));
}

TEST(SoftCrossEntropy, HasTheGradientOfItsDifferences) {
  Matrix logits = Matrix::Random(2, 4);
  const Matrix teacher = 3 * Matrix::Random(2, 4);
  const std::vector<float> weights{2, 0.5F, 1, 0};
  const auto soft_cross_entropy = [&](ConstBlock outputs, ConstBlock targets, double scale, Block into) {
    return tabjoule::soft_cross_entropy(outputs, targets, scale, into, weights);
  };
  Matrix gradient(2, 4), unused(2, 4);
  soft_cross_entropy(block(std::as_const(logits)), block(teacher), 0.5, block(gradient));
  constexpr float kStep = 1e-2F;
  for (int e = 0; e < 8; ++e) {
    const float at = logits.data()[e];
    logits.data()[e] = at + kStep;
    const double above = soft_cross_entropy(block(std::as_const(logits)), block(teacher), 0.5, block(unused));
    logits.data()[e] = at - kStep;
    const double below = soft_cross_entropy(block(std::as_const(logits)), block(teacher), 0.5, block(unused));
    logits.data()[e] = at;
    EXPECT_NEAR(gradient.data()[e], (above - below) / (2 * kStep), 1e-4) << e;
  }
}

}  // namespace
}  // namespace tabjoule::loss_test
