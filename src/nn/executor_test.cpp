#include "nn/executor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>

#include "nn/testing.h"

namespace tabjoule {
namespace {

using namespace testing_nn;

constexpr int kRows = 9;

/// The network's outputs in double, layer by layer, dropout passing through. Parameters are read from `store`.
Eigen::MatrixXd slow_forward(const Network& network, const ParameterStore& store, const Matrix& x) {
  std::vector<Eigen::MatrixXd> values;
  for (const Layer& layer : network.layers) {
    if (layer.type == LayerType::input) {
      values.emplace_back(x.cast<double>());
      continue;
    }
    const Eigen::MatrixXd& in = values[static_cast<std::size_t>(layer.inputs.front())];
    if (layer.type == LayerType::relu) values.emplace_back(in.cwiseMax(0));
    if (layer.type == LayerType::dropout) values.push_back(in);
    if (layer.type == LayerType::linear) {
      const auto& w = layer.parameters[0];
      const Eigen::MatrixXd weight = store.at(w.name).value.cast<double>().topLeftCorner(w.rows, w.cols);
      const Eigen::MatrixXd bias = store.at(layer.parameters[1].name).value.cast<double>().leftCols(w.rows);
      values.emplace_back((in * weight.transpose()).rowwise() + bias.row(0));
    }
  }
  return values.back();
}

/// A store that holds `network` and room around it, so that every view is strided.
ParameterStore roomy_store(const Network& network, std::uint64_t seed) {
  Network larger = network;
  for (auto& layer : larger.layers)
    for (auto& ref : layer.parameters) {
      if (ref.rows > 1) ref.rows += 3;
      ref.cols += 5;
    }
  ParameterStore store;
  store.add(larger, Rng(seed));
  return store;
}

/// Outputs as a copy; gradients of sum(coefficients * outputs) where there are coefficients.
Matrix run(Executor& executor, const Network& network, const ParameterStore& store, const Matrix& x,
           std::optional<std::uint64_t> dropout = {}, const Matrix* coefficients = nullptr) {
  const int rows = static_cast<int>(x.rows());
  executor.bind(network, store, rows, coefficients != nullptr || dropout.has_value());
  std::copy_n(x.data(), x.size(), executor.input().data);
  std::optional<Rng> rng;
  if (dropout) rng.emplace(*dropout);
  executor.forward(0, rows, rng ? &*rng : nullptr);
  const ConstBlock out = executor.output();
  Matrix result(out.rows, out.cols);
  std::copy_n(out.data, result.size(), result.data());
  if (coefficients != nullptr) {
    std::copy_n(coefficients->data(), coefficients->size(), executor.output_gradient().data);
    executor.backward(0, rows);
  }
  return result;
}

/// Of every parameter by name.
std::map<std::string, Matrix> gradients(const Executor& executor, const Network& network) {
  std::map<std::string, Matrix> all;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    if (layer.type != LayerType::linear) continue;
    Matrix& weight = all[layer.parameters[0].name] = Matrix(layer.width, layer.parameters[0].cols);
    Matrix& bias = all[layer.parameters[1].name] = Matrix(1, layer.width);
    executor.parameter_gradient(i, 0, block(weight), block(bias), false);
  }
  return all;
}

/// Compares every parameter's gradient with central differences of `objective`.
template <class Objective>
void check_gradients(const std::map<std::string, Matrix>& computed, ParameterStore& store, float step, double tolerance,
                     const Objective& objective) {
  EXPECT_FALSE(computed.empty());
  for (const auto& [name, gradient] : computed) {
    Matrix& value = store.at(name).value;
    for (Eigen::Index r = 0; r < gradient.rows(); ++r) {
      for (Eigen::Index c = 0; c < gradient.cols(); ++c) {
        const float kept = value(r, c);
        value(r, c) = kept + step;
        const double high = static_cast<double>(value(r, c));
        const double up = objective();
        value(r, c) = kept - step;
        const double width = high - static_cast<double>(value(r, c));
        const double down = objective();
        value(r, c) = kept;
        const double numeric = (up - down) / width;
        EXPECT_NEAR(gradient(r, c), numeric, tolerance * (1 + std::abs(numeric))) << name << " " << r << ", " << c;
      }
    }
  }
}

std::vector<Network> networks_without_dropout() {
  std::vector<Network> all{mlp(4, {}, 3), mlp(5, {7}, 1), mlp(4, {8, 6, 5}, 3), mlp(3, {16, 1, 4}, 2)};
  Network odd{{input(4)}};  // a ReLU on the input, two in a row, one at the end; linear behind linear
  odd.layers.push_back(relu("a", 0, 4));
  odd.layers.push_back(linear("b", 1, 4, 6));
  odd.layers.push_back(linear("c", 2, 6, 5));
  odd.layers.push_back(relu("d", 3, 5));
  odd.layers.push_back(relu("e", 4, 5));
  odd.layers.push_back(linear("f", 5, 5, 3));
  odd.layers.push_back(relu("g", 6, 3));
  all.push_back(odd);
  return all;
}

TEST(Executor, ForwardIsTheSlowForwardInDouble) {
  for (const Network& network : networks_without_dropout()) {
    const ParameterStore store = roomy_store(network, 3);
    const Matrix x = random_matrix(kRows, network.input_width(), 4);
    Executor executor;
    const Matrix out = run(executor, network, store, x);
    EXPECT_TRUE(out.cast<double>().isApprox(slow_forward(network, store, x), 1e-6));
  }
}

TEST(Executor, GradientsAreThoseOfCentralDifferencesInDouble) {
  for (const Network& network : networks_without_dropout()) {
    validate(network);
    ParameterStore store = roomy_store(network, 5);
    const Matrix x = random_matrix(kRows, network.input_width(), 6);
    const Matrix coefficients = random_matrix(kRows, network.output_width(), 7);
    Executor executor;
    run(executor, network, store, x, {}, &coefficients);
    check_gradients(gradients(executor, network), store, 1e-4F, 1e-5,
                    [&] { return slow_forward(network, store, x).cwiseProduct(coefficients.cast<double>()).sum(); });
  }
}

TEST(Executor, GradientsThroughDropoutAreThoseOfTheSameMask) {
  Network linear_only{{input(5)}};  // outputs are linear in each parameter: differences are exact for any step
  linear_only.layers.push_back(dropout("a", 0, 5, 0.3F));
  linear_only.layers.push_back(linear("b", 1, 5, 7));
  linear_only.layers.push_back(dropout("c", 2, 7, 0.5F));
  linear_only.layers.push_back(dropout("d", 3, 7, 0));
  linear_only.layers.push_back(linear("e", 4, 7, 3));
  const auto check = [](const Network& network, float step, double tolerance) {
    validate(network);
    ParameterStore store = roomy_store(network, 8);
    const Matrix x = random_matrix(kRows, 5, 9);
    const Matrix coefficients = random_matrix(kRows, 3, 10);
    Executor executor;
    Executor other;
    run(executor, network, store, x, 77, &coefficients);
    check_gradients(gradients(executor, network), store, step, tolerance, [&] {
      return run(other, network, store, x, 77).cast<double>().cwiseProduct(coefficients.cast<double>()).sum();
    });
  };
  check(linear_only, 0.5F, 5e-6);
  check(mlp(5, {8, 6}, 3, 0.4F), 1e-3F, 3e-3);
}

TEST(Executor, SliceOfALargerStoreGivesBitForBitWhatACopiedSmallStoreGives) {
  const Network large = mlp(20, {64, 64, 64}, 10);
  ParameterStore store;
  store.add(large, Rng(1));
  for (const auto& widths : {std::vector{64}, {32, 32}, {20, 20, 20}, {4}}) {
    const Network small = mlp(20, widths, 10);
    ParameterStore copies;
    copies.add(small, Rng(2));
    for (const auto& layer : small.layers)
      for (const auto& ref : layer.parameters)
        copies.at(ref.name).value = store.at(ref.name).value.topLeftCorner(ref.rows, ref.cols);
    const Matrix x = random_matrix(33, 20, 3);
    const Matrix coefficients = random_matrix(33, 10, 4);
    Executor on_slice;
    Executor on_copy;
    EXPECT_EQ(run(on_slice, small, store, x, {}, &coefficients), run(on_copy, small, copies, x, {}, &coefficients));
    EXPECT_EQ(gradients(on_slice, small), gradients(on_copy, small));
  }
}

TEST(Executor, GivesTheSameAfterServingALargerNetwork) {
  const Network large = mlp(20, {64, 64}, 10, 0.2F);
  const Network small = mlp(20, {12}, 10);
  ParameterStore store;
  store.add(large, Rng(1));
  const Matrix x = random_matrix(15, 20, 3);
  const Matrix coefficients = random_matrix(15, 10, 4);
  Executor fresh;
  Executor used;
  run(used, large, store, random_matrix(40, 20, 5), 6);
  EXPECT_EQ(run(fresh, small, store, x, {}, &coefficients), run(used, small, store, x, {}, &coefficients));
  EXPECT_EQ(gradients(fresh, small), gradients(used, small));
}

TEST(Executor, WorksOnRangesOfRowsAndTilesOfAParameter) {
  const Network network = mlp(5, {40, 24}, 3);
  ParameterStore store;
  store.add(network, Rng(1));
  const Matrix x = random_matrix(50, 5, 2);
  const Matrix coefficients = random_matrix(50, 3, 3);
  Executor whole;
  const Matrix y = run(whole, network, store, x, {}, &coefficients);
  Executor cut;
  cut.bind(network, store, 50, true);
  std::copy_n(x.data(), x.size(), cut.input().data);
  std::copy_n(coefficients.data(), coefficients.size(), cut.output_gradient().data);
  for (const auto& [first, last] : {std::pair{20, 50}, {0, 1}, {1, 20}}) {
    cut.forward(first, last, nullptr);
    cut.backward(first, last);
  }
  EXPECT_TRUE(Eigen::Map<const Matrix>(cut.output().data, 50, 3).isApprox(y, 1e-6F));
  auto expected = gradients(whole, network);
  Matrix tile(10, 40);
  Matrix bias(1, 10);
  cut.parameter_gradient(3, 7, block(tile), block(bias), false);
  EXPECT_TRUE(tile.isApprox(expected["hidden1.weight"].middleRows(7, 10), 1e-5F));
  EXPECT_TRUE(bias.isApprox(expected["hidden1.bias"].middleCols(7, 10), 1e-5F));
}

TEST(Executor, DropoutPassesThroughInEvaluation) {
  const Network with = mlp(5, {8, 6}, 3, 0.5F);
  const Network without = mlp(5, {8, 6}, 3);
  ParameterStore store;
  store.add(with, Rng(1));
  const Matrix x = random_matrix(kRows, 5, 2);
  const Matrix coefficients = random_matrix(kRows, 3, 3);
  Executor a;
  Executor b;
  EXPECT_EQ(run(a, with, store, x), run(b, without, store, x));
  EXPECT_EQ(run(a, with, store, x, {}, &coefficients), run(b, without, store, x, {}, &coefficients));
  EXPECT_EQ(gradients(a, with), gradients(b, without));
}

TEST(Executor, DropoutZeroesItsShareAndScalesTheRest) {
  for (const float rate : {0.1F, 0.5F, 0.9F}) {
    Network network{{input(101)}};  // an odd width: the last draw serves one element
    network.layers.push_back(dropout("drop", 0, 101, rate));
    ParameterStore store;
    const Matrix x = Matrix::Ones(501, 101);
    Executor executor;
    const Matrix y = run(executor, network, store, x, 5);
    const double size = static_cast<double>(y.size());
    const double zeros = static_cast<double>((y.array() == 0).count());
    const double spread = std::sqrt(rate * (1 - rate) / size);
    EXPECT_NEAR(zeros / size, rate, 4 * spread);
    EXPECT_EQ((y.array() == 1 / (1 - rate)).count() + (y.array() == 0).count(), y.size());
    const Matrix repeated = run(executor, network, store, x, 5);
    const Matrix other = run(executor, network, store, x, 6);
    EXPECT_EQ(y, repeated);
    EXPECT_NE(y, other);
    for (Eigen::Index c = 0; c < 101; ++c)  // no column is favoured
      EXPECT_NEAR(static_cast<double>((y.col(c).array() == 0).count()) / 501, rate,
                  5 * std::sqrt(rate * (1 - rate) / 501));
  }
}

TEST(Executor, CarriesWhatIsNotANumberToTheOutput) {
  const Network network = mlp(3, {4}, 2);
  ParameterStore store;
  store.add(network, Rng(1));
  Matrix x = Matrix::Ones(2, 3);
  x(1, 1) = std::numeric_limits<float>::quiet_NaN();
  Executor executor;
  const Matrix y = run(executor, network, store, x);
  EXPECT_TRUE(y.row(0).allFinite());
  EXPECT_TRUE(std::isnan(y(1, 0)));
}

}  // namespace
}  // namespace tabjoule
